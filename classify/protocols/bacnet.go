package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var bacnet = classify.Protocol{
	Name: "BACnet", Category: "IoT-Scada", Transport: classify.UDP,
	UDPPorts:   []uint16{47808},
	FirstBytes: classify.Bytes("\x81\x82"), Recognise: recogniseBACnet, Reference: "ASHRAE 135, annexes J and U",
}

// recogniseBACnet accepts a virtual link header of type 0x81 (annex J), or 0x82 over IPv6 (annex U),
// whose length is the datagram's. Where the function carries a network unit, that must be of version 1;
// the other functions count on the ports from 47808 to 47823 only. There a message with a network unit may be
// a little longer or shorter than it says, as those are whose names somebody has changed.
func recogniseBACnet(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if bacnetChanged(p) {
		return classify.Match
	}
	if len(b) < 4 || b[0] != 0x81 && b[0] != 0x82 || wire.U16(b[2:]) != p.Len || b[1] > 0x0c {
		return classify.Never
	}
	network := 0
	if b[0] == 0x81 {
		switch b[1] {
		case 0x04:
			network = 10
		case 0x09, 0x0a, 0x0b:
			network = 4
		}
	} else {
		switch b[1] {
		case 0x01:
			network = 10
		case 0x02, 0x0c:
			network = 7
		case 0x08: // with address and port of whom it came from
			network = 25
		}
	}
	if network == 0 {
		if p.Ports[0]&^15 == 47808 || p.Ports[1]&^15 == 47808 {
			return classify.Match
		}
		return classify.Never
	}
	if len(b) >= network+2 && b[network] == 1 && b[network+1]&0x50 == 0 {
		return classify.Match
	}
	return classify.Never
}

// bacnetChanged reports whether a message on BACnet's port is a unicast or broadcast of which only the length is
// wrong: version 1 of the network layer with known bits and no network message, and a unit of the application
// of one of its eight kinds (clauses 6.2.2 and 20.1).
func bacnetChanged(p *classify.Probe) bool {
	const port, header, most = 47808, 8, 32
	b := p.Payload
	if !p.HasPort(port) || len(b) < header || b[0] != 0x81 || b[1] != 0x0a && b[1] != 0x0b || b[4] != 1 || b[5]&^0x07 != 0 {
		return false
	}
	difference := wire.U16(b[2:]) - p.Len
	return b[6]>>4 <= 7 && difference != 0 && difference > -most && difference < most
}
