package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

// modbusSerial accepts the frames of Modbus' serial line, which many gateways send over TCP as they are: unit,
// function, data and checksum (Modbus over Serial Line, sections 2.2 and 2.5.1). A request and an answer must
// agree in unit and function, or two frames of one side in the unit.
func modbusSerial(p *classify.Probe) classify.Outcome {
	var first [2][]byte
	own := p.HasPort(modbusPort)
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		n, out := serialFrame(b, own)
		if out != classify.Match {
			return out
		}
		first[s] = b[:n]
		if rest := b[n:]; len(rest) > 0 {
			if rest[0] != b[0] {
				return classify.Never
			}
			if _, out = serialFrame(rest, own); out != classify.NeedMore {
				return out
			}
		}
	}
	a, b := first[classify.Client], first[classify.Server]
	switch {
	case len(a) == 0 || len(b) == 0:
		return classify.NeedMore
	case a[0] != b[0] || a[1] != b[1]&0x7f && a[1]&0x7f != b[1]:
		return classify.Never
	case b[1] >= 0x80 || b[1] <= 4 && len(b) != 8:
		p.ClientIs(classify.Client)
	case a[1] >= 0x80 || a[1] <= 4 && len(a) != 8:
		p.ClientIs(classify.Server)
	}
	return classify.Match
}

// serialFrame finds the end of a frame by its checksum: a request or an answer of the functions that read and
// write coils and registers, or an exception (Modbus Application Protocol, sections 6 and 7). A frame that is
// not whole is waited for on Modbus' port, and elsewhere while it is shorter than any request.
func serialFrame(b []byte, own bool) (size int, out classify.Outcome) {
	const lastUnit, request, exception = 247, 8, 5
	if b[0] == 0 || b[0] > lastUnit {
		return 0, classify.Never
	}
	if len(b) < 3 {
		return 0, classify.NeedMore
	}
	sizes := [2]int{request, request}
	switch f := b[1]; {
	case f >= 0x81 && f <= 0x90 && b[2] >= 1 && b[2] <= 11:
		sizes = [2]int{exception, exception}
	case f >= 1 && f <= 4 && b[2] > 0:
		sizes[1] = exception + int(b[2])
	case f >= 1 && f <= 6:
	case (f == 15 || f == 16) && len(b) > 6:
		sizes[1] = 9 + int(b[6])
	case f == 15 || f == 16:
		return 0, classify.NeedMore
	default:
		return 0, classify.Never
	}
	waits := false
	for _, n := range sizes {
		switch {
		case n > len(b):
			waits = true
		case binary.LittleEndian.Uint16(b[n-2:]) == wire.CRC16Modbus(b[:n-2]):
			return n, classify.Match
		}
	}
	if waits && (own || len(b) < request) {
		return 0, classify.NeedMore
	}
	return 0, classify.Never
}
