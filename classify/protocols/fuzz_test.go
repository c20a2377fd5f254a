package protocols

import (
	"bytes"
	"encoding/binary"
	"testing"

	"servmap/classify"
)

// What happens to a piece of a fuzzed conversation, as bits of the byte before it.
const (
	fuzzServer = 1 << iota // the server sends it
	fuzzLost               // it is not captured
	fuzzCut                // its second half is not
	fuzzTwice              // it is captured twice
	fuzzAhead              // it is captured after the next one
	fuzzJump               // its sequence number is in the four bytes before its own: anywhere in TCP's space
	fuzzLong               // it was longer on the wire than was captured, by the number in the two bytes before its own
)

// fuzzScript writes a conversation as FuzzEngine reads it: for each piece what happens to it,
// its length in two bytes, and its bytes.
func fuzzScript(payloads []classify.Payload) []byte {
	var script []byte
	for _, p := range payloads {
		n := min(len(p.Data), 1<<16-1)
		script = append(script, byte(p.From))
		script = binary.BigEndian.AppendUint16(script, uint16(n))
		script = append(script, p.Data[:n]...)
	}
	return script
}

// fuzzPieces reads a script. Whatever the bytes are, they are one.
func fuzzPieces(script []byte) []piece {
	var (
		out   []piece
		at    [2]int
		ahead *piece
	)
	for len(script) >= 3 && len(out) < 64 {
		how, n := script[0], min(int(binary.BigEndian.Uint16(script[1:])), len(script)-3)
		script = script[3:]
		p := piece{from: classify.Side(how & fuzzServer)}
		missing := 0
		if how&fuzzJump != 0 && n >= 4 {
			at[p.from] = int(int32(binary.BigEndian.Uint32(script)))
			script, n = script[4:], n-4
		}
		if how&fuzzLong != 0 && n >= 2 {
			missing = int(binary.BigEndian.Uint16(script))
			script, n = script[2:], n-2
		}
		p.data, p.wire, script = script[:n:n], n+missing, script[n:]
		p.at, at[p.from] = at[p.from], at[p.from]+p.wire
		if how&fuzzCut != 0 {
			p.data = p.data[: n/2 : n/2]
		}
		switch {
		case how&fuzzLost != 0:
			continue
		case how&fuzzAhead != 0 && ahead == nil:
			ahead = &p
			continue
		}
		out = append(out, p)
		if how&fuzzTwice != 0 {
			out = append(out, p)
		}
		if ahead != nil {
			out, ahead = append(out, *ahead), nil
		}
	}
	return out
}

// FuzzEngine shows conversations to all recognisers that were cut, lost in parts, doubled and put out of
// order. Nothing panics, what was captured stays as it was, and the same conversation gets the same label
// and the same names again, from a state that was used before and from bytes that lie elsewhere.
func FuzzEngine(f *testing.F) {
	vectors := readVectors(f)
	for _, v := range vectors {
		f.Add(byte(v.transport), v.ports[0], v.ports[1], true, fuzzScript(v.payloads))
	}
	// TCP's whole space of sequence numbers, and segments that the capture cut.
	for _, seq := range []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1} {
		script := append([]byte{0, 0, 1, 'G', fuzzJump, 0, 8}, binary.BigEndian.AppendUint32(nil, seq)...)
		script = append(script, "ET /"...)
		script = append(script, fuzzJump|fuzzLong, 0, 7)
		script = append(binary.BigEndian.AppendUint32(script, seq+4), 0xff, 0xff, 'x', fuzzJump|fuzzServer, 0, 5)
		f.Add(byte(0), uint16(40000), uint16(80), true, append(binary.BigEndian.AppendUint32(script, -seq), 'y'))
	}
	noise := newNoiseSource(f, 1)
	for range 200 {
		v := noise.flow("sparse structures", true)
		f.Add(byte(v.transport), v.ports[0], v.ports[1], true, fuzzScript(v.payloads))
	}
	e := newEngine(f)
	c := e.NewClassifier()
	f.Fuzz(func(t *testing.T, transport byte, client, server uint16, begun bool, script []byte) {
		v := &vector{transport: classify.Transport(1) << (transport / 2 % 3), ports: [2]uint16{client, server}}
		before := bytes.Clone(script)
		label, st := classifyPieces(c, e, v, fuzzPieces(script), begun)
		info := st.Info()
		c.Release(st)
		if !bytes.Equal(script, before) {
			t.Fatalf("%s: a recogniser has written into a payload", label)
		}
		again, st := classifyPieces(c, e, v, fuzzPieces(before), begun)
		defer c.Release(st)
		if again != label {
			t.Fatalf("%s at first, %s the second time", label, again)
		}
		if i := st.Info(); i != info {
			t.Fatalf("%s: %+v at first, %+v the second time", label, info, i)
		}
	})
}
