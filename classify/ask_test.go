package classify

import (
	"fmt"
	"testing"
)

// readers returns an engine of n recognisers that read both streams from the beginning whenever they are
// asked, and want more. read counts the bytes that they read.
func readers(t *testing.T, n int, after Outcome, read *int) *Engine {
	var list []*Protocol
	for i := range n {
		list = append(list, &Protocol{Name: fmt.Sprintf("READER%d", i), Transport: TCP, Recognise: func(p *Probe) Outcome {
			*read += len(p.Stream(Client)) + len(p.Stream(Server))
			p.KeepLooking()
			return after
		}})
	}
	return engineOf(t, nil, list...)
}

// TestReadAgain sends bytes in segments of every size: what recognisers read is bounded by what was
// sent, and does not grow with its square.
func TestReadAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		n     int
		after Outcome
	}{
		{"one that waits", 1, NeedMore},
		{"many that wait", 40, NeedMore},
		{"one that has matched", 1, Match},
	} {
		t.Run(test.name, func(t *testing.T) {
			work := func(segments, size int) (read, sent int) {
				e := readers(t, test.n, test.after, &read)
				c := e.NewClassifier()
				st := c.NewState()
				var at [2]int
				for i := range segments {
					from := Side(i & 1)
					done := c.Feed(st, &Segment{Transport: TCP, From: from, Data: make([]byte, size), Len: size, Seq: uint32(at[from]), SYNSeen: true})
					at[from] += size
					if done {
						break
					}
				}
				c.Finish(st)
				return read, at[0] + at[1]
			}
			last := 0
			for bytes := 2 << 10; bytes <= 32<<10; bytes *= 2 {
				worst := 0
				for size := 7; size <= 1400; size += 7 {
					n := min(bytes/size, maxPayloads)
					if size < tinySegment {
						n = min(bytes/size, maxSegments)
					}
					read, sent := work(n, size)
					worst = max(worst, read)
					// A side's first payload and the last of the flow are shown in
					// any case.
					if most := 2*(readAtLeast+readPerByte*(sent+n*headerSize)) + 4*test.n*min(sent, 2*maxStream); read > most {
						t.Errorf("%d segments of %d bytes: recognisers read %d bytes, more than %d", n, size, read, most)
					}
				}
				if last > 0 && float64(worst) > 2.6*float64(last) {
					t.Errorf("recognisers read %[2]d bytes of a flow of %[1]d, and %[3]d of one half as long", bytes, worst, last)
				}
				last = worst
			}
		})
	}
}

// TestFinish shows a deferred payload at the end of the flow, and drops the hints that this gives.
func TestFinish(t *testing.T) {
	const size, segments = 1000, 14
	e := engineOf(t, nil, &Protocol{Name: "LONG", Transport: TCP, Recognise: func(p *Probe) Outcome {
		if len(p.Stream(Client)) < segments*size {
			return NeedMore
		}
		p.Expect(TCP, p.Addrs[Client], 1, "LONG")
		return Match
	}})
	c := e.NewClassifier()
	st := c.NewState()
	for i := range segments {
		if c.Feed(st, &Segment{Transport: TCP, Data: make([]byte, size), Len: size, Seq: uint32(i * size), SYNSeen: true}) {
			t.Fatalf("done after %d segments", i+1)
		}
	}
	if got := e.LabelText(st.Label()); got != "Unknown" {
		t.Fatalf("%s before the end: no payload was deferred", got)
	}
	c.Finish(st)
	if got := e.LabelText(st.Label()); got != "LONG" || len(c.Hints) != 0 {
		t.Errorf("%s with %d hints at the end, want LONG with none", got, len(c.Hints))
	}
}

// TestMaxHints bounds the hints of one flow, and counts those that are dropped.
func TestMaxHints(t *testing.T) {
	const each = 100
	e := engineOf(t, nil, &Protocol{Name: "TALKER", Transport: UDP, Recognise: func(p *Probe) Outcome {
		for i := range uint16(each) {
			p.Expect(UDP, p.Addrs[Client], i, "TALKER")
		}
		p.KeepLooking()
		return Match
	}})
	c := e.NewClassifier()
	for range 2 {
		st := c.NewState()
		for range 10 {
			c.Feed(st, &Segment{Transport: UDP, Data: []byte("x"), Len: 1})
		}
		c.Release(st)
	}
	if len(c.Hints) != 2*maxHints || c.DroppedHints != 2*(10*each-maxHints) {
		t.Errorf("%d hints, %d dropped; want %d and %d", len(c.Hints), c.DroppedHints, 2*maxHints, 2*(10*each-maxHints))
	}
}
