package protocols

import (
	"bytes"

	"servmap/classify"
)

var ripeAtlas = classify.Protocol{
	Name: "RipeAtlas", Category: "Network", Transport: classify.UDP,
	Recognise: recogniseRipeAtlas, Reference: "RIPE Atlas probe measurement code, evtraceroute",
}

// recogniseRipeAtlas accepts the traceroute packets of RIPE Atlas probes, which carry the greeting of
// the project, cut where the packet is small.
func recogniseRipeAtlas(p *classify.Probe) classify.Outcome {
	b := p.Payload
	b = b[:min(len(b), 128)]
	if len(b) >= 22 && bytes.Contains(b, []byte("http://atlas.ripe.net ")) {
		return classify.Match
	}
	return classify.Never
}
