package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var cryNetwork = classify.Protocol{
	Name:       "CryNetwork",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x3c\x87\xb7"),
	Recognise:  recogniseCryNetwork,
	Reference:  "CryEngine network layer, connection setup and key exchange, as seen on the wire",
}

// recogniseCryNetwork accepts the client's setup packet, which has a length in
// front and the protocol's version in small numbers, and the first packets of
// the key exchange.
func recogniseCryNetwork(p *classify.Probe) classify.Outcome {
	b := p.Payload
	ok := false
	switch {
	case len(b) < 64:
	case b[0] == 0x3c:
		ok = b[1]|b[2] == 0 && match.AllZero(b[5:16]) && b[16] != 0 && match.AllZero(b[17:20]) && b[20] != 0 && match.AllZero(b[21:24]) && p.Len < 128
	case b[0] == 0x87:
		ok = p.Len == 133 && match.AllZero(b[1:32])
	case b[0] == 0xb7:
		ok = p.Len > 200 && p.Len < 260 && match.AllZero(b[1:32])
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}
