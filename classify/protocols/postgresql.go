package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var postgresql = classify.Protocol{
	Name:       "PostgreSQL",
	Category:   "Database",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{5432},
	FirstBytes: classify.Bytes("\x00SNGREQPBHXTDCZ12IK"),
	Recognise:  recognisePostgreSQL,
	Speaker:    postgresSpeaker,
	Reference:  "PostgreSQL Frontend/Backend Protocol 3.0 and 3.2, Message Formats",
}

// recognisePostgreSQL accepts the client's StartupMessage, SSLRequest, GSSENCRequest and CancelRequest;
// the server's Authentication and ErrorResponse, and its consent to TLS with the ServerHello behind it;
// and in the middle of a conversation Query and Parse, or a server's answer that ends in ReadyForQuery.
func recognisePostgreSQL(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch {
		case b[0] == 'S' && len(b) > 1 && b[1] == wire.RecordHandshake:
			return postgresTLS(b[1:])
		case len(b) < 8:
			return postgresBeginning(b)
		case b[0] == 0:
			return postgresStartup(b)
		default:
			return postgresMessage(b)
		}
	})
}

// postgresBeginning judges less than eight bytes, among them the lone S or N
// that answers an SSLRequest.
func postgresBeginning(b []byte) classify.Outcome {
	switch b[0] {
	case 0, 'S', 'N', 'G', 'R', 'E', 'Q', 'P', 'B', 'H', 'X', 'T', 'D', 'C', 'Z', '1', '2', 'I', 'K':
	default:
		return classify.Never
	}
	if b[0] != 0 && len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	return classify.NeedMore
}

// postgresTLS judges what follows the S that answers an SSLRequest: a record
// of the handshake with a ServerHello in it (RFC 8446, sections 4 and 5.1).
func postgresTLS(b []byte) classify.Outcome {
	if len(b) < 11 {
		return classify.NeedMore
	}
	r, _, ok := wire.ParseTLSRecord(b)
	if ok && b[5] == wire.HandshakeServerHello && b[6] == 0 && r.Len >= 42 && b[9] == 3 && b[10] <= 3 {
		return classify.Match
	}
	return classify.Never
}

// postgresStartup judges the messages without a type byte, which carry a
// length and a version or request code.
func postgresStartup(b []byte) classify.Outcome {
	size := binary.BigEndian.Uint32(b)
	switch binary.BigEndian.Uint32(b[4:]) {
	case 80877102: // CancelRequest: process and secret key, longer since 3.2
		if size >= 16 && size <= 268 {
			return classify.Match
		}
	case 80877103, 80877104: // SSLRequest, GSSENCRequest
		if size == 8 {
			return classify.Match
		}
	case 3 << 16, 3<<16 | 2, 2 << 16:
		if size < 9 || size > 10000 {
			return classify.Never
		}
		if uint32(len(b)) < size {
			return classify.NeedMore
		}
		return postgresParameters(b[8:size], b[5] == 2)
	}
	return classify.Never
}

// postgresParameters checks the names and values of a StartupMessage, or in
// version 2 the database and user in fields of 64 and 32 bytes.
func postgresParameters(b []byte, version2 bool) classify.Outcome {
	if version2 {
		if len(b) == 288 && classify.IsPrintable(bytes.TrimRight(b[64:96], "\x00")) && b[64] != 0 {
			return classify.Match
		}
		return classify.Never
	}
	if b[len(b)-1] != 0 || !bytes.Contains(b, []byte("user\x00")) && !bytes.Contains(b, []byte("database\x00")) {
		return classify.Never
	}
	return classify.Match
}

// postgresMessage judges a message with a type byte and a length that counts
// itself.
func postgresMessage(b []byte) classify.Outcome {
	size := binary.BigEndian.Uint32(b[1:])
	if size < 4 || size > 1<<20 {
		return classify.Never
	}
	body := b[5:min(len(b), int(size)+1)]
	whole := len(body) == int(size)-4
	ok := false
	switch b[0] {
	case 'R':
		return postgresAuthentication(b, body, int(size))
	case 'E':
		ok = bytes.HasPrefix(body, []byte("SFATAL\x00")) || bytes.HasPrefix(body, []byte("SERROR\x00")) || bytes.HasPrefix(body, []byte("SPANIC\x00"))
		if !ok && len(body) < 7 && !whole {
			return classify.NeedMore
		}
	case 'Q', 'P':
		return postgresQuery(b[0], body, whole)
	case 'B', 'H', 'X':
		return postgresCommands(b)
	case 'T', 'D', 'C', 'S', 'Z', '1', '2', 'I', 'K':
		ok = postgresAnswer(b)
		if !ok && len(b) < 4096 && postgresFramed(b) {
			return classify.NeedMore
		}
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// postgresAuthentication checks AuthenticationOk followed by a
// ParameterStatus, and the requests for a password.
func postgresAuthentication(b, body []byte, size int) classify.Outcome {
	if size < 8 || size > 200 {
		return classify.Never
	}
	if len(body) < size-4 {
		return classify.NeedMore
	}
	kind := binary.BigEndian.Uint32(body)
	ok := false
	switch {
	case kind == 0 && size == 8:
		rest := b[9:]
		if len(rest) < 5 {
			return classify.NeedMore
		}
		ok = (rest[0] == 'S' || rest[0] == 'K' || rest[0] == 'E' || rest[0] == 'N') && rest[1] == 0
	case kind == 3 || kind == 6 || kind == 7 || kind == 9 || kind == 2:
		ok = size == 8
	case kind == 5: // MD5 with its salt
		ok = size == 12
	case kind == 10: // SASL: names of mechanisms
		ok = bytes.HasPrefix(body[4:], []byte("SCRAM-SHA-256")) && bytes.HasSuffix(body, []byte{0, 0}) || bytes.HasPrefix(body[4:], []byte("OAUTHBEARER\x00"))
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// postgresQuery checks Query, whose text ends in a zero, and Parse, which has a
// statement's name before it.
func postgresQuery(kind byte, body []byte, whole bool) classify.Outcome {
	if kind == 'P' {
		end := bytes.IndexByte(body[:min(len(body), 65)], 0)
		if end < 0 {
			if whole || len(body) > 64 {
				return classify.Never
			}
			return classify.NeedMore
		}
		if !classify.IsPrintable(body[:end]) {
			return classify.Never
		}
		body = body[end+1:]
	}
	ok, short := beginsWithSQL(body[:min(len(body), 64)])
	switch {
	case ok && (!whole || kind == 'P' || body[len(body)-1] == 0):
		return classify.Match
	case short && !whole:
		return classify.NeedMore
	}
	return classify.Never
}

// postgresFramed reports whether b is a run of the server's messages, the last
// perhaps cut.
func postgresFramed(b []byte) bool {
	for len(b) >= 5 {
		size := binary.BigEndian.Uint32(b[1:])
		if size < 4 || size > 1<<20 || !bytes.ContainsRune([]byte("TDCSZ12IKNE3nst"), rune(b[0])) {
			return false
		}
		if int(size)+1 >= len(b) {
			return true
		}
		b = b[size+1:]
	}
	return true
}

// postgresCommands matches several of the client's messages that end with
// Sync and fill b.
func postgresCommands(b []byte) classify.Outcome {
	short := len(b) < 4096
	for count := 0; len(b) >= 5; count++ {
		size := binary.BigEndian.Uint32(b[1:])
		if size < 4 || size > 1<<20 || !bytes.ContainsRune([]byte("BCDEFHPQS"), rune(b[0])) {
			return classify.Never
		}
		if int(size)+1 > len(b) {
			break
		}
		if b = b[size+1:]; len(b) == 0 && size == 4 && count > 0 {
			return classify.Match
		}
	}
	if short {
		return classify.NeedMore
	}
	return classify.Never
}

// postgresAnswer checks that b is several of the server's messages and that
// one of them is ReadyForQuery.
func postgresAnswer(b []byte) bool {
	count := 0
	for len(b) >= 6 {
		size := binary.BigEndian.Uint32(b[1:])
		if size < 4 || size > 1<<20 || !bytes.ContainsRune([]byte("TDCSZ12IKNE3nst"), rune(b[0])) {
			return false
		}
		if b[0] == 'Z' {
			return size == 5 && count > 0 && (b[5] == 'I' || b[5] == 'T' || b[5] == 'E')
		}
		if int(size)+1 > len(b) {
			return false
		}
		b = b[size+1:]
		count++
	}
	return false
}

// postgresSpeaker tells by the type of the first message (Message Formats). Some letters are both
// sides'.
func postgresSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch b[0] {
	case 0, 'Q', 'P', 'B', 'X':
		return classify.ClientSpeaks
	case 'R', 'T', 'Z', '1', '2', 'I', 'K', 'N':
		return classify.ServerSpeaks
	case 'S': // Sync is five bytes long
		if len(b) > 5 && (b[1] != 0 || b[4] > 4) {
			return classify.ServerSpeaks
		}
	case 'E': // Execute names a portal
		if len(b) > 6 && b[5] == 'S' && b[6] >= 'A' {
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
