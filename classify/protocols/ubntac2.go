package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// ubntac2 is the discovery of Ubiquiti's devices.
var ubntac2 = classify.Protocol{
	Name:      "UBNTAC2",
	Category:  "Network",
	Transport: classify.UDP,
	UDPPorts:  []uint16{10001},
	Reference: "Ubiquiti discovery protocol, versions 1 and 2",

	FirstBytes: classify.Bytes("\x01\x02"),
	PortsOnly:  true,
	Recognise:  recogniseUBNTAC2,
}

// recogniseUBNTAC2 accepts a message whose fields (type, length, value) fill
// the length that its header tells, and on port 10001 the empty request.
func recogniseUBNTAC2(p *classify.Probe) classify.Outcome {
	const header = 4
	b := p.Payload
	if len(b) < header || b[0] != 1 && b[0] != 2 || b[1] > 16 {
		return classify.Never
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if header+size != p.Len || !p.HasPort(10001) {
		return classify.Never
	}
	if size == 0 {
		if b[1] != 0 && b[1] != 8 {
			return classify.Never
		}
		p.ClientIs(p.From)
		return classify.Match
	}
	fields := 0
	for rest := b[header:]; len(rest) >= 3; fields++ {
		n := 3 + int(binary.BigEndian.Uint16(rest[1:]))
		if n > len(rest) {
			if len(b) == p.Len {
				return classify.Never
			}
			break
		}
		if rest = rest[n:]; len(rest) == 1 || len(rest) == 2 {
			return classify.Never
		}
	}
	if fields == 0 {
		return classify.Never
	}
	return classify.Match
}
