package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

var etherSBus = classify.Protocol{
	Name: "Ether-S-Bus", Category: "IoT-Scada", Transport: classify.UDP,
	UDPPorts:   []uint16{5050},
	FirstBytes: classify.Bytes("\x00"), // of the datagram's length in 32 bits
	Recognise:  recogniseEtherSBus, Reference: "SAIA-Burgess Ether-S-Bus",
}

// recogniseEtherSBus accepts a telegram whose length is the datagram's, of
// version 0 or 1, with attribute request, response or acknowledgement, and
// the checksum at its end.
func recogniseEtherSBus(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 11 || len(b) != p.Len || wire.U32(b) != p.Len || b[4] > 1 || b[5] > 1 || b[8] > 2 {
		return classify.Never
	}
	end := len(b) - 2
	if binary.BigEndian.Uint16(b[end:]) == wire.CRC16CCITT(b[:end], 0) {
		return classify.Match
	}
	return classify.Never
}
