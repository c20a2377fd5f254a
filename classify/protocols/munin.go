package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var munin = classify.Protocol{
	Name: "Munin", Category: "System", Transport: classify.TCP,
	TCPPorts:   []uint16{4949},
	FirstBytes: classify.Range(' ', '~'), // a line that is cut is waited for
	Recognise:  recogniseMunin,
	Speaker:    muninSpeaker, Reference: "Munin guide, data exchange between master and node",
}

// recogniseMunin accepts the greeting of a node, or the capabilities that a master announces
// first.
func recogniseMunin(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == '#' {
			return match.Prefix(b, "# munin node at ")
		}
		if !p.HasPort(4949) && match.Prefix(b, "cap ") == classify.Never {
			return classify.Never
		}
		line, _, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			if len(b) < 64 && classify.IsPrintable(b) {
				return classify.NeedMore
			}
			return classify.Never
		}
		if bytes.HasPrefix(line, []byte("cap ")) && (bytes.Contains(line, []byte("multigraph")) || bytes.Contains(line, []byte("dirtyconfig"))) {
			return classify.Match
		}
		return classify.Never
	})
}

// muninSpeaker tells by the greeting of the node.
func muninSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if b[0] == '#' {
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
