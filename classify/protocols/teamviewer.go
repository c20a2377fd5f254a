package protocols

import "servmap/classify"

var teamviewer = classify.Protocol{
	Name: "TeamViewer", Category: "RemoteAccess", Transport: classify.TCP | classify.UDP, Ports: []uint16{5938},
	FirstBytes: classify.Bytes("\x00\x11\x17"),
	Recognise:  recogniseTeamViewer, Reference: "TeamViewer, observed",
}

// recogniseTeamViewer accepts two sides that begin with one of its magics, or on
// its port two packets of one side; in datagrams the magic stands behind eleven bytes.
func recogniseTeamViewer(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		client, server := teamviewerStream(p.Stream(classify.Client)), teamviewerStream(p.Stream(classify.Server))
		switch {
		case client == classify.Never || server == classify.Never || len(p.History()) > 16 && len(p.Stream(p.From)) > 64:
			return classify.Never
		case client == classify.Match && server == classify.Match:
			return classify.Match
		case p.HasPort(5938) && len(p.History()) > 1 && teamviewerStream(p.Payload) == classify.Match && p.Count(p.From) > 1:
			return classify.Match
		}
		return classify.NeedMore
	}
	for i := range p.History() {
		if b := p.History()[i].Data; len(b) < 14 || b[0] != 0 || b[11] != 0x17 || b[12] != 0x24 {
			return classify.Never
		}
	}
	if n := len(p.History()); n >= 3 || n == 2 && p.HasPort(5938) {
		return classify.Match
	}
	return classify.NeedMore
}

// teamviewerStream looks for the magic 0x1724 and a command, or for 0x1130,
// which came with version 6.
func teamviewerStream(b []byte) classify.Outcome {
	switch {
	case len(b) == 0:
		return classify.NeedMore
	case b[0] != 0x17 && b[0] != 0x11, len(b) > 1 && (b[0] == 0x17) != (b[1] == 0x24), len(b) > 1 && (b[0] == 0x11) != (b[1] == 0x30):
		return classify.Never
	case len(b) > 2 && (b[0] == 0x17 && (b[2] < 0x0a || b[2] >= 0x40) || b[2] >= 0x80):
		return classify.Never
	case len(b) < 6:
		return classify.NeedMore
	}
	return classify.Match
}
