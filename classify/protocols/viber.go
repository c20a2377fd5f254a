package protocols

import "servmap/classify"

// viber is known by the ports of its servers (Viber, "Which ports do I need to
// open"); over TCP its messages are not recognised.
var viber = classify.Protocol{
	Name:      "Viber",
	Category:  "VoIP",
	TCPPorts:  []uint16{4244, 5242, 5243, 7985},
	UDPPorts:  []uint16{4244, 5242, 5243, 7985, 7987},
	Reference: "Viber support, ports",
}

// viberVoip is the media of calls by Viber.
var viberVoip = classify.Protocol{
	Name:      "ViberVoip",
	Category:  "VoIP",
	Transport: classify.UDP,
	AlsoPorts: []uint16{5243, 7985, 7987, 9785},
	Reference: "observed: datagrams of fixed lengths on Viber's ports",

	Recognise: recogniseViberVoip,
}

// recogniseViberVoip accepts, on its ports, two datagrams of the lengths and
// kinds with which a relay is asked: 5 bytes of kind 3, 20 bytes of kind 9.
func recogniseViberVoip(p *classify.Probe) classify.Outcome {
	onPort := false
	for _, port := range [...]uint16{5243, 7985, 7987, 9785} {
		onPort = onPort || p.HasPort(port)
	}
	if !onPort {
		return classify.Never
	}
	for _, d := range p.History() {
		b := d.Data
		if len(b) < 5 || b[3] != 0 || !(d.Len == 5 && b[2] == 3 || d.Len == 20 && b[2] == 9 || d.Len > 20 && b[2] >= 8 && b[2] <= 0x1b) {
			return classify.Never
		}
	}
	if d := &p.History()[0]; d.Len > 20 {
		return classify.Never
	}
	if len(p.History()) < 2 {
		return classify.NeedMore
	}
	return classify.Match
}
