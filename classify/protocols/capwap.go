package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var capwap = classify.Protocol{
	Name: "CAPWAP", Category: "Network", Transport: classify.UDP,
	UDPPorts:  []uint16{5246, 5247},
	PortsOnly: true, FirstBytes: classify.Bytes("\x00\x01"), Recognise: recogniseCAPWAP, Reference: "RFC 5415",
}

// recogniseCAPWAP accepts a preamble of version 0 (RFC 5415, section 4.1) on
// one of the two ports: before DTLS, before a control message whose length
// fits, or before data that is no fragment.
func recogniseCAPWAP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 8 || b[0] > 1 || !p.HasPort(5246) && !p.HasPort(5247) {
		return classify.Never
	}
	if b[0] == 1 {
		// Preamble of four bytes, then a DTLS record; 0x0100 is the version
		// of the first drafts.
		version := wire.U16(b[5:])
		if b[1]|b[2]|b[3] == 0 && b[4] >= 20 && b[4] <= 25 && (version == 0xfeff || version == 0xfefd || version == 0x0100) {
			return classify.Match
		}
		return classify.Never
	}
	head := int(b[1]>>3) * 4
	if head < 8 || head > p.Len || b[3]&0x07 != 0 {
		return classify.Never
	}
	fragment := b[3]&0x80 != 0
	if fragment || !match.AllZero(b[4:8]) {
		return classify.Never
	}
	if p.HasPort(5247) {
		// The binding is that of IEEE 802.11 or of EPCglobal.
		if wbid := b[2] >> 1 & 0x1f; wbid == 1 || wbid == 3 {
			return classify.Match
		}
		return classify.Never
	}
	return capwapControl(b, head, p.Len)
}

// capwapControl checks the control header (RFC 5415, section 4.5.1): the
// length counts what follows the sequence number. An enterprise number may
// stand in the upper three bytes of the type.
func capwapControl(b []byte, head, size int) classify.Outcome {
	if len(b) < head+8 {
		return classify.Never
	}
	c := b[head:]
	if c[3] == 0 || c[7] != 0 || wire.U16(c[5:]) != size-head-5 {
		return classify.Never
	}
	return classify.Match
}
