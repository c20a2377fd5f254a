package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// ntp is the Network Time Protocol, versions 1 to 4, with its control and
// private messages.
var ntp = classify.Protocol{
	Name:      "NTP",
	Category:  "System",
	Transport: classify.UDP,
	UDPPorts:  []uint16{123},
	Reference: "RFC 5905, section 7.3; RFC 9327; RFC 1305",

	FirstBytes: classify.Range(0x08, 0x2f).Or(classify.Range(0x48, 0x6f)).Or(classify.Range(0x88, 0xaf)).Or(classify.Range(0xc8, 0xef)), // versions 1 to 5
	Recognise:  recogniseNTP,
}

// recogniseNTP accepts, on other ports only with the extensions of NTS, or an answer that repeats the time at
// which it was asked for, since the header has few fixed bits:
// a time message with plausible stratum, poll and precision (RFC 5905, section
// 7.3), a control message whose count agrees with its length (RFC 9327,
// section 2), or the private mode 7 that ntpdc speaks.
func recogniseNTP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 8 {
		return classify.Never
	}
	if !p.HasPort(123) && !hasNTS(b) {
		return ntpElsewhere(p)
	}
	version := b[0] >> 3 & 7
	ok := false
	switch mode := b[0] & 7; mode {
	case 6:
		ok = version >= 1 && version <= 4 && ntpControl(p, b)
	case 7:
		ok = version >= 1 && version <= 4 && ntpPrivate(p, b)
	default:
		ok = ntpTime(b, p.Len, version, mode)
		switch {
		case mode == 3:
			p.ClientIs(p.From)
		case mode == 4:
			p.ClientIs(p.From.Other())
		}
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// ntpElsewhere judges messages on other ports. A server's origin timestamp is the client's transmit timestamp
// (RFC 5905, section 7.3 and figure 8); a client's is waited for.
func ntpElsewhere(p *classify.Probe) classify.Outcome {
	const header, origin, transmit, client, server = 48, 24, 40, 3, 4
	b := p.Payload
	if len(b) < header || p.Len != header || !ntpTime(b, p.Len, b[0]>>3&7, b[0]&7) {
		return classify.Never
	}
	switch b[0] & 7 {
	case client:
		if len(p.History()) < 4 && !match.AllZero(b[transmit:header]) {
			return classify.NeedMore
		}
	case server:
		for _, d := range p.History() {
			if d.From != p.From && len(d.Data) >= header && d.Data[0]&7 == client && string(d.Data[transmit:header]) == string(b[origin:origin+8]) {
				p.ClientIs(d.From)
				return classify.Match
			}
		}
	}
	return classify.Never
}

// hasNTS reports whether a message of version 4 has the two extensions with which every one begins that NTS
// protects: a unique identifier, and in a request a cookie, in a response what is enciphered (RFC 8915,
// sections 5.3, 5.4 and 5.6).
func hasNTS(b []byte) bool {
	const header, identifier, cookie, sealed = 48, 0x0104, 0x0204, 0x0404
	if len(b) < header+4 || b[0]>>3&7 != 4 || binary.BigEndian.Uint16(b[header:]) != identifier {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[header+2:]))
	if n < 36 || n%4 != 0 || len(b) < header+n+4 {
		return false
	}
	next := binary.BigEndian.Uint16(b[header+n:])
	return b[0]&7 == 3 && next == cookie || b[0]&7 == 4 && next == sealed
}

// ntpNoPrecision is what clients send that tell nothing of their clock (draft-ietf-ntp-data-minimization,
// section 3).
const ntpNoPrecision = 0x20

func ntpTime(b []byte, size int, version, mode uint8) bool {
	if size < 48 || len(b) < 16 || version < 1 || version > 5 || size%4 != 0 && size > 68 {
		return false
	}
	// Behind the header: extensions of version 4 (RFC 7822), a key's number and a digest.
	if size > 72 && (version < 4 || len(b) >= 52 && int(binary.BigEndian.Uint16(b[50:]))-16 > size-48-16) || size > 72 && len(b) >= 52 && binary.BigEndian.Uint16(b[50:]) < 16 {
		return false
	}
	if mode == 0 && version != 1 { // the reserved mode is version 1's only one
		return false
	}
	stratum, poll, precision := b[1], int8(b[2]), int8(b[3])
	if mode == 3 && precision == ntpNoPrecision {
		precision = 0
	}
	if stratum > 16 || poll < -7 || poll > 24 || precision > 3 || precision < -64 {
		return false
	}
	// Delay and dispersion to the primary source are seconds, of which there are not hundreds.
	if b[4] != 0 && b[4] != 0xff || b[8] != 0 {
		return false
	}
	// A server takes both timestamps from the same clock, one soon after the other.
	return mode != 4 || len(b) < 48 || b[32] == b[40] && b[33] == b[41] || match.AllZero(b[32:40])
}

func ntpControl(p *classify.Probe, b []byte) bool {
	if len(b) < 12 || b[0]&0xc0 != 0 {
		return false
	}
	if op := b[1] & 31; op > 12 && op != 31 {
		return false
	}
	if n := int(binary.BigEndian.Uint16(b[10:])); 12+n > p.Len || p.Len > 12+n+3+96 {
		return false
	}
	if b[1]&0x80 != 0 {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
	return true
}

// ntpPrivate checks response and more bits, sequence, implementation and
// request code, then items of some size each (ntp_request.h).
func ntpPrivate(p *classify.Probe, b []byte) bool {
	if implementation := b[2]; implementation != 0 && implementation != 2 && implementation != 3 || b[3] > 45 {
		return false
	}
	items := int(binary.BigEndian.Uint16(b[4:])) & 0xfff
	size := int(binary.BigEndian.Uint16(b[6:])) & 0xfff
	if 8+items*size > p.Len || p.Len > 8+500+20 || p.Len%4 != 0 {
		return false
	}
	if b[0]&0x80 != 0 {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
	return true
}
