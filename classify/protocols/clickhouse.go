package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var clickhouse = classify.Protocol{
	Name:      "ClickHouse",
	Category:  "Database",
	Transport: classify.TCP,
	TCPPorts:  []uint16{9000},
	NoGuess:   true,
	First:     classify.Bytes("\x00\x02"),
	Recognise: recogniseClickHouse,
	Reference: "ClickHouse native protocol, client and server packets (Hello, Exception)",
}

// recogniseClickHouse accepts the Hello of client or server (name, major and
// minor version, revision, and the client's database, user and password), and
// the Exception in the server's place.
func recogniseClickHouse(p *classify.Probe) classify.Outcome {
	return judgeSides(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] == 2 {
			return clickhouseException(b)
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

// clickhouseHello checks the name and the three numbers after it. Revisions
// count up from 54000, which with a printable name is proof enough.
func clickhouseHello(b []byte) classify.Outcome {
	n := int(b[0])
	if !isPrintable(b[1:min(len(b), 1+n)]) {
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
		if b[0] > 127 || !isText(b[1:1+int(b[0])]) {
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
