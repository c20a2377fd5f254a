package protocols

import (
	"bytes"

	"servmap/classify"
)

var ripeAtlas = classify.Protocol{
	Name: "RipeAtlas", Category: "Network", Transport: classify.UDP,
	Recognise: recogniseRipeAtlas, Reference: "RIPE Atlas probe measurement code, evtraceroute",
}

// recogniseRipeAtlas accepts the traceroute packets of RIPE Atlas probes,
// which carry the greeting of the project.
func recogniseRipeAtlas(p *classify.Probe) classify.Outcome {
	b := p.Payload
	at := bytes.Index(b[:min(len(b), 128)], []byte("http://atlas.ripe.net "))
	if at >= 0 && bytes.Contains(b[at:], []byte("Atlas says Hi!")) {
		return classify.Match
	}
	return classify.Never
}
