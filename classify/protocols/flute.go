package protocols

import (
	"bytes"

	"servmap/classify"
)

var flute = classify.Protocol{
	Name: "FLUTE", Category: "Download", Transport: classify.UDP,
	FirstBytes: classify.Range(0x10, 0x1f), Recognise: recogniseFLUTE, Reference: "RFC 6726, RFC 5651",
}

// recogniseFLUTE accepts a packet of layered coding transport (RFC 5651,
// section 5.1) that carries a file delivery table: the extension EXT_FDT (RFC
// 6726, section 3.4.1) in the header, and XML behind it.
func recogniseFLUTE(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 24 || b[0]>>4 != 1 {
		return classify.Never
	}
	half := 0
	if b[1]&0x10 != 0 {
		half = 2
	}
	congestion := 4 * (int(b[0]>>2&3) + 1)
	session := 4*int(b[1]>>7) + half
	object := 4*int(b[1]>>5&3) + half
	at, head := 4+congestion+session+object, int(b[2])*4
	if at >= head || head > len(b) {
		return classify.Never
	}
	found := false
	for at+4 <= head {
		kind, size := b[at], 4
		if kind < 128 {
			size = int(b[at+1]) * 4
		}
		if size == 0 || at+size > head {
			return classify.Never
		}
		if kind == 192 && (b[at+1]>>4 == 1 || b[at+1]>>4 == 2) {
			found = true
		}
		at += size
	}
	// The FEC payload ID stands between header and table.
	rest := b[head:]
	if found && (bytes.Contains(rest[:min(len(rest), 16)], []byte("<?xml")) || bytes.Contains(rest, []byte("FDT-Instance"))) {
		return classify.Match
	}
	return classify.Never
}
