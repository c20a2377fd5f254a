package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var clickhouse = classify.Protocol{
	Name:       "ClickHouse",
	Category:   "Database",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{9000},
	NoGuess:    true,
	FirstBytes: classify.Bytes("\x00\x01\x02\x07\x08"),
	Recognise:  recogniseClickHouse,
	Reference:  "ClickHouse native protocol, client and server packets (Hello, Exception)",
}

// recogniseClickHouse accepts the Hello of client or server (name, major and minor version, revision,
// and the client's database, user and password), and the Exception in the server's place. Midstream, a
// query with its identifier or a block of data is enough.
func recogniseClickHouse(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if out := clickhouseMiddle(b); out == classify.Match || b[0] != 2 && out == classify.NeedMore {
			return out
		} else if b[0] == 2 {
			return max(out, clickhouseException(b))
		}
		if b[0] != 0 || len(b) > 1 && (b[1] < 3 || b[1] > 80) {
			return classify.Never
		}
		if len(b) < 3 {
			return classify.NeedMore
		}
		return clickhouseHello(b[1:])
	})
}

// clickhouseHello checks the name and the three numbers after it. Revisions count up from 54000, which
// is enough with a printable name.
func clickhouseHello(b []byte) classify.Outcome {
	n := int(b[0])
	if !classify.IsPrintable(b[1:min(len(b), 1+n)]) {
		return classify.Never
	}
	if len(b) < 1+n+5 {
		return classify.NeedMore
	}
	b = b[1+n:]
	var numbers [3]uint64
	for i := range numbers {
		v, size := binary.Uvarint(b)
		if size < 0 {
			return classify.Never
		}
		if size == 0 {
			return classify.NeedMore
		}
		numbers[i], b = v, b[size:]
	}
	if numbers[0] > 99 || numbers[1] > 99999 || numbers[2] < 50000 || numbers[2] > 60000 {
		return classify.Never
	}
	// Database, user, password; or the server's time zone and name.
	for range 2 {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return classify.NeedMore
		}
		if b[0] > 127 || !classify.IsText(b[1:1+int(b[0])]) {
			return classify.Never
		}
		b = b[1+int(b[0]):]
	}
	return classify.Match
}

// clickhouseException checks an error's number and its name "DB::Exception".
func clickhouseException(b []byte) classify.Outcome {
	const name = "\x0dDB::Exception"
	for i := 5; i < len(b) && i < 5+len(name); i++ {
		if b[i] != name[i-5] {
			return classify.Never
		}
	}
	if len(b) > 4 && (b[3]|b[4]) != 0 {
		return classify.Never
	}
	if len(b) < 5+len(name) {
		return classify.NeedMore
	}
	return classify.Match
}

// clickhouseMiddle accepts a query whose first host is told, and a block of data,
// compressed or not, with its information: no overflow, no bucket.
func clickhouseMiddle(b []byte) classify.Outcome {
	const information = "\x01\x00\x02\xff\xff\xff\xff\x00"
	// A packet's number, a table's name (none), checksum, method, two sizes, and LZ4's token.
	const plain, packed, token = 2, 2 + 16 + 9 + 1, 0xa0
	switch {
	case b[0] != 1 && b[0] != 2 && b[0] != 7 && b[0] != 8:
		return classify.Never
	case len(b) < 2:
		return classify.NeedMore
	case b[0] == 1 && b[1] == uuidLength:
		return clickhouseQuery(b[2:])
	case b[1] != 0:
		return classify.Never
	}
	out := max(match.Prefix(b[plain:], information), clickhouseQuery(b[1:]))
	if b[0] != 1 && out == classify.NeedMore && len(b) > plain { // the query's number is 1
		out = match.Prefix(b[plain:], information)
	}
	if out != classify.Never {
		return out
	}
	if len(b) > packed-10 && b[packed-10] != 0x82 {
		return classify.Never
	}
	if len(b) < packed+1+len(information) {
		return classify.NeedMore
	}
	at := packed
	if b[packed-1] >= 0xf0 {
		at++ // the token goes on
	} else if b[packed-1] < token {
		return classify.Never
	}
	return match.Prefix(b[at:], information)
}

// uuidLength is the length of a query's identifier.
const uuidLength = 36

// clickhouseQuery judges what follows the identifier's length: the identifier,
// the kind (by a user or passed on), who asked first and where.
func clickhouseQuery(b []byte) classify.Outcome {
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] != 0 {
		for i, c := range b[:min(len(b), uuidLength)] {
			if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
				return classify.Never
			}
		}
		if len(b) <= uuidLength {
			return classify.NeedMore
		}
		b = b[uuidLength:]
	} else {
		b = b[1:]
	}
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] != 1 && b[0] != 2 {
		return classify.Never
	}
	b = b[1:]
	for i := range 3 {
		if len(b) == 0 {
			return classify.NeedMore
		}
		if b[0] >= 0x80 || !classify.IsPrintable(b[1:min(len(b), 1+int(b[0]))]) {
			return classify.Never
		}
		if len(b) < 1+int(b[0]) {
			return classify.NeedMore
		}
		if i == 2 && (b[0] < 9 || bytes.IndexByte(b[1:1+int(b[0])], ':') < 0) {
			return classify.Never
		}
		b = b[1+int(b[0]):]
	}
	return classify.Match
}
