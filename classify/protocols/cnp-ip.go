package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var cnpIP = classify.Protocol{
	Name: "CNP-IP", Category: "IoT-Scada", Transport: classify.UDP | classify.TCP, Ports: []uint16{1628, 1629}, NoGuess: true,
	Recognise: recogniseCNPIP, Reference: "EN 14908-4, ANSI/CTA-852",
}

// recogniseCNPIP accepts the common header of EN 14908-4 (section 9.4) on
// ports 1628 and 1629: a length that is the packet's, version 1, a known type,
// and the size of an extended header that fits.
func recogniseCNPIP(p *classify.Probe) classify.Outcome {
	if !p.HasPort(1628) && !p.HasPort(1629) {
		return classify.Never
	}
	if p.Transport == classify.TCP {
		return eitherStream(p, func(b []byte) classify.Outcome {
			if len(b) < 20 {
				return classify.NeedMore
			}
			if b[4] != 0 {
				return classify.Never
			}
			return cnpHeader(b)
		})
	}
	if len(p.Payload) >= 20 && wire.U16(p.Payload) == p.Len {
		return cnpHeader(p.Payload)
	}
	return classify.Never
}

func cnpHeader(b []byte) classify.Outcome {
	size, extended := wire.U16(b), int(b[4])*4
	if size < 20+extended || size > 1600 || b[2] != 1 || b[4] > 16 {
		return classify.Never
	}
	switch b[3] {
	case 0x01, 0x03, 0x04, 0x06, 0x07, 0x08, 0x60, 0x63, 0x64, 0x66, 0x68, 0x6a, 0x6c, 0x6e, 0x70, 0x71, 0x72, 0x7f:
		return classify.Match
	}
	return classify.Never
}
