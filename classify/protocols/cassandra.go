package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var cassandra = classify.Protocol{
	Name:       "Cassandra",
	Category:   "Database",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{7000, 9042},
	FirstBytes: classify.Bytes("\xca").Or(classify.Range(0x01, 0x06)).Or(classify.Range(0x81, 0x86)),
	Recognise:  recogniseCassandra,
	Speaker:    cqlSpeaker,
	Reference:  "CQL binary protocol v1 to v5, section 2; Cassandra internode messaging",
}

// recogniseCassandra accepts CQL frames of versions 1 to 5 of client and server
// whose body has the form that the opcode asks for, and the handshake between
// nodes, which begins with the magic number 0xca552dfa.
func recogniseCassandra(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] == 0xca {
			return cassandraInternode(b)
		}
		version := b[0] & 0x7f
		if version == 0 || version > 6 || len(b) > 1 && b[1] > 0x1f {
			return classify.Never
		}
		head := 9
		if version < 3 { // the stream's number was one byte
			head = 8
		}
		if len(b) < head {
			return classify.NeedMore
		}
		opcode, size := b[head-5], binary.BigEndian.Uint32(b[head-4:])
		if size > 1<<28 || opcode > 16 || (cqlAnswers>>opcode&1 == 1) != (b[0]&0x80 != 0) {
			return classify.Never
		}
		body := b[head:min(uint64(len(b)), uint64(head)+uint64(size))]
		if b[1]&4 != 0 { // a custom payload comes first: rare, and nothing to check
			return classify.Never
		}
		whole := len(body) == int(size)
		if size == 0 && !cqlFramed(b, head) {
			return classify.Never
		}
		var out classify.Outcome
		if b[0]&0x80 == 0 {
			out = cqlRequest(opcode, body, whole)
		} else {
			out = cqlResponse(opcode, body, whole)
		}
		if out == classify.Match && size == 0 && !cqlFramed(b, head) {
			return classify.Never // nine bytes, most of them zero, at the head of something else
		}
		// Compressed bodies cannot be read. On the server's port, frames that fill the stream
		// are enough.
		if out == classify.Never && p.HasPort(9042) && cqlFramed(b, head+int(size)) {
			return classify.Match
		}
		return out
	})
}

// cqlAnswers has a bit set for each opcode that servers send: ERROR, READY, AUTHENTICATE, SUPPORTED,
// RESULT, EVENT, AUTH_CHALLENGE and AUTH_SUCCESS.
const cqlAnswers uint32 = 1<<0x00 | 1<<0x02 | 1<<0x03 | 1<<0x06 | 1<<0x08 | 1<<0x0c | 1<<0x0e | 1<<0x10

// cqlFramed reports whether the frame ends with the stream or is followed by
// another of the same version.
func cqlFramed(b []byte, size int) bool {
	return len(b) == size || len(b) > size+1 && b[size] == b[0] && b[size+1] <= 0x1f
}

// cassandraInternode accepts the magic number with flags after it: of three
// generations of messaging, none sets more than the lower 24 bits' known ones.
func cassandraInternode(b []byte) classify.Outcome {
	magic := [4]byte{0xca, 0x55, 0x2d, 0xfa}
	if n := min(4, len(b)); !bytes.Equal(b[:n], magic[:n]) {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	return classify.Match
}

// cqlRequest judges STARTUP, OPTIONS, QUERY, PREPARE, REGISTER and
// AUTH_RESPONSE by their bodies; EXECUTE and BATCH tell too little.
func cqlRequest(opcode byte, body []byte, whole bool) classify.Outcome {
	ok := false
	switch opcode {
	case 0x05:
		ok = whole && len(body) == 0
	case 0x01, 0x0b:
		if len(body) < 2 && !whole {
			return classify.NeedMore
		}
		ok = cqlStrings(body)
	case 0x07, 0x09:
		if len(body) < 4 {
			break
		}
		size := binary.BigEndian.Uint32(body)
		text := body[4:]
		verb, short := beginsWithSQL(text[:min(len(text), 64)])
		if short && !whole {
			return classify.NeedMore
		}
		ok = verb && size < 1<<20
	}
	return outcomeOf(ok, whole, body)
}

// cqlResponse judges ERROR, READY, AUTHENTICATE, SUPPORTED and the small
// answers to what a driver asks first.
func cqlResponse(opcode byte, body []byte, whole bool) classify.Outcome {
	ok := false
	switch opcode {
	case 0x00: // ERROR: code, message
		if len(body) >= 6 {
			code, size := binary.BigEndian.Uint32(body), int(binary.BigEndian.Uint16(body[4:]))
			ok = code <= 0x2500 && len(body) >= 6+size && classify.IsText(body[6:6+size]) && size > 3
		}
	case 0x02:
		ok = whole && len(body) == 0
	case 0x03:
		ok = bytes.HasPrefix(body[min(2, len(body)):], []byte("org.apache.cassandra.")) || bytes.HasPrefix(body[min(2, len(body)):], []byte("com.")) && whole && len(body) == 2+int(binary.BigEndian.Uint16(body))
	case 0x06:
		ok = cqlStrings(body) || bytes.Contains(body, []byte("CQL_VERSION"))
	case 0x08: // RESULT: kind; rows name their keyspace
		if len(body) >= 14 && binary.BigEndian.Uint32(body) == 2 {
			flags, columns := binary.BigEndian.Uint32(body[4:]), binary.BigEndian.Uint32(body[8:])
			size := int(binary.BigEndian.Uint16(body[12:]))
			ok = flags == 1 && columns < 1024 && size > 0 && len(body) >= 14+size && classify.IsPrintable(body[14:14+size])
		} else if len(body) >= 6 && binary.BigEndian.Uint32(body) == 3 { // SET_KEYSPACE
			size := int(binary.BigEndian.Uint16(body[4:]))
			ok = whole && len(body) == 6+size && classify.IsPrintable(body[6:])
		}
	}
	return outcomeOf(ok, whole, body)
}

func outcomeOf(ok, whole bool, body []byte) classify.Outcome {
	switch {
	case ok:
		return classify.Match
	case !whole && len(body) < 256:
		return classify.NeedMore
	}
	return classify.Never
}

// cqlStrings checks a [string map], [string multimap] or [string list]: a count and
// the first string, in capitals.
func cqlStrings(b []byte) bool {
	if len(b) < 4 || b[0] != 0 || b[1] == 0 || b[1] > 32 || b[2] != 0 {
		return false
	}
	size := int(b[3])
	if size < 4 || len(b) < 4+size {
		return false
	}
	for _, c := range b[4 : 4+size] {
		if (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return true
}

// cqlSpeaker tells by the highest bit of the version (CQL binary protocol, section 2.1).
func cqlSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case b[0] == 0xca: // nodes among each other
		return classify.AnySpeaker
	case b[0]&0x80 != 0:
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
