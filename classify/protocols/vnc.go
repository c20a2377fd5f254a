package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var vnc = classify.Protocol{
	Name: "VNC", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{5900, 5901, 5800},
	FirstBytes: classify.Bytes("R"),
	Recognise:  recogniseVNC, Reference: "RFC 6143",
}

// recogniseVNC accepts the ProtocolVersion message of either side: "RFB ",
// three digits, a dot, three digits and a line feed (RFC 6143, section 7.1.1).
func recogniseVNC(p *classify.Probe) classify.Outcome {
	o := match.Either(p, func(b []byte) classify.Outcome { return matchForm(b, "RFB 000.000\n") })
	if o == classify.Match && len(p.Stream(p.From.Other())) == 0 {
		p.ClientIs(p.From.Other()) // the server sends it first
	}
	return o
}

// matchForm compares the beginning of b with a form, in which 0 stands for any digit.
func matchForm(b []byte, form string) classify.Outcome {
	for i := range min(len(b), len(form)) {
		if form[i] == '0' {
			if b[i] < '0' || b[i] > '9' {
				return classify.Never
			}
		} else if b[i] != form[i] {
			return classify.Never
		}
	}
	if len(b) < len(form) {
		return classify.NeedMore
	}
	return classify.Match
}
