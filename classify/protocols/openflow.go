package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var openflow = classify.Protocol{
	Name: "OpenFlow", Category: "Network", Transport: classify.TCP,
	TCPPorts: []uint16{6653}, AlsoPorts: []uint16{6633}, FirstBytes: classify.Range(1, 6), Recognise: recogniseOpenFlow,
	Speaker: openflowSpeaker, Reference: "OpenFlow Switch Specification 1.5.1, section 7.1.1",
}

// recogniseOpenFlow accepts a hello from either side on the official port or on 6633, which was used
// before it; there also two whole messages that fill a stream. On other ports both sides must say
// hello.
func recogniseOpenFlow(p *classify.Probe) classify.Outcome {
	c, s := openflowHello(p.Stream(classify.Client)), openflowHello(p.Stream(classify.Server))
	usual := p.HasPort(6653) || p.HasPort(6633)
	switch {
	case c == classify.Match && s == classify.Match, usual && (c == classify.Match || s == classify.Match):
		return classify.Match
	case usual:
		return openflowChain(p.Stream(p.From))
	case c == classify.Never || s == classify.Never:
		return classify.Never
	}
	return classify.NeedMore
}

// openflowHello checks a hello: type 0, and a length of 8, or of 16 with a
// version bitmap.
func openflowHello(b []byte) classify.Outcome {
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] < 1 || b[0] > 6 || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	switch wire.U16(b[2:]) {
	case 8:
		return classify.Match
	case 16:
		if len(b) < 16 {
			return classify.NeedMore
		}
		if wire.U32(b[8:]) == 0x00010008 {
			return classify.Match
		}
	}
	return classify.Never
}

// openflowChain looks for two messages of one version that fill b.
func openflowChain(b []byte) classify.Outcome {
	n, version := 0, byte(0)
	for len(b) > 0 {
		if b[0] < 1 || b[0] > 6 || n > 0 && b[0] != version || len(b) > 1 && b[1] > 35 {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		size := wire.U16(b[2:])
		if size < 8 {
			return classify.Never
		}
		if size > len(b) {
			return classify.NeedMore
		}
		version = b[0]
		b = b[size:]
		n++
	}
	if n >= 2 {
		return classify.Match
	}
	return classify.NeedMore
}

// openflowSpeaker tells by what only a switch sends, or only a controller: switches connect to
// controllers (OpenFlow 1.3, section 6.3).
func openflowSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	for len(b) >= 8 {
		switch b[1] {
		case 6, 8, 10, 11, 12: // features, configuration, packets, removals, ports
			return classify.ClientSpeaks
		case 5, 7, 9, 13, 14: // requests of these, packets to send, changes of flows
			return classify.ServerSpeaks
		}
		size := wire.U16(b[2:])
		if size < 8 || size > len(b) {
			break
		}
		b = b[size:]
	}
	return classify.AnySpeaker
}
