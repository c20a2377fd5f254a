package flows

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestDatagram adds pieces of random datagrams at random and compares with the bytes kept one by one,
// of which the first stays.
func TestDatagram(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	for range 3000 {
		length := 1 + r.IntN(200)
		d := datagram{length: uint32(length)}
		model, known := make([]byte, length), make([]bool, length)
		held := d.held()
		for n := range 40 {
			at := r.IntN(length)
			if n == 0 {
				at = 0
			}
			data := make([]byte, 1+r.IntN(60)) // may go on behind the end
			for i := range data {
				data[i] = byte(r.Uint32())
				if at+i < length && !known[at+i] {
					model[at+i], known[at+i] = data[i], true
				}
			}
			held += d.add(at, data)
			end := bytes.IndexByte(boolsOf(known), 0)
			if whole := end < 0; d.whole() != whole {
				t.Fatalf("whole: %v, want %v", d.whole(), whole)
			} else if whole {
				end = length
			}
			if got := d.payload(); !bytes.Equal(got, model[:end]) || held != d.held() {
				t.Fatalf("got %x, want %x; %d bytes held, %d told", got, model[:end], d.held(), held)
			}
		}
	}
}

func boolsOf(list []bool) []byte {
	out := make([]byte, len(list))
	for i, v := range list {
		if v {
			out[i] = 1
		}
	}
	return out
}

// TestDatagramIsBounded has more and longer pieces than are kept.
func TestDatagramIsBounded(t *testing.T) {
	d := datagram{length: 60000}
	d.add(0, make([]byte, 8))
	for at := 16; at < 60000; at += 16 { // with gaps
		d.add(at, make([]byte, 8))
	}
	if len(d.pieces) != maxPieces || len(d.payload()) != 8 {
		t.Errorf("%d pieces, %d bytes", len(d.pieces), len(d.payload()))
	}
	d = datagram{length: 60000}
	for at := 0; at < 60000; at += 1000 {
		d.add(at, make([]byte, 1000))
	}
	if !d.whole() || len(d.payload()) != maxGathered || d.held() > maxGathered+4096 {
		t.Errorf("whole: %v, %d bytes, %d held", d.whole(), len(d.payload()), d.held())
	}
}
