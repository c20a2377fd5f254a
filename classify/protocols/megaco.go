package protocols

import (
	"bytes"

	"servmap/classify"
)

// megaco is H.248, the protocol between media gateways and their controllers.
var megaco = classify.Protocol{
	Name:      "Megaco",
	Category:  "VoIP",
	Transport: classify.UDP | classify.TCP | classify.SCTP,
	UDPPorts:  []uint16{2944},
	AlsoPorts: []uint16{2945},
	Reference: "ITU-T H.248.1, annex B; RFC 3525, annex B",

	First:     classify.Bytes("\x03!M"),
	Recognise: recogniseMegaco,
}

// recogniseMegaco accepts the text encoding: "MEGACO/1" or "!/1", then the
// sender's name in brackets or angles, or a device or MTP address. Over TCP a TPKT header stands before it.
func recogniseMegaco(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		if b = p.Stream(p.From); len(b) > 4 && b[0] == 3 && b[1] == 0 {
			b = b[4:]
		} else {
			return classify.Never
		}
	}
	rest, ok := bytes.CutPrefix(b, []byte("!/"))
	if !ok {
		if rest, ok = bytes.CutPrefix(b, []byte("MEGACO/")); !ok {
			return classify.Never
		}
	}
	if len(rest) < 4 || rest[0] < '1' || rest[0] > '9' {
		return classify.Never
	}
	rest = rest[1:]
	if rest[0] >= '0' && rest[0] <= '9' {
		rest = rest[1:]
	}
	name := bytes.TrimLeft(rest, " \t\r\n")
	if len(name) == len(rest) || len(name) < 3 || name[0] != '[' && name[0] != '<' && !bytes.HasPrefix(name, []byte("MTP{")) && !isPrintable(name[:3]) {
		return classify.Never
	}
	return classify.Match
}
