package wire

// RecordACK is the content type of DTLS 1.3's acknowledgements (RFC 9147,
// section 7).
const RecordACK = 26

// dtlsHeader and dtlsHandshake are the lengths of the headers of records and
// of handshake messages (RFC 6347, sections 4.1 and 4.2.2).
const (
	dtlsHeader    = 13
	dtlsHandshake = 12
)

// DTLSRecord is one record of DTLS with the header of versions up to 1.2,
// which 1.3 keeps for what it sends in clear. Body may be shorter than Len.
type DTLSRecord struct {
	Type     uint8
	Version  uint16
	Epoch    uint16
	Sequence uint64
	Len      int
	Body     []byte
}

// ParseDTLSRecord reads the record at the start of b and returns what follows
// it in the datagram. It is false where b is no whole header of a record of DTLS.
func ParseDTLSRecord(b []byte) (r DTLSRecord, rest []byte, ok bool) {
	if len(b) < dtlsHeader || b[0] < RecordChangeCipherSpec || b[0] > RecordACK {
		return r, nil, false
	}
	r.Type, r.Version, r.Epoch = b[0], uint16(b[1])<<8|uint16(b[2]), uint16(b[3])<<8|uint16(b[4])
	if r.Version != VersionDTLS10 && r.Version != VersionDTLS12 && r.Version != VersionDTLSBad {
		return r, nil, false
	}
	for _, c := range b[5:11] {
		r.Sequence = r.Sequence<<8 | uint64(c)
	}
	r.Len = int(b[11])<<8 | int(b[12])
	if r.Len == 0 || r.Len > maxRecord {
		return r, nil, false
	}
	b = b[dtlsHeader:]
	n := min(r.Len, len(b))
	r.Body = b[:n]
	return r, b[n:], true
}

// IsDTLS reports whether a datagram of the given length on the wire, of which
// b is what was captured, is made of DTLS records to its end: in clear with a
// handshake message, an alert or a change of cipher that is sound, or encrypted.
func IsDTLS(b []byte, length int) bool {
	missing := length - len(b)
	for first := true; ; first = false {
		r, rest, ok := ParseDTLSRecord(b)
		if !ok || !plausibleDTLS(&r) {
			return !first && len(b) > 0 && b[0]&0xe0 == 0x20 // DTLS 1.3, encrypted (RFC 9147, section 4)
		}
		if len(rest) == 0 {
			return len(r.Body)+missing == r.Len || missing > 0 && len(r.Body) < r.Len
		}
		b = rest
	}
}

// plausibleDTLS knows what the types look like in clear, which is epoch 0, and
// how short they cannot be when encrypted. Epochs count handshakes and stay small.
func plausibleDTLS(r *DTLSRecord) bool {
	if r.Epoch != 0 {
		return r.Epoch < 16 && r.Len >= 9 && r.Sequence>>40 == 0
	}
	b := r.Body
	switch r.Type {
	case RecordHandshake:
		return len(b) < dtlsHandshake && r.Len >= dtlsHandshake || len(b) >= dtlsHandshake && soundFragment(b, r.Len)
	case RecordAlert:
		return r.Len == 2 && len(b) == 2 && (b[0] == 1 || b[0] == 2) && b[1] <= 120 || r.Len == 7 && r.Version == VersionDTLSBad
	case RecordChangeCipherSpec:
		return (r.Len == 1 || r.Len == 3 && r.Version == VersionDTLSBad) && len(b) > 0 && b[0] == 1
	}
	return false
}

// soundFragment checks the header of a handshake message or of its fragment in a record of length n.
func soundFragment(b []byte, n int) bool {
	total, offset, length := uint24(b[1:]), uint24(b[6:]), uint24(b[9:])
	return b[0] <= 25 && b[4] == 0 && offset+length <= total && length <= n-dtlsHandshake && total <= 1<<17
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// DTLSMessages collects the handshake messages in clear of one side, put
// together from their fragments (RFC 6347, section 4.2.3). The zero value is
// empty.
type DTLSMessages struct {
	list []dtlsMessage
}

type dtlsMessage struct {
	kind     uint8
	sequence uint16
	length   int
	pieces   pieces
}

// maxMessages bounds how many messages of one side are collected.
const maxMessages = 12

// Add takes the messages out of a datagram.
func (m *DTLSMessages) Add(datagram []byte) {
	for len(datagram) > 0 {
		r, rest, ok := ParseDTLSRecord(datagram)
		if !ok {
			return
		}
		datagram = rest
		if r.Type != RecordHandshake || r.Epoch != 0 {
			continue
		}
		for b := r.Body; len(b) >= dtlsHandshake && soundFragment(b, len(b)); {
			n := uint24(b[9:])
			one := m.message(b[0], uint16(b[4])<<8|uint16(b[5]), uint24(b[1:]))
			if one != nil {
				one.pieces.add(uint64(uint24(b[6:])), b[dtlsHandshake:dtlsHandshake+n])
			}
			b = b[dtlsHandshake+n:]
		}
	}
}

// message finds the message that a fragment belongs to.
func (m *DTLSMessages) message(kind uint8, sequence uint16, length int) *dtlsMessage {
	for i := range m.list {
		if one := &m.list[i]; one.kind == kind && one.sequence == sequence && one.length == length {
			return one
		}
	}
	if len(m.list) >= maxMessages {
		return nil
	}
	m.list = append(m.list, dtlsMessage{kind: kind, sequence: sequence, length: length})
	return &m.list[len(m.list)-1]
}

// Last returns the last message of a type, as far as it is there without gap.
func (m *DTLSMessages) Last(kind uint8) (h Handshake, ok bool) {
	for i := len(m.list) - 1; i >= 0; i-- {
		if one := &m.list[i]; one.kind == kind {
			return Handshake{Type: kind, Len: one.length, Body: one.pieces.data()}, true
		}
	}
	return h, false
}
