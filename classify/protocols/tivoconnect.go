package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

// tivoConnect is the discovery of TiVo's recorders.
var tivoConnect = classify.Protocol{
	Name:      "TiVoConnect",
	Category:  "Network",
	Transport: classify.UDP | classify.TCP,
	Ports:     []uint16{2190},
	Reference: "TiVoConnect Automatic Machine Discovery Protocol 1.5.1",

	FirstBytes: classify.Bytes("\x00tT"),
	Recognise:  recogniseTiVoConnect,
}

// recogniseTiVoConnect accepts lines of a name and a value, the first of which
// is the protocol's name and version.
func recogniseTiVoConnect(p *classify.Probe) classify.Outcome {
	const first = "tivoconnect="
	b := p.Payload
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
		// Over TCP a length of four bytes comes first.
		if begins := b[:min(len(b), 2)]; len(b) > 0 && match.AllZero(begins) {
			if len(b) <= 4 {
				return classify.NeedMore
			}
			b = b[4:]
		}
	}
	n := min(len(b), len(first))
	if n == 0 || !bytes.EqualFold(b[:n], []byte(first[:n])) {
		return classify.Never
	}
	if n < len(first) {
		if p.Transport == classify.TCP {
			return classify.NeedMore
		}
		return classify.Never
	}
	return classify.Match
}
