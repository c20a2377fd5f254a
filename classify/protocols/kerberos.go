package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var kerberos = classify.Protocol{
	Name: "Kerberos", Category: "Network", Transport: classify.TCP | classify.UDP, Ports: []uint16{88}, AlsoPorts: []uint16{464},
	FirstBytesTCP: classify.Bytes("\x00"),
	Recognise:     recogniseKerberos, Speaker: kerberosSpeaker, Reference: "RFC 4120, RFC 3244, MS-KKDCP",
}

// recogniseKerberos accepts a message of version 5 (RFC 4120, section 5): an
// application tag, a SEQUENCE, version 5, and the type of message that is the
// tag's number; over TCP behind its length (section 7.2.2). A change of password
// wraps the same (RFC 3244, section 2).
func recogniseKerberos(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if isKerberos(p.Payload) || isPasswordChange(p.Payload, p.Len) || isTicket(p.Payload, p.Len) ||
			p.HasPort(88) && isBareError(p.Payload, p.Len) {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] != 0 {
			return classify.Never
		}
		if len(b) < 4 {
			return classify.NeedMore
		}
		n := binary.BigEndian.Uint32(b)
		switch {
		case n < 16 || n > 1<<20:
			return classify.Never
		case isKerberos(b[4:]), n > 10 && isPasswordChange(b[4:], int(n)):
			return classify.Match
		case len(b) < 36 && uint32(len(b)) < 4+n && (len(b) == 4 || kerberosType(b[4]) != 0):
			return classify.NeedMore
		}
		return classify.Never
	})
}

// kerberosType returns the type of message of an application tag (RFC 4120,
// section 5.10), 0 for none that is sent by itself.
func kerberosType(tag byte) byte {
	switch n := tag & 0x1f; {
	case tag&0xe0 != 0x60:
	case n >= 10 && n <= 17, n >= 20 && n <= 22, n == 30:
		return n
	}
	return 0
}

func isKerberos(b []byte) bool {
	if len(b) < 14 || kerberosType(b[0]) == 0 {
		return false
	}
	kind := kerberosType(b[0])
	application, state := wire.BER(b)
	if state == wire.Malformed || application.Len < 10 {
		return false
	}
	sequence, state := wire.BER(application.Body)
	if state == wire.Malformed || sequence.Tag != 0x30 || sequence.Len >= application.Len {
		return false
	}
	// [n] INTEGER 5, [n+1] INTEGER type; n is 1 in requests for tickets (section 5.4.1).
	n := byte(0xa0)
	if kind == 10 || kind == 12 {
		n = 0xa1
	}
	f := sequence.Body
	return len(f) >= 10 && f[0] == n && f[1] == 3 && f[2] == 2 && f[3] == 1 && f[4] == 5 &&
		f[5] == n+1 && f[6] == 3 && f[7] == 2 && f[8] == 1 && f[9] == kind
}

// isTicket accepts a ticket by itself (RFC 4120, section 5.3), which is what a service that
// makes tickets of version 4 out of it is sent: version 5 and a realm.
func isTicket(b []byte, length int) bool {
	if len(b) < 20 || b[0] != 0x61 {
		return false
	}
	application, state := wire.BER(b)
	if state == wire.Malformed || application.Total() != length {
		return false
	}
	sequence, state := wire.BER(application.Body)
	if state == wire.Malformed || sequence.Tag != wire.TagSequence || sequence.Total() != application.Len {
		return false
	}
	f := sequence.Body
	return len(f) >= 8 && string(f[:6]) == "\xa0\x03\x02\x01\x05\xa1" && f[6] > 2 && int(f[6]) < len(f)-7 && f[7] == 0x1b
}

// isBareError accepts, on Kerberos' port, an error of which little more than its code was sent: the tag, a
// SEQUENCE that fills it, and first [6], the code (RFC 4120, section 5.9.1).
func isBareError(b []byte, length int) bool {
	const krbError, code = 0x7e, "\xa6\x03\x02\x01"
	application, state := wire.BER(b)
	if state != wire.Whole || application.Tag != krbError || application.Total() != length {
		return false
	}
	sequence, state := wire.BER(application.Body)
	return state == wire.Whole && sequence.Tag == wire.TagSequence && sequence.Total() == application.Len && bytes.HasPrefix(sequence.Body, []byte(code))
}

// isPasswordChange accepts the header of RFC 3244, section 2, and the AP-REQ,
// AP-REP in it; with an error in their place, their length is 0.
func isPasswordChange(b []byte, length int) bool {
	if len(b) < 20 {
		return false
	}
	n, version := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return int(n) == length && (version == 1 || version == 0xff80) && isKerberos(b[6:])
}

// kerberosSpeaker tells by the type of the message (RFC 4120, section 5.10): requests, replies and
// errors.
func kerberosSpeaker(t classify.Transport, b []byte) classify.Speaker {
	if t == classify.TCP {
		if len(b) < 5 {
			return classify.AnySpeaker
		}
		b = b[4:]
	}
	switch kerberosType(b[0]) {
	case 10, 12:
		return classify.ClientSpeaks
	case 11, 13, 30:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
