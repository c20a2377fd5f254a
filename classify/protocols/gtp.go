package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var gtp = classify.Protocol{
	Name: "GTP", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{2152, 2123},
	FirstBytes: classify.Range(0x00, 0x0f).Or(classify.Range(0x1e, 0x37)).Or(classify.Range(0x40, 0x5f)), Recognise: recogniseGTP, Reference: "3GPP TS 29.060, 29.274, 29.281, 32.295",
}

// The three kinds of GTP, which stand behind the dot in its label.
var gtpC = classify.Protocol{
	Name: "GTP_C", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{gtpPortC}, NoGuess: true,
	Reference: "3GPP TS 29.060, 29.274",
}

var gtpU = classify.Protocol{
	Name: "GTP_U", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{gtpPortU}, NoGuess: true,
	Reference: "3GPP TS 29.281",
}

var gtpPrimeKind = classify.Protocol{
	Name: "GTP_PRIME", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{gtpPortPrime}, NoGuess: true,
	Reference: "3GPP TS 32.295",
}

// The ports of the user plane, the control plane, and of charging and version
// 0 (3GPP TS 29.281, section 4.4.2; TS 29.060, section 10.1.2).
const (
	gtpPortU     = 2152
	gtpPortC     = 2123
	gtpPortPrime = 3386
)

// recogniseGTP accepts a GTP header whose length agrees with the datagram's,
// on the port of its kind. The application is GTP_U, GTP_C or GTP_PRIME.
func recogniseGTP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 6 {
		return classify.Never
	}
	version, gtpPT := b[0]>>5, b[0]&0x10 != 0
	app := ""
	switch {
	case p.HasPort(gtpPortU) && version == 1 && gtpPT && b[0]&0x08 == 0:
		if gtpUserType(b[1]) && wire.U16(b[2:])+8 == p.Len {
			app = "GTP_U"
		}
	case p.HasPort(gtpPortC) && gtpControl(b, p.Len):
		app = "GTP_C"
	case p.HasPort(gtpPortPrime):
		if !gtpPT && gtpPrime(b, p.Len) {
			app = "GTP_PRIME"
		} else if gtpPT && version == 0 && wire.U16(b[2:])+20 == p.Len && b[0]&0x0e == 0x0e {
			app = "GTP_C"
			if b[1] == 255 {
				app = "GTP_U"
			}
		}
	}
	if app == "" {
		return classify.Never
	}
	p.Found.App = app
	return classify.Match
}

// gtpUserType reports whether the message type occurs on the user plane: echo, error indication,
// supported extension headers, tunnel status, end marker, and user data (3GPP TS 29.281, section 6.1).
func gtpUserType(t byte) bool {
	switch t {
	case 1, 2, 26, 31, 253, 254, 255:
		return true
	}
	return false
}

// gtpControl checks the header of version 1 (3GPP TS 29.060, section 6) or 2
// (TS 29.274, section 5.1). A piggybacked message of version 2 follows the
// first.
func gtpControl(b []byte, size int) bool {
	length := wire.U16(b[2:])
	switch {
	case b[0]>>5 == 1 && b[0]&0x18 == 0x10:
		return b[1] != 0 && b[1] <= 130 && length+8 == size
	case b[0]>>5 == 2 && b[0]&0x10 == 0:
		return b[1] != 0 && length+4 == size
	case b[0]>>5 == 2:
		next := length + 4
		return b[1] != 0 && next+8 <= size && next+4 <= len(b) && b[next]>>5 == 2 && next+4+wire.U16(b[next+2:]) == size
	}
	return false
}

// gtpPrime checks the header of the charging protocol (3GPP TS 32.295,
// section 6.1.1): 6 bytes, or in version 0 without the last bit 20.
func gtpPrime(b []byte, size int) bool {
	head := 6
	if b[0]>>5 == 0 && b[0]&1 == 0 {
		head = 20
	}
	if b[0]>>5 > 2 || wire.U16(b[2:])+head != size {
		return false
	}
	t := b[1]
	return t >= 1 && t <= 7 || t == 240 || t == 241
}
