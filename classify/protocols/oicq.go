package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
)

// oicq is the protocol of QQ over UDP.
var oicq = classify.Protocol{
	Name:      "OICQ",
	Category:  "Chat",
	Transport: classify.UDP,
	UDPPorts:  []uint16{8000},
	Reference: "OICQ, as in Wireshark's documentation",

	FirstBytes: classify.Bytes("\x02"),
	Recognise:  recogniseOICQ,
}

// recogniseOICQ accepts, on its port, a datagram between the marks 2 and 3 with
// a command in use, or two datagrams: a command and its answer with the same
// sequence number, or two of the same user.
func recogniseOICQ(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if !p.HasPort(8000) || !oicqPacket(b, p.Len) {
		return classify.Never
	}
	if oicqCommand(binary.BigEndian.Uint16(b[3:])) {
		return classify.Match
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		if !oicqPacket(d.Data, d.Len) {
			continue
		}
		if d.From != p.From && bytes.Equal(d.Data[3:7], b[3:7]) || d.From == p.From && bytes.Equal(d.Data[1:3], b[1:3]) && bytes.Equal(d.Data[7:11], b[7:11]) {
			return classify.Match
		}
	}
	if len(history) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}

func oicqPacket(b []byte, size int) bool {
	return len(b) >= 12 && len(b) == size && b[0] == 2 && b[len(b)-1] == 3 && binary.BigEndian.Uint16(b[3:]) < 0x1000
}

// oicqCommand tells the commands in use, from logging out to the state of a
// friend, and those with which later clients log in.
func oicqCommand(c uint16) bool {
	switch c {
	case 0x0001, 0x0002, 0x0004, 0x0005, 0x0006, 0x0009, 0x000a, 0x000b, 0x000d, 0x000e, 0x0012, 0x0016, 0x0017, 0x0018, 0x001a, 0x001c, 0x001d,
		0x0021, 0x0022, 0x0026, 0x0027, 0x0029, 0x0030, 0x0031, 0x003c, 0x003d, 0x003e, 0x0058, 0x005c, 0x0062, 0x0065, 0x0067, 0x0080, 0x0081,
		0x00b5, 0x00ba, 0x00cd, 0x00ce, 0x0818, 0x0825, 0x0826, 0x0828, 0x0836:
		return true
	}
	return false
}
