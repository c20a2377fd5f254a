package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ieeeC37118 = classify.Protocol{
	Name: "IEEE-C37118", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{4712}, UDPPorts: []uint16{4713}, FirstBytes: classify.Bytes("\xaa"), Recognise: recogniseC37118,
	Speaker: c37Speaker, Reference: "IEEE C37.118.2-2011, section 6.2",
}

// recogniseC37118 accepts a frame: sync byte, type and version, size, and the
// checksum at its end (IEEE C37.118.2, section 6.2 and annex B).
func recogniseC37118(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, c37Frame)
	}
	b := p.Payload
	if len(b) < 16 || wire.U16(b[2:]) != p.Len || len(b) != p.Len {
		return classify.Never
	}
	return c37Frame(b)
}

func c37Frame(b []byte) classify.Outcome {
	if b[0] != 0xaa {
		return classify.Never
	}
	if len(b) < 4 {
		return classify.NeedMore
	}
	size, version := wire.U16(b[2:]), b[1]&0x0f
	if b[1]>>4 > 5 || version == 0 || version > 3 || size < 16 {
		return classify.Never
	}
	if len(b) < size {
		return classify.NeedMore
	}
	if binary.BigEndian.Uint16(b[size-2:]) == wire.CRC16CCITT(b[:size-2], 0xffff) {
		return classify.Match
	}
	return classify.Never
}

// c37Speaker tells by the type of the frame (IEEE C37.118.2, section 6.2). Over UDP a device may send
// data that nobody asked for.
func c37Speaker(t classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 2 || t != classify.TCP:
		return classify.AnySpeaker
	case b[1]>>4&7 == 4:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
