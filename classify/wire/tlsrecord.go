package wire

import (
	"iter"
	"slices"
)

// Content types of TLS records (RFC 8446, section 5.1; heartbeat RFC 6520).
const (
	RecordChangeCipherSpec = 20
	RecordAlert            = 21
	RecordHandshake        = 22
	RecordApplicationData  = 23
	RecordHeartbeat        = 24
)

// Types of handshake messages (RFC 8446, section 4; RFC 6347, section 4.3.2).
const (
	HandshakeClientHello        = 1
	HandshakeServerHello        = 2
	HandshakeHelloVerifyRequest = 3
	HandshakeCertificate        = 11
)

// maxRecord is the greatest length of a record: 2^14 bytes and room for
// compression and encryption (RFC 5246, section 6.2.3).
const maxRecord = 1<<14 + 2048

// maxRecords is how many records of a stream are read for its handshake: a hello of usual length
// in records of one byte each is among them.
const maxRecords = 640

// TLSRecord is one record of TLS. Body may be shorter than Len.
type TLSRecord struct {
	Type    uint8
	Version uint16
	Len     int
	Body    []byte
}

// ParseTLSRecord reads the record at the start of b and returns what follows
// it. It is false where fewer than five bytes are there, or where they are no
// header of a record of SSL 3.0 to TLS 1.3.
func ParseTLSRecord(b []byte) (r TLSRecord, rest []byte, ok bool) {
	if len(b) < 5 || b[0] < RecordChangeCipherSpec || b[0] > RecordHeartbeat || b[1] != 3 || b[2] > 4 {
		return r, nil, false
	}
	r = TLSRecord{Type: b[0], Version: uint16(b[1])<<8 | uint16(b[2]), Len: int(b[3])<<8 | int(b[4])}
	if r.Len > maxRecord || r.Len == 0 && r.Type != RecordApplicationData {
		return r, nil, false
	}
	b = b[5:]
	n := min(r.Len, len(b))
	r.Body = b[:n]
	return r, b[n:], true
}

// Handshake is one message of the TLS handshake. Body may be shorter than
// Len, where the stream ends in it.
type Handshake struct {
	Type uint8
	Len  int
	Body []byte
}

// Handshakes goes through the handshake messages in clear at the start of a
// stream of TLS records, put together from as many records as they span
// (RFC 8446, section 5.1), up to the first record of another type. The last
// one may be incomplete. Nothing is copied where a message lies in one record.
func Handshakes(stream []byte) iter.Seq[Handshake] {
	return func(yield func(Handshake) bool) {
		var pending []byte
		copied := false
		for range maxRecords {
			r, rest, ok := ParseTLSRecord(stream)
			if !ok || r.Type != RecordHandshake {
				break
			}
			switch {
			case len(pending) == 0:
				pending, copied = r.Body, false
			case copied:
				pending = append(pending, r.Body...)
			default:
				pending, copied = slices.Concat(pending, r.Body), true
			}
			for {
				h, n, whole := parseHandshake(pending)
				if !whole {
					break
				}
				if !yield(h) {
					return
				}
				pending = pending[n:]
			}
			stream = rest
		}
		if h, _, _ := parseHandshake(pending); h.Body != nil {
			yield(h)
		}
	}
}

// parseHandshake reads the message at the start of b, n bytes long with its
// header; whole is false where more is wanted.
func parseHandshake(b []byte) (h Handshake, n int, whole bool) {
	if len(b) < 4 {
		return h, 0, false
	}
	h.Type, h.Len = b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
	body := b[4:]
	if len(body) < h.Len {
		h.Body = body
		return h, 0, false
	}
	h.Body = body[:h.Len]
	return h, 4 + h.Len, true
}
