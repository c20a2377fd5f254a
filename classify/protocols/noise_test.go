package protocols

import (
	"crypto/aes"
	"crypto/cipher"
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
	bytes *rand.ChaCha8
	aes   cipher.Stream
	files []noiseFile
	ports [2][]uint16 // usual ports of All: TCP, UDP
}

func newNoiseSource(t *testing.T) *noiseSource {
	seed := [32]byte{'n', 'o', 'i', 's', 'e'}
	n := &noiseSource{bytes: rand.NewChaCha8(seed)}
	n.r = rand.New(n.bytes)
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	n.aes = cipher.NewCTR(block, make([]byte, 16))
	n.files = noiseFiles(t, n.r)
	for _, p := range All {
		n.ports[0] = append(n.ports[0], slices.Concat(p.Ports, p.TCPPorts)...)
		n.ports[1] = append(n.ports[1], slices.Concat(p.Ports, p.UDPPorts)...)
	}
	return n
}

// size is the length of a payload: mostly anything up to a segment, often small.
func (n *noiseSource) size() int {
	if n.r.IntN(3) == 0 {
		return 1 + n.r.IntN(64)
	}
	return 1 + n.r.IntN(1400)
}

// content returns the bytes that one side sends in all, and what they are.
func (n *noiseSource) content(size int) (string, []byte) {
	switch k := n.r.IntN(10); {
	case k < 3:
		b := make([]byte, size)
		n.bytes.Read(b)
		return "random bytes", b
	case k < 5:
		b := make([]byte, size)
		n.aes.XORKeyStream(b, b)
		return "AES-CTR", b
	default:
		f := n.files[n.r.IntN(len(n.files))]
		b := f.data
		if n.r.IntN(2) == 0 { // from somewhere in the middle
			b = b[n.r.IntN(len(b)):]
		}
		return f.format, b[:min(len(b), size)]
	}
}

// flow makes one conversation: each side sends its content in two to four
// payloads, in turn; sometimes one side is silent.
func (n *noiseSource) flow() (string, *vector) {
	v := &vector{transport: classify.TCP, ports: [2]uint16{uint16(1024 + n.r.IntN(64512)), uint16(1 + n.r.IntN(65535))}}
	i := n.r.IntN(2)
	if i == 1 {
		v.transport = classify.UDP
	}
	if n.r.IntN(2) == 0 {
		v.ports[1] = n.ports[i][n.r.IntN(len(n.ports[i]))]
	}
	count := 2 + n.r.IntN(3)
	var sizes []int
	total := 0
	for range count {
		sizes = append(sizes, n.size())
		total += sizes[len(sizes)-1]
	}
	format, there := n.content(total)
	_, back := n.content(total)
	if n.r.IntN(4) == 0 {
		back = nil
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
	return format, v
}

// TestNoise shows flows of random bytes, of cipher text and of common file
// formats to all recognisers: at most 5 of 100,000 may get a label by payload.
func TestNoise(t *testing.T) {
	flows := 100000
	if testing.Short() {
		flows = 10000
	}
	n := newNoiseSource(t)
	e := newEngine(t)
	c := e.NewClassifier()
	labelled := map[string]int{}
	total := 0
	for range flows {
		format, v := n.flow()
		label, _ := classifyVector(c, e, v, v.payloads)
		if label == "Unknown" {
			continue
		}
		total++
		labelled[label]++
		if labelled[label] <= 3 {
			var start strings.Builder
			for _, p := range v.payloads[:min(len(v.payloads), 3)] {
				fmt.Fprintf(&start, " %v:%x", p.From, p.Data[:min(len(p.Data), 24)])
			}
			t.Logf("%s on %v, ports %v, is taken for %s:%s", format, v.transport, v.ports, label, start.String())
		}
	}
	for _, label := range slices.Sorted(maps.Keys(labelled)) {
		t.Logf("%s: %d flows", label, labelled[label])
	}
	if most := max(1, 5*flows/100000); total > most {
		t.Errorf("%d of %d flows without a protocol were labelled, at most %d may be", total, flows, most)
	}
}

// TestMutations shows every vector to all recognisers with some of its bytes
// changed, cut out or doubled: whatever they answer, they must come back, and
// answer the same twice.
func TestMutations(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	r := rand.New(rand.NewPCG(1, 2))
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		for range rounds {
			payloads := slices.Clone(v.payloads)
			for range 1 + r.IntN(3) {
				mutate(r, &payloads[r.IntN(len(payloads))])
			}
			first, _ := classifyVector(c, e, v, payloads)
			if again, _ := classifyVector(c, e, v, payloads); again != first {
				t.Fatalf("%s/%s, changed: %s at first, %s the second time: %+v", v.file, v.title, first, again, payloads)
			}
		}
	}
}

// mutate changes a payload in one of the ways in which fields go wrong.
func mutate(r *rand.Rand, p *classify.Payload) {
	b := slices.Clone(p.Data)
	if len(b) == 0 {
		return
	}
	i := r.IntN(len(b))
	switch r.IntN(5) {
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
	}
	p.Data, p.Len = b[:len(b):len(b)], len(b)+max(0, r.IntN(8)-6)*r.IntN(100)
}
