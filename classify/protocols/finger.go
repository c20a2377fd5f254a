package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var finger = classify.Protocol{
	Name: "Finger", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{79}, PortsOnly: true,
	Recognise: recogniseFinger, Reference: "RFC 1288, section 2.3",
}

// recogniseFinger accepts, on its port, a query of one line that the client sends before the server says
// anything: a name, hosts, perhaps "/W" (RFC 1288, section 2.3).
func recogniseFinger(p *classify.Probe) classify.Outcome {
	if !p.HasPort(79) {
		return classify.Never
	}
	return match.Client(p, func(client, server []byte) classify.Outcome {
		line, rest, whole := match.Line(client)
		switch {
		case len(client) == 0 && classify.IsText(server):
			return classify.NeedMore
		case !classify.IsPrintable(bytes.TrimSuffix(line, []byte("\r"))) || len(line) > match.MaxLine || len(rest) > 0:
			return classify.Never
		case !whole:
			return classify.NeedMore
		case match.EndsInCRLF(client, line):
			return classify.Match
		}
		return classify.Never
	})
}
