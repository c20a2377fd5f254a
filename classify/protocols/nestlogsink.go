package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var nestLogSink = classify.Protocol{
	Name:      "NestLogSink",
	Category:  "Cloud",
	Transport: classify.TCP,
	TCPPorts:  []uint16{11095},
	Recognise: recogniseNestLogSink,
	Reference: "OpenWeave message format over TCP: length, header, node identifiers",
}

// recogniseNestLogSink accepts Weave, which Nest's devices speak with their log
// sink: length, header of version 1 or 2 with the sender's or receiver's
// identifier, and that identifier from Nest's own block, 18:b4:30.
func recogniseNestLogSink(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if len(b) < 4 {
			return classify.NeedMore
		}
		header := binary.LittleEndian.Uint16(b[2:])
		version, encryption := header>>12, header>>4&0x0f
		if version == 0 || version > 2 || encryption > 2 || header&0x0300 == 0 || header&0x0c0f != 0 {
			return classify.Never
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		if size := binary.LittleEndian.Uint16(b); size < 16 || string(b[13:16]) != "\x30\xb4\x18" {
			return classify.Never
		}
		return classify.Match
	})
}
