package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var collectd = classify.Protocol{
	Name: "collectd", Category: "System", Transport: classify.UDP,
	UDPPorts:   []uint16{25826},
	FirstBytes: classify.Range(0x00, 0x02), Recognise: recogniseCollectd, Plausible: mayBeCollectd, Reference: "collectd wiki, Binary protocol",
}

// recogniseCollectd accepts a datagram filled by parts of type and length
// (Binary protocol, "Part types"): at least two, or one that is signed or
// encrypted.
func recogniseCollectd(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 12 || b[0] > 2 {
		return classify.Never
	}
	// The length of an encrypted part is that of the datagram, and its
	// user name fits into it.
	if wire.U16(b) == 0x0210 {
		if wire.U16(b[2:]) == p.Len && wire.U16(b[4:])+42 <= p.Len && wire.U16(b[4:]) > 0 {
			return classify.Match
		}
		return classify.Never
	}
	if !collectdPart(b) {
		return classify.Never
	}
	n, exact := match.TLVs(b, p.Len, 4, collectdType)
	if n >= 2 && exact || n >= 4 {
		return classify.Match
	}
	return classify.Never
}

// mayBeCollectd accepts a first part of a known type: the rest may be damaged.
func mayBeCollectd(p *classify.Probe) bool {
	b := p.History()[0].Data
	return len(b) >= 12 && (collectdType(wire.U16(b)) || wire.U16(b) == 0x0210)
}

func collectdType(t int) bool {
	return t <= 9 || t == 0x100 || t == 0x101 || t == 0x200
}

// collectdPart checks that the first part is of the form that its type asks
// for: a text that ends in a zero, or a number of eight bytes.
func collectdPart(b []byte) bool {
	t, n := wire.U16(b), wire.U16(b[2:])
	switch t {
	case 1, 7, 8, 9, 0x101:
		return n == 12
	case 0, 2, 3, 4, 5, 0x100:
		return n >= 5 && n <= len(b) && b[n-1] == 0 && classify.IsPrintable(b[4:n-1])
	case 0x200:
		return n > 36
	}
	return false
}
