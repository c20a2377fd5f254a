package protocols

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
)

// noiseSource gives the bytes of flows that carry no protocol.
type noiseSource struct {
	r     *rand.Rand
	kinds []string
	files map[string][][]byte // of the kinds that are not made on the spot
	ports [2][]uint16         // usual ports of All: TCP, UDP
}

func newNoiseSource(t testing.TB, seed byte) *noiseSource {
	n := &noiseSource{r: rand.New(rand.NewChaCha8([32]byte{'n', 'o', 'i', 's', 'e', seed}))}
	n.kinds = []string{"random bytes", "sparse structures", "small numbers"}
	n.files = map[string][][]byte{}
	for _, f := range noiseFiles(t, n.r) {
		if n.files[f.format] == nil {
			n.kinds = append(n.kinds, f.format)
		}
		n.files[f.format] = append(n.files[f.format], f.data)
	}
	for _, p := range All {
		n.ports[0] = append(n.ports[0], slices.Concat(p.Ports, p.TCPPorts, p.AlsoPorts)...)
		n.ports[1] = append(n.ports[1], slices.Concat(p.Ports, p.UDPPorts, p.AlsoPorts)...)
	}
	return n
}

// size is the length of a payload: mostly anything up to a segment, often
// small, and often what programs make whose structures are words.
func (n *noiseSource) size() int {
	switch n.r.IntN(6) {
	case 0:
		return 1 + n.r.IntN(16)
	case 1:
		return 1 + n.r.IntN(64)
	case 2:
		return 4 + 4*n.r.IntN(32)
	}
	return 1 + n.r.IntN(1400)
}

// content returns the bytes that one side sends in all.
func (n *noiseSource) content(kind string, size int) []byte {
	b := make([]byte, size)
	switch kind {
	case "random bytes":
		for i := range b {
			b[i] = byte(n.r.Uint32())
		}
	case "sparse structures":
		n.structures(b)
	case "small numbers":
		n.numbers(b)
	default:
		files := n.files[kind]
		f := files[n.r.IntN(len(files))]
		if n.r.IntN(2) == 0 { // from somewhere in the middle
			f = f[n.r.IntN(len(f)):]
		}
		b = f[:min(len(f), size)]
	}
	return b
}

// structures fills b with what programs have in memory: mostly zeros, between
// them flags, sizes, pointers and names.
func (n *noiseSource) structures(b []byte) {
	for at := 0; at < len(b); at += 1 << n.r.IntN(4) {
		rest := b[at:]
		switch n.r.IntN(8) {
		case 0:
			rest[0] = byte(n.r.Uint32())
		case 1:
			rest[0] = byte(1 + n.r.IntN(4))
		case 2:
			copy(rest, binary.LittleEndian.AppendUint32(nil, n.r.Uint32()>>(8*n.r.IntN(4))))
		case 3:
			copy(rest, binary.BigEndian.AppendUint32(nil, n.r.Uint32()>>(8*n.r.IntN(4))))
		case 4:
			copy(rest, []string{"name\x00", "\xff\xff\xff\xff", "/usr/lib\x00", "\x7fELF\x02\x01\x01\x00", "eth0\x00", "\xff"}[n.r.IntN(6)])
		}
	}
}

// numbers fills b with a table of numbers of one size, as sensors and counters give.
func (n *noiseSource) numbers(b []byte) {
	size, big, most := 1<<n.r.IntN(4), n.r.IntN(2) == 0, 1<<(1+n.r.IntN(12))
	value := uint64(n.r.IntN(most))
	for at := 0; at < len(b); at += size {
		switch n.r.IntN(4) {
		case 0:
			value = uint64(n.r.IntN(most))
		case 1:
			value++
		}
		var word []byte
		if big {
			word = binary.BigEndian.AppendUint64(nil, value)[8-size:]
		} else {
			word = binary.LittleEndian.AppendUint64(nil, value)
		}
		copy(b[at:min(len(b), at+size)], word)
	}
}

// flow makes one conversation: each side sends its content in one to four
// payloads, in turn; sometimes one side is silent, sometimes it sends what the other does.
func (n *noiseSource) flow(kind string, usual bool) *vector {
	v := &vector{transport: classify.TCP, ports: [2]uint16{uint16(1024 + n.r.IntN(64512)), uint16(1 + n.r.IntN(65535))}}
	i := n.r.IntN(2)
	if i == 1 {
		v.transport = classify.UDP
	}
	if usual {
		v.ports[1] = n.ports[i][n.r.IntN(len(n.ports[i]))]
	}
	var sizes []int
	total := 0
	for range 1 + n.r.IntN(4) {
		sizes = append(sizes, n.size())
		total += sizes[len(sizes)-1]
	}
	there := n.content(kind, total)
	var back []byte
	switch n.r.IntN(4) {
	case 0:
	case 1:
		back = n.content(n.kinds[n.r.IntN(len(n.kinds))], total)
	default:
		back = n.content(kind, total)
	}
	for _, size := range sizes {
		for side, data := range [2]*[]byte{&there, &back} {
			if len(*data) == 0 {
				continue
			}
			m := min(size, len(*data))
			v.payloads = append(v.payloads, classify.Payload{From: classify.Side(side), Data: (*data)[:m:m], Len: m})
			*data = (*data)[m:]
		}
	}
	return v
}

var (
	noiseFlows = flag.Int("noise", 4000, "flows of each kind of noise on random ports, and as many on usual ones")
	noiseSeed  = flag.Int("noiseseed", 0, "seed of the noise")
)

// TestNoise shows flows of random bytes, of structures and numbers and of common file
// formats to all recognisers, on any ports and on usual ones: of the flows of each kind at most 5 of
// 100,000 may get a label by payload.
func TestNoise(t *testing.T) {
	slow(t)
	n := newNoiseSource(t, byte(*noiseSeed))
	e := newEngine(t)
	c := e.NewClassifier()
	for _, usual := range []bool{false, true} {
		name := map[bool]string{false: "any ports", true: "usual ports"}[usual]
		all := map[string]int{}
		for _, kind := range n.kinds {
			labelled := n.labelled(t, e, c, kind, usual)
			for label, count := range labelled {
				all[label] += count
				all["total"] += count
			}
		}
		flows := *noiseFlows * len(n.kinds)
		for _, label := range slices.Sorted(maps.Keys(all)) {
			t.Logf("%s: %s: %d of %d flows", name, label, all[label], flows)
		}
		if most := max(1, 5*flows/100000); all["total"] > most {
			t.Errorf("%s: %d of %d flows without a protocol were labelled, at most %d may be", name, all["total"], flows, most)
		}
	}
}

// labelled counts what flows of noise are taken for.
func (n *noiseSource) labelled(t *testing.T, e *classify.Engine, c *classify.Classifier, kind string, usual bool) map[string]int {
	labelled := map[string]int{}
	for range *noiseFlows {
		v := n.flow(kind, usual)
		label, _ := classifyVector(c, e, v, v.payloads)
		if label == "Unknown" {
			continue
		}
		if labelled[label]++; labelled[label] <= 3 {
			var start strings.Builder
			for _, p := range v.payloads[:min(len(v.payloads), 4)] {
				fmt.Fprintf(&start, " %v:%d:%x", p.From, p.Len, p.Data[:min(len(p.Data), 32)])
			}
			t.Logf("%s on %v, ports %v, is taken for %s:%s", kind, v.transport, v.ports, label, start.String())
		}
	}
	return labelled
}

// TestMutations shows every vector to all recognisers with some of its bytes changed, cut out or
// doubled, half of them with segments lost, late or doubled as well: whatever they answer, they must
// come back, and answer the same twice.
func TestMutations(t *testing.T) {
	slow(t)
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	r := rand.New(rand.NewPCG(1, 2))
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		for n := range rounds {
			payloads := slices.Clone(v.payloads)
			for range 1 + r.IntN(3) {
				mutate(r, &payloads[r.IntN(len(payloads))])
			}
			pieces := piecesOf(payloads)
			if n%2 == 1 {
				pieces = disturb(r, pieces)
			}
			first, st := classifyPieces(c, e, v, pieces, n%3 > 0)
			c.Release(st)
			again, st := classifyPieces(c, e, v, pieces, n%3 > 0)
			c.Release(st)
			if again != first {
				t.Fatalf("%s/%s, changed: %s at first, %s the second time: %+v", v.file, v.title, first, again, pieces)
			}
		}
	}
}

// disturb cuts a piece in two and loses, doubles or delays one.
func disturb(r *rand.Rand, pieces []piece) []piece {
	n := r.IntN(len(pieces))
	if size := len(pieces[n].data); size > 1 {
		pieces = cutAt(pieces, n, 1+r.IntN(size-1))
	}
	i := r.IntN(len(pieces))
	switch r.IntN(3) {
	case 0:
		return slices.Delete(pieces, i, i+1)
	case 1:
		return slices.Insert(pieces, i, pieces[i])
	}
	j := r.IntN(len(pieces))
	pieces[i], pieces[j] = pieces[j], pieces[i]
	return pieces
}

// mutate changes a payload in one of the ways in which fields go wrong.
func mutate(r *rand.Rand, p *classify.Payload) {
	b := slices.Clone(p.Data)
	if len(b) == 0 {
		return
	}
	i := r.IntN(len(b))
	switch r.IntN(7) {
	case 0:
		b[i] = byte(r.Uint32())
	case 1:
		b[i] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
	case 2:
		b = b[:i]
	case 3:
		b = slices.Delete(b, i, min(len(b), i+1+r.IntN(4)))
	case 4:
		b = slices.Concat(b[:i], b)
	case 5:
		b = append(b[:i], make([]byte, r.IntN(64))...)
	case 6:
		b = append(b, bytes.Repeat([]byte{b[i]}, r.IntN(4))...)
	}
	p.Data, p.Len = b[:len(b):len(b)], len(b)+max(0, r.IntN(8)-6)*r.IntN(100)
}
