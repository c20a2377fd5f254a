package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var radius = classify.Protocol{
	Name: "Radius", Category: "Network", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{1812, 1813}, AlsoPorts: []uint16{1645, 1646, 1700, 3799},
	FirstBytes: classify.Range(1, 5).Or(classify.Range(11, 13)).Or(classify.Range(40, 45)),
	Recognise:  recogniseRadius, Speaker: radiusSpeaker, Reference: "RFC 2865, RFC 2866, RFC 5176, RFC 6613",
}

// recogniseRadius accepts a packet whose attributes fill the length that it
// announces, which is the datagram's (RFC 2865, section 3; over TCP RFC 6613,
// section 2.6.4). One without attributes counts on the usual ports only.
func recogniseRadius(p *classify.Probe) classify.Outcome {
	own := p.HasPort(1812) || p.HasPort(1813) || p.HasPort(1645) || p.HasPort(1646) || p.HasPort(3799) || p.HasPort(1700) // changes of authorization came to 1700 first
	if p.Transport == classify.UDP {
		if n, out := radiusPacket(p.Payload, own); out == classify.Match && n <= p.Len && p.Len-n < 16 && (n == p.Len || own) {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		n, out := radiusPacket(b, own)
		if out == classify.Match && !own && n != len(b) {
			return classify.Never
		}
		return out
	})
}

// radiusCode accepts the codes in use (IANA, RADIUS Packet Type Codes).
func radiusCode(c byte) bool {
	return c >= 1 && c <= 5 || c >= 11 && c <= 13 || c >= 40 && c <= 45
}

// radiusNumber reports whether the attribute is an integer, a time or an address of
// four bytes (RFC 2865, section 5; RFC 2866, section 5).
func radiusNumber(kind byte) bool {
	switch {
	case kind >= 4 && kind <= 10 && kind != 9, kind >= 12 && kind <= 16, kind == 23, kind >= 27 && kind <= 29, kind >= 37 && kind <= 38,
		kind >= 40 && kind <= 43, kind >= 45 && kind <= 49, kind >= 51 && kind <= 53, kind == 55, kind >= 61 && kind <= 62, kind >= 64 && kind <= 65:
		return true
	}
	return false
}

func radiusPacket(b []byte, own bool) (n int, out classify.Outcome) {
	if !radiusCode(b[0]) || len(b) > 2 && b[2] > 0x10 {
		return 0, classify.Never
	}
	if len(b) < 4 {
		return 0, classify.NeedMore
	}
	n = int(binary.BigEndian.Uint16(b[2:]))
	switch {
	case n < 20 || n > 4096:
		return 0, classify.Never
	case len(b) >= 20 && !match.LooksEncrypted(b[4:20]) && !(own && match.AllZero(b[4:20])): // the authenticator is random or a digest; some clients leave it empty
		return 0, classify.Never
	case len(b) < n:
		return n, classify.NeedMore
	case n == 20 && own:
		return n, classify.Match
	}
	attributes := 0
	for a := b[20:n]; len(a) > 0; attributes++ {
		if len(a) < 2 || a[0] == 0 || a[1] < 2 || int(a[1]) > len(a) || radiusNumber(a[0]) && a[1] != 6 || a[0] == 26 && a[1] > 6 && a[2] != 0 {
			return n, classify.Never
		}
		a = a[a[1]:]
	}
	if attributes == 0 || attributes == 1 && !own {
		return n, classify.Never
	}
	return n, classify.Match
}

// radiusSpeaker tells by the code (RFC 2865, section 3; RFC 2866; RFC 5176): the sender of a request is
// the client.
func radiusSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch b[0] {
	case 1, 4, 12, 40, 43:
		return classify.ClientSpeaks
	case 2, 3, 5, 11, 41, 42, 44, 45:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
