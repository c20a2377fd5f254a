package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var mongodb = classify.Protocol{
	Name:      "MongoDB",
	Category:  "Database",
	Transport: classify.TCP,
	TCPPorts:  []uint16{27017},
	Recognise: recogniseMongoDB,
	Speaker:   mongoSpeaker,
	Reference: "MongoDB Wire Protocol: OP_MSG, OP_COMPRESSED, and the legacy opcodes; BSON 1.1",
}

// recogniseMongoDB accepts a message header (length, request, response to,
// opcode, all little-endian) whose body has the form that its opcode asks for,
// with a BSON document in it where there must be one.
func recogniseMongoDB(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		// 48 MB is the longest message: the length's highest byte is 0 to 2.
		if len(b) > 3 && b[3] > 2 {
			return classify.Never
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		size, opcode := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[12:])
		if size < 16 || size > 48000000 || opcode != 1 && opcode != 1000 && (opcode < 2001 || opcode > 2013) {
			return classify.Never
		}
		body := b[16:min(uint64(len(b)), uint64(size))]
		return mongoBody(opcode, body, size-16)
	})
}

// mongoBody judges what follows the header; size is how long it must become.
func mongoBody(opcode uint32, body []byte, size uint32) classify.Outcome {
	if len(body) < int(min(size, 64)) {
		return classify.NeedMore
	}
	ok := false
	switch opcode {
	case 1: // OP_REPLY: flags, cursor, start, count, documents
		if size >= 20 {
			flags, count := binary.LittleEndian.Uint32(body), binary.LittleEndian.Uint32(body[16:])
			ok = flags < 16 && (count == 0 && size == 20 || count > 0 && bsonBegins(body[20:], size-20))
		}
	case 2013: // OP_MSG: flags, then a section of kind 0 (a document) or 1 (a named sequence)
		if size >= 10 {
			flags := binary.LittleEndian.Uint32(body)
			ok = flags&^0x10003 == 0 && (body[4] == 0 && bsonBegins(body[5:], size-5) || body[4] == 1 && mongoSequence(body[5:], size-5))
		}
	case 2012: // OP_COMPRESSED: opcode, size before, compressor
		if size >= 9 {
			original := binary.LittleEndian.Uint32(body)
			ok = (original == 1 || original >= 2001 && original <= 2013) && binary.LittleEndian.Uint32(body[4:]) < 48000000 && body[8] <= 3
		}
	case 2001, 2002, 2004, 2005, 2006: // flags or zero, then the collection's name
		ok = mongoCollection(opcode, body, size)
	case 2007: // OP_KILL_CURSORS: zero, count, cursors
		ok = size >= 16 && binary.LittleEndian.Uint32(body) == 0 && binary.LittleEndian.Uint32(body[4:])*8 == size-8
	case 2010: // OP_COMMAND: database, command, documents
		if end := bytes.IndexByte(body[:min(len(body), 64)], 0); end > 0 && classify.IsPrintable(body[:end]) {
			next := bytes.IndexByte(body[end+1:], 0)
			ok = next > 0 && classify.IsPrintable(body[end+1:end+1+next]) && bsonBegins(body[end+next+2:], size-uint32(end+next+2))
		}
	case 2011: // OP_COMMANDREPLY: documents
		ok = bsonBegins(body, size)
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// mongoSequence checks a section of kind 1: its size, a name, documents.
func mongoSequence(b []byte, size uint32) bool {
	if len(b) < 6 {
		return false
	}
	length := binary.LittleEndian.Uint32(b)
	end := bytes.IndexByte(b[4:min(len(b), 40)], 0)
	return length <= size && end > 0 && classify.IsPrintable(b[4:4+end])
}

// mongoCollection checks the legacy opcodes that name a collection, such as
// "admin.$cmd".
func mongoCollection(opcode uint32, body []byte, size uint32) bool {
	if size < 14 || binary.LittleEndian.Uint32(body) > 0xff {
		return false
	}
	end := bytes.IndexByte(body[4:min(len(body), 132)], 0)
	if end < 3 || !classify.IsPrintable(body[4:4+end]) || bytes.IndexByte(body[4:4+end], '.') < 1 {
		return false
	}
	skip := map[uint32]int{2001: 4, 2002: 0, 2004: 8, 2005: 12, 2006: 4}[opcode]
	at := 4 + end + 1 + skip
	if opcode == 2005 {
		return int(size) == at
	}
	return len(body) < at+5 || bsonBegins(body[at:], size-uint32(at))
}

// bsonBegins reports whether b begins a BSON document of at most size bytes:
// its length, the type of the first element and that element's name.
func bsonBegins(b []byte, size uint32) bool {
	if len(b) < 5 {
		return false
	}
	length := binary.LittleEndian.Uint32(b)
	if length == 5 {
		return b[4] == 0
	}
	if length < 7 || length > size || b[4] == 0 || b[4] > 0x13 && b[4] != 0x7f && b[4] != 0xff {
		return false
	}
	for i, c := range b[5:] {
		switch {
		case c == 0:
			return i > 0
		case c < ' ' || c > '~' || i > 64:
			return false
		}
	}
	return false
}

// mongoSpeaker tells by the number of the request that a message responds to, and by the legacy
// operations.
func mongoSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 16 {
		return classify.AnySpeaker
	}
	switch opcode := wire.L32(b[12:]); {
	case opcode == 1, opcode == 2011, wire.L32(b[8:]) != 0 && (opcode == 2012 || opcode == 2013):
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
