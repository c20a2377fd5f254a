package wire

import (
	"bytes"
	"strings"
	"testing"
)

// TestEndlessRequestLine gives up lines that come to no end.
func TestEndlessRequestLine(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       HTTPState
	}{
		{"some blanks", "GET" + strings.Repeat(" ", 100), HTTPPartial},
		{"blanks without end", "GET" + strings.Repeat(" ", 1000), HTTPNo},
		{"some blanks and a target", "GET" + strings.Repeat(" ", 100) + "/ HTTP/1.1\r\n", HTTPYes},
		{"a long target", "GET /" + strings.Repeat("a", 8000), HTTPPartial},
		{"a target without end", "GET /" + strings.Repeat("a", 9000), HTTPNo},
	} {
		if _, got := ParseHTTPHead([]byte(test.line), "HTTP/1."); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// TestInitialOpenerIsBounded tries no more keys than it may.
func TestInitialOpenerIsBounded(t *testing.T) {
	connection := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	packet := seal(t, QUICVersion1, &generation1, connection, append([]byte{0x06, 0, 4, 'a', 'b', 'c', 'd'}, make([]byte, 30)...))
	good, _, _ := ParseQUICLong(packet)
	reserved := bytes.Clone(packet)
	copy(reserved[1:], "\x0a\x0a\x0a\x0a")
	bad, _, _ := ParseQUICLong(reserved) // four versions are tried in vain
	for _, test := range []struct {
		allow  int
		before *QUICLong
		want   bool
	}{{0, nil, false}, {1, nil, true}, {4, &bad, false}, {5, &bad, true}} {
		var o InitialOpener
		o.Allow(test.allow)
		if test.before != nil {
			if _, _, ok := o.Open(test.before, false); ok {
				t.Fatal("a packet of another version opens")
			}
		}
		if _, _, ok := o.Open(&good, false); ok != test.want {
			t.Errorf("%d attempts: opened %t, want %t", test.allow, ok, test.want)
		}
	}
	var o InitialOpener
	o.Allow(1000)
	for i := range byte(100) {
		q := bad
		q.Destination = []byte{i, 1, 2, 3}
		o.Open(&q, false)
	}
	if len(o.ids) > maxInitialIDs || len(o.keys) > 16 {
		t.Errorf("%d identifiers and %d keys are kept", len(o.ids), len(o.keys))
	}
}

// TestManyRecords reads a hello in records of one byte each, and no stream that is all such records.
func TestManyRecords(t *testing.T) {
	for _, test := range []struct {
		size  int
		whole bool
	}{{500, true}, {5000, false}} {
		message := append([]byte{HandshakeClientHello, 0, byte(test.size >> 8), byte(test.size)}, make([]byte, test.size)...)
		var stream []byte
		for _, c := range message {
			stream = append(stream, RecordHandshake, 3, 1, 0, 1, c)
		}
		whole := false
		for h := range new(HandshakeReader).Read(stream) {
			whole = len(h.Body) == h.Len
		}
		if whole != test.whole {
			t.Errorf("a message of %d bytes: whole %t, want %t", test.size, whole, test.whole)
		}
	}
}

// TestPieces puts pieces together in whatever order they come, and keeps a bounded number of bytes.
func TestPieces(t *testing.T) {
	var p pieces
	for _, at := range []uint64{6, 0, 3, 4, 12} {
		p.add(at, []byte("abcdefghijkl"[at%12:][:min(3, 12-at%12)]))
	}
	p.add(1<<63, []byte("x"))
	if got := string(p.data()); got != "abcdefghi" {
		t.Errorf("data %q, want %q", got, "abcdefghi")
	}
	for range 100 {
		p.add(0, make([]byte, 1<<14))
	}
	if p.size > 1<<16 {
		t.Errorf("%d bytes are kept", p.size)
	}
}
