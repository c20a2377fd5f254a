package protocols

import (
	"bytes"

	"servmap/classify"
)

// mining is what the recogniser of JSON-RPC calls the conversations between a miner and its pool, which
// are that in form: some begin with calls that anyone could make.
var mining = classify.Protocol{
	Name:      "Mining",
	Category:  "Mining",
	Transport: classify.TCP,
	Reference: "Stratum mining protocol; Stratum for CryptoNote (login, job, submit); Ethereum getwork (eth_submitLogin)",
}

// miningWords occur only between pools and miners.
var miningWords = [][]byte{[]byte(`"mining.notify"`), []byte(`"mining.set_difficulty"`), []byte(`"eth_submitLogin"`)}

// isMining reports whether the object, the first in b, is said between miner
// and pool, or whether b has words of theirs.
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
	b = b[:min(len(b), 2048)]
	for _, word := range miningWords {
		if bytes.Contains(b, word) {
			return true
		}
	}
	// A job of CryptoNote's pools, or what is submitted for one.
	return bytes.Contains(b, []byte(`"job_id"`)) && (bytes.Contains(b, []byte(`"blob"`)) || bytes.Contains(b, []byte(`"nonce"`)))
}
