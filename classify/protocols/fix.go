package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var fix = classify.Protocol{
	Name:       "FIX",
	Category:   "RPC",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("8"),
	Recognise:  recogniseFIX,
	Reference:  "FIX TagValue Encoding 1.1, standard header; FIXT 1.1",
}

// recogniseFIX accepts the first fields of a standard header, separated by SOH:
// 8=BeginString, 9=BodyLength, and 35=MsgType (after compressed FIXCOMP data
// instead).
func recogniseFIX(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] != '8' || len(b) > 1 && b[1] != '=' {
			return classify.Never
		}
		i := 2
		for ; i < len(b) && b[i] != 1; i++ {
			if c := b[i]; i > 14 || (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' {
				return classify.Never
			}
		}
		if i+3 >= len(b) {
			return classify.NeedMore
		}
		if i == 2 || b[i+1] != '9' || b[i+2] != '=' {
			return classify.Never
		}
		_, n := match.Digits(b[i+3:], 7, "\x01")
		if n <= 0 {
			return outcomeOfSize(n)
		}
		if string(b[2:i]) == "FIXCOMP" {
			return classify.Match
		}
		return match.Prefix(b[i+3+n:], "35=")
	})
}
