package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var fins = classify.Protocol{
	Name: "FINS", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{9600},
	First: classify.Bytes("F\x80\x81\xc0\xc1"), Recognise: recogniseFINS, Reference: "Omron W342, section 3; W421, section 7",
}

// recogniseFINS accepts over TCP the header "FINS" with length, command and
// error code (W421, section 7-4), and over UDP on port 9600 a command or response
// frame with a known command code (W342, sections 3-3 and 5).
func recogniseFINS(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return eitherStream(p, finsTCP)
	}
	b := p.Payload
	if len(b) < 12 || !p.HasPort(9600) || b[0]&0x3e != 0 || b[0]&0x80 == 0 || b[1] != 0 || b[2] == 0 || b[2] > 8 {
		return classify.Never
	}
	// Networks are numbered to 127.
	if b[3] > 127 || b[6] > 127 || !finsCommand(b[10], b[11]) || b[0]&0x40 != 0 && p.Len < 14 {
		return classify.Never
	}
	return classify.Match
}

func finsTCP(b []byte) classify.Outcome {
	if o := hasPrefix(b, "FINS"); o != classify.Match {
		return o
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	if n := wire.U32(b[4:]); n >= 8 && n <= 4096 && wire.U32(b[8:]) <= 6 && wire.U32(b[12:]) <= 0x25 {
		return classify.Match
	}
	return classify.Never
}

// finsCommand tells whether the command code exists (W342, section 5-1).
func finsCommand(group, code byte) bool {
	most := map[byte]byte{0x01: 0x05, 0x02: 0x20, 0x03: 0x08, 0x04: 0x03, 0x05: 0x03, 0x06: 0x20, 0x07: 0x02, 0x08: 0x01,
		0x09: 0x20, 0x0c: 0x03, 0x21: 0x40, 0x22: 0x20, 0x23: 0x0a}[group]
	return code >= 1 && code <= most
}
