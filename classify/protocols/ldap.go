package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ldap = classify.Protocol{
	Name: "LDAP", Category: "System", Transport: classify.TCP | classify.UDP, Ports: []uint16{389}, AlsoPorts: []uint16{ldapCatalog},
	FirstBytes: classify.Bytes("\x00\x30"),
	Recognise:  recogniseLDAP, Speaker: ldapSpeaker, Reference: "RFC 4511, RFC 1798, RFC 4752",
}

// ldapCatalog is the port of the global catalogue of a forest (MS-ADTS, section 3.1.1.3.1.10); the next
// one has TLS.
const ldapCatalog = 3268

// recogniseLDAP accepts a message with its number and an operation whose
// first fields are sound (RFC 4511, section 4), over TCP or, as CLDAP, in a
// datagram (RFC 1798). The name is what the TLS after StartTLS (RFC 4511,
// section 4.14) tells. On its ports it accepts messages that SASL has sealed as well.
func recogniseLDAP(p *classify.Probe) classify.Outcome {
	if b := p.Stream(p.From); len(b) > 0 && b[0] == 0 || p.Payload[0] == 0 && p.Midstream(p.From) {
		return ldapSealed(p)
	}
	if p.Payload[0] != 0x30 && len(p.History()) == 1 {
		return classify.Never
	}
	out := match.Either(p, ldapMessage)
	if out != classify.Match {
		return out
	}
	client, server := tlsAfterBER(p.Stream(classify.Client)), tlsAfterBER(p.Stream(classify.Server))
	if !wentToTLSAfter(p, client, server) && len(p.History()) < 4 && p.Transport == classify.TCP {
		p.KeepLooking()
	}
	return classify.Match
}

// ldapSealed accepts, on LDAP's ports, a SASL buffer that holds a token: four bytes of length (RFC 4422,
// section 3.7), and the header of a wrapped message of Kerberos (RFC 4121, section 4.2.6.2; in the older
// form RFC 1964, section 1.2.2), or the signature of NTLM (MS-NLMP 2.2.2.9).
func ldapSealed(p *classify.Probe) classify.Outcome {
	if p.Transport != classify.TCP || !p.HasPort(389) && !p.HasPort(ldapCatalog) {
		return classify.Never
	}
	return match.Sender(p, func(b []byte) classify.Outcome {
		if len(b) < 4+20 {
			return classify.NeedMore
		}
		const flags, filler = 0x07, 0xff
		size, token := wire.U32(b), b[4:]
		switch {
		case size < 16 || size > 1<<24:
			return classify.Never
		case token[0] == 0x60:
			return ldapWhole(bytes.Contains(token[:20], kerberosMechanism))
		case string(token[:4]) == "\x01\x00\x00\x00":
			return ldapWhole(size > 16 && match.LooksEncrypted(token[4:12]))
		case token[0] != 5 || token[1] != 4 || token[2]&^flags != 0 || token[3] != filler:
			return classify.Never
		}
		// The acceptor of the context, which is the server, sets bit 0 of the flags.
		if token[2]&1 != 0 {
			p.ClientIs(p.From.Other())
		} else {
			p.ClientIs(p.From)
		}
		return classify.Match
	})
}

// kerberosMechanism is the object identifier of Kerberos among the mechanisms of GSS (RFC 1964, section 1).
var kerberosMechanism = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}

// tlsAfterBER returns what follows the messages at the beginning of a stream.
func tlsAfterBER(b []byte) []byte {
	for n := 0; n < 4 && len(b) > 0 && b[0] == 0x30; n++ {
		_, rest, ok := wire.NextBER(b)
		if !ok {
			return nil
		}
		b = rest
	}
	return b
}

func ldapMessage(b []byte) classify.Outcome {
	if b[0] != 0x30 {
		return classify.Never
	}
	message, state := wire.BER(b)
	switch {
	case state == wire.Malformed || state == wire.Whole && (message.Len < 5 || message.Len > 1<<20):
		return classify.Never
	case state == wire.Cut:
		return classify.NeedMore
	}
	id, state := wire.BER(message.Body)
	if state == wire.Cut || state == wire.Whole && !id.Complete() && id.Len <= 4 && len(message.Body) < 7 {
		return classify.NeedMore
	}
	if state != wire.Whole || id.Tag != 0x02 || id.Len > 4 || !id.Complete() || id.Len == 0 || id.Body[0]&0x80 != 0 {
		return classify.Never
	}
	return ldapOperation(message.Body[id.Total():], message.Len-id.Total())
}

// ldapOperation judges the operation, which with controls fills n bytes.
func ldapOperation(b []byte, n int) classify.Outcome {
	op, state := wire.BER(b)
	if state == wire.Cut {
		return classify.NeedMore
	}
	if state != wire.Whole || op.Total() > n {
		return classify.Never
	}
	var sound classify.Outcome
	switch op.Tag {
	case 0x42: // UnbindRequest
		return ldapWhole(op.Len == 0 && op.Total() == n)
	case 0x60: // BindRequest: version, name, and simple or SASL authentication
		sound = ldapFields(op.Body, 0x02, 0x04)
		if sound == classify.Match && (op.Body[2] < 1 || op.Body[2] > 3) {
			sound = classify.Never
		}
	case 0x63: // SearchRequest: base, scope, dereferencing
		sound = ldapFields(op.Body, 0x04, 0x0a, 0x0a, 0x02, 0x02, 0x01)
	case 0x64: // SearchResultEntry: name, attributes
		sound = ldapFields(op.Body, 0x04, 0x30)
	case 0x61, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x78: // results: code, name, text
		sound = ldapFields(op.Body, 0x0a, 0x04, 0x04)
	case 0x66, 0x68: // ModifyRequest, AddRequest
		sound = ldapFields(op.Body, 0x04, 0x30)
	case 0x6e: // CompareRequest
		sound = ldapFields(op.Body, 0x04, 0x30)
	case 0x6c: // ModifyDNRequest: entry, new name, what becomes of the old one
		sound = ldapFields(op.Body, 0x04, 0x04, 0x01)
	case 0x4a: // DelRequest: the entry's name
		if !op.Complete() && op.Len >= 3 && op.Len < 1024 && classify.IsText(op.Body) {
			return classify.NeedMore
		}
		return ldapWhole(op.Len >= 3 && op.Complete() && classify.IsText(op.Body) && bytes.IndexByte(op.Body, '=') > 0)
	case 0x50: // AbandonRequest: the number of an earlier message
		return ldapWhole(op.Len >= 1 && op.Len <= 4 && op.Total() == n)
	case 0x73: // SearchResultReference
		sound = ldapFields(op.Body, 0x04)
	case 0x77: // ExtendedRequest: object identifier as text
		sound = ldapFields(op.Body, 0x80)
		if len(op.Body) > 4 && sound == classify.Match && (op.Body[2] < '0' || op.Body[2] > '2' || op.Body[3] != '.') {
			sound = classify.Never
		}
	}
	return sound
}

func ldapWhole(ok bool) classify.Outcome {
	if ok {
		return classify.Match
	}
	return classify.Never
}

// ldapFields walks the first fields of an operation, which must have these
// tags; enumerations and booleans are one octet long.
func ldapFields(b []byte, tags ...byte) classify.Outcome {
	for i, tag := range tags {
		e, state := wire.BER(b)
		switch {
		case state == wire.Cut:
			return classify.NeedMore
		case state != wire.Whole || e.Tag != tag || (tag == 0x0a || tag == 0x01) && e.Len != 1 || tag == 0x02 && (e.Len == 0 || e.Len > 4):
			return classify.Never
		case i == len(tags)-1 && tag >= 0x30:
			return classify.Match
		case !e.Complete():
			if i >= 2 {
				return classify.Match
			}
			return classify.NeedMore
		}
		b = b[e.Total():]
	}
	return classify.Match
}

// ldapSpeaker tells by the operation (RFC 4511, section 4.2 and later ones).
func ldapSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	message, state := wire.BER(b)
	if b[0] != 0x30 || state != wire.Whole {
		return classify.AnySpeaker
	}
	id, state := wire.BER(message.Body)
	if state != wire.Whole || !id.Complete() || len(message.Body) <= id.Total() {
		return classify.AnySpeaker
	}
	switch message.Body[id.Total()] {
	case 0x42, 0x4a, 0x50, 0x60, 0x63, 0x66, 0x68, 0x6c, 0x6e, 0x77:
		return classify.ClientSpeaks
	case 0x61, 0x64, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x73, 0x78, 0x79:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
