package protocols

import (
	"bytes"

	"servmap/classify"
)

var munin = classify.Protocol{
	Name: "Munin", Category: "System", Transport: classify.TCP,
	TCPPorts: []uint16{4949}, Recognise: recogniseMunin, Reference: "Munin guide, data exchange between master and node",
}

// recogniseMunin accepts the greeting of a node, or on its port the first
// command of a master.
func recogniseMunin(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
		if b[0] == '#' {
			return hasPrefix(b, "# munin node at ")
		}
		if !p.HasPort(4949) {
			return classify.Never
		}
		line, _, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			if len(b) < 64 && isGraphic(b) {
				return classify.NeedMore
			}
			return classify.Never
		}
		word, _, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\r")), []byte(" "))
		switch string(word) {
		case "cap", "list", "nodes", "config", "fetch", "version":
			return classify.Match
		}
		return classify.Never
	})
}
