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
// header of a record of SSL 3.0 to TLS 1.3, or of TLCP.
func ParseTLSRecord(b []byte) (r TLSRecord, rest []byte, ok bool) {
	if len(b) < 5 || b[0] < RecordChangeCipherSpec || b[0] > RecordHeartbeat || !IsRecordVersion(b[1:]) {
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

// IsRecordVersion reports whether b, at most two bytes of it, is or begins the version of a record: SSL 3.0
// to TLS 1.3, or TLCP, which keeps all else of TLS 1.1 (GB/T 38636-2020, section 6.3.3).
func IsRecordVersion(b []byte) bool {
	switch {
	case len(b) == 0:
		return true
	case b[0] == VersionTLCP>>8:
		return len(b) == 1 || b[1] == VersionTLCP&0xff
	}
	return b[0] == 3 && (len(b) == 1 || b[1] <= 4)
}

// Handshake is one message of the TLS handshake. Body may be shorter than
// Len, where the stream ends in it.
type Handshake struct {
	Type uint8
	Len  int
	Body []byte
}

// HandshakeReader reads the handshake messages in clear at the start of a stream of TLS records, put
// together from as many records as they span (RFC 8446, section 5.1), up to the first record of
// another type. It goes on where it stopped when the stream has grown. The zero HandshakeReader is
// ready to use.
type HandshakeReader struct {
	at      int    // bytes of the stream that were read
	left    int    // bytes of the newest record that were not
	records int    // records begun
	message []byte // the beginning of a message that is not whole
	own     bool   // message was copied: it does not lie in the stream
}

// Read goes through the messages of stream that were not read yet; stream is all that was sent so
// far. A message that is not whole comes last, and comes again in the next Read. Nothing is copied
// where a message lies in one record.
func (r *HandshakeReader) Read(stream []byte) iter.Seq[Handshake] {
	return func(yield func(Handshake) bool) {
		for r.nextPart(stream) {
			for {
				h, n, whole := parseHandshake(r.message)
				if !whole {
					break
				}
				r.message = r.message[n:]
				if !yield(h) {
					return
				}
			}
		}
		if h, _, _ := parseHandshake(r.message); h.Body != nil {
			yield(h)
		}
	}
}

// nextPart puts what is there of the next record behind the message, and is false where nothing is.
func (r *HandshakeReader) nextPart(stream []byte) bool {
	if r.left == 0 {
		record, _, ok := ParseTLSRecord(stream[r.at:])
		if !ok || record.Type != RecordHandshake || r.records == maxRecords {
			return false
		}
		r.at, r.left = r.at+5, record.Len
		r.records++
	}
	n := min(r.left, len(stream)-r.at)
	part := stream[r.at : r.at+n]
	switch {
	case len(r.message) == 0:
		r.message, r.own = part, false
	case r.own:
		r.message = append(r.message, part...)
	default:
		r.message, r.own = slices.Concat(r.message, part), true
	}
	r.at, r.left = r.at+n, r.left-n
	return n > 0
}

// Detach makes the reader independent of the stream's memory, so that it can be kept for the next
// Read. It returns how many bytes the reader holds besides itself.
func (r *HandshakeReader) Detach() int {
	switch {
	case len(r.message) == 0:
		r.message, r.own = nil, false
	case !r.own:
		r.message, r.own = slices.Clone(r.message), true
	}
	return cap(r.message)
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
