package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var mysql = classify.Protocol{
	Name:      "MySQL",
	Category:  "Database",
	Transport: classify.TCP,
	TCPPorts:  []uint16{3306},
	Recognise: recogniseMySQL,
	Speaker:   mysqlSpeaker,
	Reference: "MySQL Client/Server Protocol, Connection Phase and COM_QUERY; MariaDB Client/Server Protocol",
}

// recogniseMySQL accepts the server's initial handshake (Protocol::HandshakeV10)
// or the error in its place, the client's HandshakeResponse41 or SSLRequest,
// and, where the beginning was not captured, COM_QUERY with SQL in it, and on
// the server's port answers and the shortest commands.
func recogniseMySQL(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(3306)
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if len(b) < 5 {
			return mysqlBeginning(b)
		}
		out := mysqlOpening(b)
		if out == classify.Never && onPort {
			return mysqlChain(b)
		}
		return out
	})
}

// mysqlOpening judges the packet at the beginning of b: three bytes of length,
// little-endian, a sequence number, and what belongs to that number.
func mysqlOpening(b []byte) classify.Outcome {
	size := int(b[0]) | int(b[1])<<8
	if b[2] != 0 || b[3] > 2 || size < 5 {
		return classify.Never
	}
	body := b[4:]
	if b[3] == 0 && body[0] == 3 {
		return mysqlQuery(body, size)
	}
	if size > 4096 {
		return classify.Never
	}
	if len(body) < size {
		if b[3] == 0 && body[0] != 10 && body[0] != 0xff {
			return classify.Never
		}
		return classify.NeedMore
	}
	body = body[:size]
	ok := false
	switch {
	case b[3] != 0:
		ok = mysqlResponse(body)
	case body[0] == 10:
		ok = mysqlGreeting(body)
	case body[0] == 0xff:
		ok = mysqlError(body)
	}
	if !ok {
		return classify.Never
	}
	return classify.Match
}

// mysqlChain matches the packets of one answer, numbered from 1 and filling b,
// and the commands of a single byte. It wants more of an answer that has begun.
func mysqlChain(b []byte) classify.Outcome {
	if len(b) == 5 && b[0] == 1 && b[3] == 0 && (b[4] == 1 || b[4] == 9 || b[4] == 0x0e || b[4] == 0x1f) {
		return classify.Match
	}
	count, begun := 0, len(b) < 1024
	for len(b) >= 5 {
		size := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		if size == 0 || int(b[3]) != count+1 {
			return classify.Never
		}
		if 4+size > len(b) {
			break
		}
		count++
		if len(b) == 11 && count == 1 && size == 7 && b[4]|b[5]|b[6] == 0 { // OK: no rows, no identifier, status
			return classify.Match
		}
		b = b[4+size:]
	}
	switch {
	case len(b) == 0 && count >= 2:
		return classify.Match
	case count > 0 && begun:
		return classify.NeedMore
	}
	return classify.Never
}

func mysqlBeginning(b []byte) classify.Outcome {
	if len(b) > 2 && b[2] != 0 || len(b) > 3 && b[3] > 2 {
		return classify.Never
	}
	return classify.NeedMore
}

// mysqlGreeting checks Protocol::HandshakeV10: a version such as "8.0.36", a
// zero filler after the first eight bytes of challenge, and six reserved zeros
// (MariaDB uses the last four of the ten).
func mysqlGreeting(body []byte) bool {
	end := bytes.IndexByte(body, 0)
	if end < 4 || end > 80 || body[1] < '0' || body[1] > '9' || !classify.IsPrintable(body[1:end]) || !bytes.ContainsRune(body[1:end], '.') {
		return false
	}
	rest := body[end+1:]
	if len(rest) < 13+18 {
		return len(rest) >= 13 && len(rest) <= 18 && rest[12] == 0
	}
	return rest[12] == 0 && match.AllZero(rest[21:27])
}

// mysqlError checks ERR_Packet as sent in place of a greeting.
func mysqlError(body []byte) bool {
	if len(body) < 13 {
		return false
	}
	code := binary.LittleEndian.Uint16(body[1:])
	return code >= 1000 && code < 5000 && classify.IsPrintable(body[3:])
}

// mysqlResponse checks Protocol::HandshakeResponse41 and SSLRequest:
// CLIENT_PROTOCOL_41 set and 19 reserved zeros.
func mysqlResponse(body []byte) bool {
	if len(body) < 32 || !match.AllZero(body[9:28]) || body[8] == 0 {
		return false
	}
	capabilities := binary.LittleEndian.Uint32(body)
	const protocol41, ssl = 1 << 9, 1 << 11
	return capabilities&protocol41 != 0 && (len(body) > 32 || capabilities&ssl != 0)
}

// sqlVerbs are the words with which nearly all statements begin.
var sqlVerbs = []string{
	"SELECT ", "INSERT INTO ", "INSERT IGNORE ", "UPDATE ", "DELETE FROM ", "SHOW ", "SET ", "CREATE ", "DROP ", "ALTER TABLE ",
	"REPLACE INTO ", "START TRANSACTION", "ROLLBACK", "COMMIT", "BEGIN", "LOCK TABLES ", "UNLOCK TABLES", "DESCRIBE ", "EXPLAIN ", "TRUNCATE ", "SAVEPOINT ",
}

// beginsWithSQL reports whether the text begins with a statement's verb, in
// either case. short is set where the text is too short to tell.
func beginsWithSQL(text []byte) (ok, short bool) {
	text = bytes.TrimLeft(text, " \t\r\n")
	for _, verb := range sqlVerbs {
		n := min(len(verb), len(text))
		if bytes.EqualFold(text[:n], []byte(verb[:n])) {
			if n == len(verb) {
				return true, false
			}
			short = true
		}
	}
	return false, short
}

// mysqlQuery checks COM_QUERY: text that begins with a statement. Since 8.0.23
// the count of query attributes may come first.
func mysqlQuery(body []byte, size int) classify.Outcome {
	text := body[1:]
	if len(text) >= 2 && text[0] == 0 && text[1] == 1 {
		text = text[2:]
	}
	text = text[:min(len(text), size-1, 64)]
	ok, short := beginsWithSQL(text)
	switch {
	case ok && size >= 7 && classify.IsText(text):
		return classify.Match
	case short && len(body) < size:
		return classify.NeedMore
	}
	return classify.Never
}

// mysqlSpeaker tells by the number of the first packet and what it holds: greeting and errors have
// number 0 as commands have, and answers number 1 as the response to the greeting has.
func mysqlSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 5 {
		return classify.AnySpeaker
	}
	size := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	body := b[4:min(len(b), 4+size)]
	switch {
	case len(body) < min(size, 33): // what the response has at least
	case b[3] == 0 && size >= 5 && (body[0] == 10 || body[0] == 0xff):
		return classify.ServerSpeaks
	case b[3] == 0 || mysqlResponse(body):
		return classify.ClientSpeaks
	case b[3] == 1:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
