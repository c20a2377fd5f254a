package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var cnpIP = classify.Protocol{
	Name: "CNP-IP", Category: "IoT-Scada", Transport: classify.UDP | classify.TCP, Ports: []uint16{1628, 1629}, NoGuess: true,
	PortsOnly: true, Recognise: recogniseCNPIP, Reference: "EN 14908-4, ANSI/CTA-852",
}

// recogniseCNPIP accepts the common header of EN 14908-4 (section 9.4) on ports 1628 and 1629: a length
// that is the packet's, version 1, a type, and the size of an extended header that fits.
func recogniseCNPIP(p *classify.Probe) classify.Outcome {
	if !p.HasPort(1628) && !p.HasPort(1629) {
		return classify.Never
	}
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
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
	if b[3] == 0 || b[3] >= 0x80 {
		return classify.Never
	}
	return classify.Match
}
