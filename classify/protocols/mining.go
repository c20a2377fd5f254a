package protocols

import (
	"bytes"

	"servmap/classify"
)

var mining = classify.Protocol{
	Name:      "Mining",
	Category:  "Mining",
	Transport: classify.TCP,
	Recognise: recogniseMining,
	Reference: "Stratum mining protocol; Stratum for CryptoNote (login, job, submit); Ethereum getwork (eth_submitLogin)",
}

// recogniseMining accepts the calls between a miner and its pool.
func recogniseMining(p *classify.Probe) classify.Outcome {
	return judgeSides(p, func(_ classify.Side, b []byte) classify.Outcome {
		o, out := scanRPC(b)
		if out == classify.Match && !(o.isCall() && o.isMining(b)) {
			return classify.Never
		}
		return out
	})
}

// miningWords are found in what pools and miners say and nobody else does.
var miningWords = [][]byte{[]byte(`"mining.notify"`), []byte(`"mining.set_difficulty"`), []byte(`"blob"`), []byte(`"job_id"`), []byte(`"eth_submitLogin"`)}

func (o *rpcObject) isMining(b []byte) bool {
	switch m := string(bytes.Trim(o.method, `"`)); m {
	case "eth_submitLogin", "eth_getWork", "eth_submitWork", "eth_submitHashrate", "eth_login":
		return o.w || m != "eth_getWork" || !bytes.HasPrefix(o.version, []byte(`"2`))
	case "login":
		return bytes.Contains(b, []byte(`"login"`)) && (bytes.Contains(b, []byte(`"pass"`)) || bytes.Contains(b, []byte(`"agent"`)))
	default:
		if bytes.HasPrefix(o.method, []byte(`"mining.`)) {
			return true
		}
	}
	for _, word := range miningWords {
		if bytes.Contains(b[:min(len(b), 2048)], word) {
			return true
		}
	}
	return false
}
