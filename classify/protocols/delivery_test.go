package protocols

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
)

// piece is a part of a vector's payload as a TCP segment or datagram brings it.
type piece struct {
	from classify.Side
	data []byte
	// wire is the length on the wire, at where the data begins in what the sender sends.
	wire, at int
}

// piecesOf returns the payloads of a conversation as one piece each.
func piecesOf(payloads []classify.Payload) []piece {
	var (
		out []piece
		at  [2]int
	)
	for _, p := range payloads {
		out = append(out, piece{p.From, p.Data, p.Len, at[p.From]})
		at[p.From] += p.Len
	}
	return out
}

// cutAt cuts the n-th piece in pieces of the given sizes; the last one takes the rest.
func cutAt(pieces []piece, n int, sizes ...int) []piece {
	out := slices.Clone(pieces[:n])
	p := pieces[n]
	for _, size := range sizes {
		if size >= len(p.data) {
			break
		}
		out = append(out, piece{p.from, p.data[:size:size], size, p.at})
		p.data, p.wire, p.at = p.data[size:], p.wire-size, p.at+size
	}
	return append(append(out, p), pieces[n+1:]...)
}

// classifyPieces feeds pieces to the engine in the order given; synSeen reports whether the SYNs were
// seen.
func classifyPieces(c *classify.Classifier, e *classify.Engine, v *vector, pieces []piece, synSeen bool) (string, *classify.State) {
	st := c.NewState()
	for _, p := range pieces {
		// Sequence numbers that run over: they count modulo 2^32.
		first := [2]uint32{1<<32 - 40, 7}[p.from]
		if c.Feed(st, &classify.Segment{
			Transport: v.transport, From: p.from, Addrs: testAddrs, Ports: v.ports, Data: p.data, Len: p.wire, PPID: v.ppid,
			Seq: first + uint32(p.at), InitialSeq: first, SYNSeen: synSeen,
		}) {
			break
		}
	}
	c.Hints = c.Hints[:0]
	return e.LabelText(st.Label()), st
}

// TestSegmentation cuts every TCP payload of every vector in two at every
// place, in order and out of order: TCP may put its segments' borders anywhere, so the label stays.
// Delivered byte by byte, a conversation may be given up before its application shows.
func TestSegmentation(t *testing.T) {
	slow(t)
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		if v.transport != classify.TCP {
			continue
		}
		whole := piecesOf(v.payloads)
		check := func(how string, pieces []piece) bool {
			label, st := classifyPieces(c, e, v, pieces, true)
			c.Release(st)
			given := strings.HasSuffix(how, "byte by byte") && label != "Unknown" && mayBe(v, label)
			if label != v.label && !given {
				t.Errorf("%s/%s: %s: %s, want %s", v.file, v.title, how, label, v.label)
			}
			return label == v.label
		}
		ok := true
		for n := range whole {
			for cut := 1; ok && cut < len(whole[n].data); cut++ {
				pieces := cutAt(whole, n, cut)
				ok = check(fmt.Sprintf("payload %d cut after %d bytes", n, cut), pieces)
				pieces[n], pieces[n+1] = pieces[n+1], pieces[n]
				ok = ok && check(fmt.Sprintf("payload %d cut after %d bytes, the second half first", n, cut), pieces)
			}
		}
		if ok && len(whole) > 0 {
			check("its first payload byte by byte", cutAt(whole, 0, slices.Repeat([]int{1}, drip)...))
		}
	}
}

// drip is how many bytes are delivered one by one.
const drip = 64

// less tells what a part of a conversation may be taken for besides what the whole is:
// what is known without the part that is missing.
var less = map[string][]string{
	"HTTP_Connect":      {"HTTP"},                      // the request says so
	"NetBIOS.SMBv23":    {"NetBIOS.SMBv1"},             // the answer does
	"SRTP.WhatsAppCall": {"STUN", "STUN.WhatsAppCall"}, // the media do
	"Mining":            {"JSON-RPC"},                  // words do that are not anybody's
	"DTLS":              {"STUN"},                      // checks come before the keys
	"FTPS":              {"TLS"},                       // these do before they go over to TLS
	"IMAPS":             {"TLS"},
	"Jabber":            {"TLS"},
	"LDAP":              {"TLS"},
	"POPS":              {"TLS"},
	"SMTPS":             {"TLS"},
}

// mayBe reports whether a part of a conversation may get the label.
func mayBe(v *vector, label string) bool {
	return label == "Unknown" || label == v.label || label == masterOf(v.label) || label == v.before || slices.Contains(less[v.label], label)
}

// TestSwapped takes every vector for a conversation met midstream on whose first packet is the
// server's: the sides are exchanged and no SYN was seen.
func TestSwapped(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		if v.label == "Unknown" {
			continue // what is no beginning may well be a middle
		}
		w := *v
		w.ports = [2]uint16{v.ports[1], v.ports[0]}
		pieces := piecesOf(v.payloads)
		for i := range pieces {
			pieces[i].from = pieces[i].from.Other()
		}
		label, st := classifyPieces(c, e, &w, pieces, false)
		c.Release(st)
		if label != v.label {
			t.Errorf("%s/%s: with its sides swapped %s, want %s", v.file, v.title, label, v.label)
		}
	}
}

// TestOneSided shows only what one side of every vector sends: the label is
// the same, perhaps less of it, or Unknown.
func TestOneSided(t *testing.T) {
	slow(t)
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		for side, name := range [...]string{"client", "server"} {
			pieces := slices.DeleteFunc(piecesOf(v.payloads), func(p piece) bool { return int(p.from) != side })
			for _, begun := range []bool{true, false} {
				label, st := classifyPieces(c, e, v, pieces, begun)
				c.Release(st)
				if !mayBe(v, label) && (begun || v.label != "Unknown") {
					t.Errorf("%s/%s: the %s alone is %s, want %s or Unknown", v.file, v.title, name, label, v.label)
					break
				}
			}
		}
	}
}

// TestDamaged loses segments or their beginnings, cuts payloads as a snap length does, and sends
// segments twice: nothing panics, and no conversation is taken for another.
func TestDamaged(t *testing.T) {
	slow(t)
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		ok := true
		check := func(how string, at int, pieces []piece, begun bool) {
			label, st := classifyPieces(c, e, v, pieces, begun)
			c.Release(st)
			if ok && !mayBe(v, label) && masterOf(label) != masterOf(v.label) && v.label != "Unknown" {
				t.Errorf("%s/%s: %s %d: %s, want %s or Unknown", v.file, v.title, how, at, label, v.label)
				ok = false
			}
		}
		whole := piecesOf(v.payloads)
		longest := 0
		for n := range whole {
			longest = max(longest, len(whole[n].data))
			check("twice payload", n, slices.Insert(slices.Clone(whole), n, whole[n]), true)
			lost := slices.Delete(slices.Clone(whole), n, n+1)
			check("without payload", n, lost, true)
			check("from the middle, without payload", n, lost, false)
			if data := whole[n].data; v.transport == classify.TCP && len(data) > 8 {
				tail := cutAt(whole, n, 5)
				check("without the first 5 bytes of payload", n, slices.Delete(tail, n, n+1), true)
			}
		}
		for snap := range longest {
			cut := slices.Clone(whole)
			for i := range cut {
				n := min(len(cut[i].data), snap)
				cut[i].data = cut[i].data[:n:n]
			}
			check("payloads cut to bytes", snap, cut, true)
			check("from the middle, payloads cut to bytes", snap, cut, false)
		}
	}
}

// TestCutAt keeps the functions above honest.
func TestCutAt(t *testing.T) {
	pieces := cutAt(piecesOf([]classify.Payload{{Data: []byte("abc"), Len: 3}, {Data: []byte("defgh"), Len: 5}}), 1, 1, 3)
	var got strings.Builder
	for _, p := range pieces {
		fmt.Fprintf(&got, "%s@%d+%d ", p.data, p.at, p.wire)
	}
	if want := "abc@0+3 d@3+1 efg@4+3 h@7+1 "; got.String() != want {
		t.Errorf("cut into %q, want %q", got.String(), want)
	}
}
