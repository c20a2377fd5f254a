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

	Recognise: recogniseOICQ,
}

// recogniseOICQ accepts, on its port, two datagrams between the marks 2 and 3:
// a command and its answer with the same sequence number, or two of the same user.
func recogniseOICQ(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if !p.HasPort(8000) || !oicqPacket(b, p.Len) {
		return classify.Never
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
