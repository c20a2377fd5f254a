package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

var merakiCloud = classify.Protocol{
	Name: "MerakiCloud", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{7351}, NoGuess: true,
	FirstBytes: classify.Bytes("\xfe"),
	Recognise:  recogniseMerakiCloud, Reference: "Cisco Meraki cloud communication, UDP port 7351, as observed",
}

// recogniseMerakiCloud accepts the magic 0xfef72891 with a length at offset 6
// that is the datagram's.
func recogniseMerakiCloud(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) >= 16 && binary.BigEndian.Uint32(b) == 0xfef72891 && wire.U16(b[6:]) == p.Len {
		return classify.Match
	}
	return classify.Never
}
