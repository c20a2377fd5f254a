package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

var iec62056 = classify.Protocol{
	Name: "IEC62056", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{4059}, First: classify.Bytes("\x00\x7e"), Recognise: recogniseIEC62056, Reference: "IEC 62056-46, IEC 62056-47, IEC 62056-53",
}

// recogniseIEC62056 accepts DLMS/COSEM in either of its frames: the HDLC
// frame of IEC 62056-46 with its checksum, and the wrapper of IEC 62056-47 before a
// known unit.
func recogniseIEC62056(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return eitherStream(p, dlmsFrame)
	}
	b := p.Payload
	if len(b) >= 9 && len(b) == p.Len && dlmsFrame(b) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

func dlmsFrame(b []byte) classify.Outcome {
	if b[0] == 0 {
		return dlmsWrapper(b)
	}
	if b[0] != 0x7e || len(b) > 1 && b[1]&0xf0 != 0xa0 {
		return classify.Never
	}
	if len(b) < 3 {
		return classify.NeedMore
	}
	size := wire.U16(b[1:]) & 0x7ff
	if size < 7 {
		return classify.Never
	}
	if len(b) < size+2 {
		return classify.NeedMore
	}
	if b[size+1] == 0x7e && binary.LittleEndian.Uint16(b[size-1:]) == wire.CRC16X25(b[1:size-1]) {
		return classify.Match
	}
	return classify.Never
}

// dlmsWrapper checks version 1, source and destination, a length and the
// unit's tag: AARQ to RLRE, or one of the xDLMS services (IEC 62056-53).
func dlmsWrapper(b []byte) classify.Outcome {
	if len(b) > 1 && b[1] != 1 {
		return classify.Never
	}
	if len(b) < 10 {
		return classify.NeedMore
	}
	source, destination, size := wire.U16(b[2:]), wire.U16(b[4:]), wire.U16(b[6:])
	// A public client is 16, a management device 1: one of the two ends has a
	// small number.
	if source == 0 || destination == 0 || source > 127 && destination > 127 || size < 3 {
		return classify.Never
	}
	if len(b) < 8+size {
		return classify.NeedMore
	}
	unit := b[8]
	switch {
	case unit >= 0x60 && unit <= 0x63:
		if int(b[9])+2 == size {
			return classify.Match
		}
	case unit >= 0xc0 && unit <= 0xc7 && unit != 0xc2, unit == 0xd8, unit == 0x0e,
		unit >= 0xc8 && unit <= 0xcf, unit >= 0xd0 && unit <= 0xd7, unit == 0xdb, unit == 0x01, unit == 0x0f:
		if len(b) == 8+size || len(b) >= 10+size && wire.U16(b[8+size:]) == 1 {
			return classify.Match
		}
	}
	return classify.Never
}
