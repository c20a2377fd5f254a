package protocols

import "servmap/classify"

var teamviewer = classify.Protocol{
	Name: "TeamViewer", Category: "RemoteAccess", Transport: classify.TCP | classify.UDP, Ports: []uint16{5938},
	Recognise: recogniseTeamViewer, Reference: "TeamViewer, observed",
}

// recogniseTeamViewer accepts packets that begin with one of its two magics:
// on its port one and its answer or its like, elsewhere three; in datagrams the magic stands
// behind eleven bytes.
func recogniseTeamViewer(p *classify.Probe) classify.Outcome {
	own := p.HasPort(5938)
	marked, need := 0, 3
	if own {
		need = 2
	}
	for i := range p.History() {
		if !teamviewerMagic(p.Transport, p.History()[i].Data) {
			return classify.Never
		}
		marked++
	}
	if marked >= need {
		return classify.Match
	}
	return classify.NeedMore
}

func teamviewerMagic(t classify.Transport, b []byte) bool {
	if t == classify.UDP {
		return len(b) > 13 && b[0] == 0 && b[11] == 0x17 && b[12] == 0x24
	}
	// The magic 0x1724 and a command; since version 6 also 0x1130.
	return len(b) > 5 && (b[0] == 0x17 && b[1] == 0x24 && b[2] >= 0x0a && b[2] < 0x40 || b[0] == 0x11 && b[1] == 0x30 && b[2] < 0x80)
}
