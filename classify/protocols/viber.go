package protocols

import "servmap/classify"

// viber is the messenger itself. What it says to its servers over TCP is not
// described anywhere, so that its ports give a guess.
var viber = classify.Protocol{
	Name:      "Viber",
	Category:  "VoIP",
	Transport: classify.TCP | classify.UDP,
	Ports:     []uint16{4244, 5242, 5243, 7985},
	UDPPorts:  []uint16{7987},
	Reference: "Viber's help: ports that must be open",
}

// viberVoip is the media of calls by Viber.
var viberVoip = classify.Protocol{
	Name:      "ViberVoip",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{5243, 7985, 7987, 9785},
	NoGuess:   true,
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
