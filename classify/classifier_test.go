package classify

import (
	"bytes"
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// echo matches once a side's stream begins with the whole word, however it is cut into segments.
func echo(word string) func(*Probe) Outcome {
	return func(p *Probe) Outcome {
		s := string(p.Stream(p.From))
		switch {
		case strings.HasPrefix(s, word):
			p.Found.ServerName = s
			return Match
		case strings.HasPrefix(word, s):
			return NeedMore
		}
		return Never
	}
}

func engineOf(t testing.TB, applications Applications, protocols ...*Protocol) *Engine {
	t.Helper()
	e, err := NewEngine(protocols, Config{Applications: applications})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// piece is one TCP segment of the client: its offset in the stream, and its
// bytes.
type piece struct {
	offset uint32
	data   string
}

// feed shows pieces to a new state until it is done. It returns the label, what was found, and how many
// pieces it took.
func feed(e *Engine, begun bool, pieces ...piece) (string, Info, int) {
	c := e.NewClassifier()
	st := c.NewState()
	const first = 0xfffffff0 // sequence numbers wrap in the middle of the tests
	for i, p := range pieces {
		done := c.Feed(st, &Segment{
			Transport: TCP, Data: []byte(p.data), Len: len(p.data), Seq: first + p.offset, InitialSeq: first, SYNSeen: begun,
		})
		if done {
			return e.LabelText(st.Label()), st.Info(), i + 1
		}
	}
	return e.LabelText(st.Label()), st.Info(), len(pieces)
}

func TestSequence(t *testing.T) {
	e := engineOf(t, nil, &Protocol{Name: "ECHO", Transport: TCP, Recognise: echo("hello, everybody out there")})
	tests := []struct {
		name   string
		pieces []piece
		want   string
		took   int
	}{
		{"one segment", []piece{{0, "hello, everybody out there"}}, "ECHO", 1},
		{"in order", []piece{{0, "hello, "}, {7, "everybody"}, {16, " out there"}}, "ECHO", 3},
		{"byte by byte until it is clear", []piece{{0, "h"}, {1, "e"}, {2, "x"}, {3, "l"}}, "Unknown", 3},
		{"out of order", []piece{{16, " out there"}, {7, "everybody"}, {0, "hello, "}}, "ECHO", 3},
		{"retransmitted", []piece{{0, "hello, "}, {0, "hello, "}, {7, "everybody out there"}}, "ECHO", 3},
		{"overlapping: what came first holds", []piece{{0, "hello, "}, {5, "XXeverybody out there"}}, "ECHO", 2},
		{"a gap that is never filled", []piece{{0, "hello, "}, {8, "verybody out there"}}, "Unknown", 2},
		{"from the number of the SYN on", []piece{{0xffffffff, "hello, "}, {6, "everybody out there"}}, "ECHO", 2},
		{"keep-alive byte before the stream", []piece{{0xffffffff, "\x00"}, {0, "hello, everybody out there"}}, "ECHO", 2},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			label, _, took := feed(e, true, tc.pieces...)
			if label != tc.want || took != tc.took {
				t.Errorf("%s after %d segments, want %s after %d", label, took, tc.want, tc.took)
			}
		})
	}
}

// TestFound keeps what the recogniser that matched found, and nothing of others.
func TestFound(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "LIAR", Transport: TCP, Recognise: func(p *Probe) Outcome {
			p.Found.UserAgent = "liar"
			p.KeepLooking()
			return Never
		}},
		&Protocol{Name: "ECHO", Transport: TCP, Recognise: echo("hi")})
	label, info, took := feed(e, true, piece{0, "hi"})
	if want := (Found{ServerName: "hi"}).Info(); label != "ECHO" || info != want || took != 1 {
		t.Errorf("%s %+v after %d segments", label, info, took)
	}
}

// TestOrder asks recognisers whose port fits first, and weak ones last.
func TestOrder(t *testing.T) {
	var asked []string
	ask := func(name string) func(*Probe) Outcome {
		return func(*Probe) Outcome {
			asked = append(asked, name)
			return Never
		}
	}
	e := engineOf(t, nil,
		&Protocol{Name: "WEAK", Transport: UDP, Ports: []uint16{9}, Weak: true, Recognise: ask("WEAK")},
		&Protocol{Name: "OTHER", Transport: UDP, Recognise: ask("OTHER")},
		&Protocol{Name: "CLIENT", Transport: UDP, UDPPorts: []uint16{7}, Recognise: ask("CLIENT")},
		&Protocol{Name: "SERVER", Transport: UDP | TCP, Ports: []uint16{9}, Recognise: ask("SERVER")},
		&Protocol{Name: "STREAM", Transport: TCP, Ports: []uint16{9}, Recognise: ask("STREAM")})
	c := e.NewClassifier()
	st := c.NewState()
	long := []byte("longer than what opens a way")
	if !c.Feed(st, &Segment{Transport: UDP, Ports: [2]uint16{7, 9}, Data: long, Len: len(long)}) {
		t.Error("the flow is not done although all said Never")
	}
	if want := []string{"SERVER", "CLIENT", "OTHER", "WEAK"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
	asked = nil
	c.Feed(c.NewState(), &Segment{Transport: UDP, Ports: [2]uint16{9, 9}, Data: []byte("x"), Len: 1})
	if want := []string{"SERVER", "OTHER", "CLIENT", "WEAK"}; !slices.Equal(asked, want) {
		t.Errorf("where both ports fit, asked %v, want %v", asked, want)
	}
}

// TestBudget stops after a fixed number of payloads.
func TestBudget(t *testing.T) {
	calls := 0
	e := engineOf(t, nil, &Protocol{Name: "NEVERENDING", Transport: UDP, Recognise: func(*Probe) Outcome {
		calls++
		return NeedMore
	}})
	c := e.NewClassifier()
	st := c.NewState()
	n := 0
	for done := false; !done; n++ {
		done = c.Feed(st, &Segment{Transport: UDP, Data: []byte("x"), Len: 1})
	}
	if n != maxPayloads || calls != maxPayloads {
		t.Errorf("%d payloads, %d calls, want %d", n, calls, maxPayloads)
	}
}

// TestPayloadsAreKept shows earlier payloads unchanged although the caller overwrites its buffer.
func TestPayloadsAreKept(t *testing.T) {
	for _, transport := range []Transport{TCP, UDP} {
		var seen [][]byte
		e := engineOf(t, nil, &Protocol{Name: "READER", Transport: transport, Recognise: func(p *Probe) Outcome {
			seen = seen[:0]
			for _, h := range p.History() {
				seen = append(seen, bytes.Clone(h.Data))
			}
			return NeedMore
		}})
		c := e.NewClassifier()
		st := c.NewState()
		buffer := make([]byte, 4)
		for i, text := range []string{"abcd", "efgh", "ijkl"} {
			copy(buffer, text)
			c.Feed(st, &Segment{Transport: transport, Data: buffer, Len: 4, Seq: uint32(4 * i), SYNSeen: true})
		}
		if got := string(bytes.Join(seen, []byte(" "))); got != "abcd efgh ijkl" {
			t.Errorf("%v: history is %q", transport, got)
		}
	}
}

// TestHeld counts the memory of payloads, in sequence and out of sequence.
func TestHeld(t *testing.T) {
	e := engineOf(t, nil, &Protocol{Name: "READER", Transport: TCP, Recognise: func(*Probe) Outcome { return NeedMore }})
	held := func(offsets ...uint32) int {
		c := e.NewClassifier()
		st := c.NewState()
		for _, at := range offsets {
			c.Feed(st, &Segment{Transport: TCP, Data: make([]byte, 1000), Len: 1000, Seq: at, SYNSeen: true})
		}
		return st.Held()
	}
	want := held(0, 1000, 2000, 3000)
	if got := held(0, 2000, 3000, 1000); got != want {
		t.Errorf("segments out of order hold %d bytes, the same in order %d", got, want)
	}
	gap := []uint32{0}
	for i := range uint32(maxHeld + 1) {
		gap = append(gap, 2000+1000*i)
	}
	if got, want := held(gap...)-held(0), (1000+segmentSize)*maxHeld; got < want {
		t.Errorf("segments behind a gap hold %d bytes, want at least %d", got, want)
	}
	for typ, size := range map[reflect.Type]int{
		reflect.TypeFor[State](): stateSize, reflect.TypeFor[Payload](): payloadSize,
		reflect.TypeFor[Hint](): hintSize, reflect.TypeFor[heldSegment](): segmentSize,
	} {
		if real := int(typ.Size()); real > size {
			t.Errorf("%v takes %d bytes and counts as %d", typ, real, size)
		}
	}
}

// TestHeldIsReal compares Held with the memory that many flows of small payloads really take, and
// bounds the memory of unused states.
func TestHeldIsReal(t *testing.T) {
	e := engineOf(t, nil, &Protocol{Name: "READER", Transport: TCP, Recognise: func(p *Probe) Outcome { return NeedMore }})
	const flows = 200
	memory := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	for _, test := range []struct{ segments, size int }{{1, 1}, {maxSegments - 1, 1}, {maxPayloads - 1, 1000}} {
		c := e.NewClassifier()
		data := bytes.Repeat([]byte("x"), test.size)
		before := memory()
		states, held := make([]*State, flows), 0
		for i := range states {
			states[i] = c.NewState()
			for n := range test.segments {
				c.Feed(states[i], &Segment{Transport: TCP, Data: data, Len: test.size, Seq: uint32(1 + n*test.size), InitialSeq: 1, SYNSeen: true})
			}
			held += states[i].Held()
		}
		// Blocks come in sizes of the allocator.
		if real := memory() - before; real > held+held/4 {
			t.Errorf("%+v: the flows take %d bytes, and Held counts %d", test, real, held)
		}
		for i, st := range states {
			c.Release(st)
			states[i] = nil
		}
		if kept := memory() - before; kept > 16<<10*flows {
			t.Errorf("%+v: %d unused states keep %d bytes", test, flows, kept)
		}
		runtime.KeepAlive(c)
	}
}

// TestFree bounds the unused states, and the lists that they keep.
func TestFree(t *testing.T) {
	e := engineOf(t, nil, &Protocol{Name: "TEACHER", Transport: UDP, Recognise: func(p *Probe) Outcome {
		for range 2 * maxList {
			p.Expect(UDP, p.Addrs[Client], 1, "TEACHER")
		}
		return NeedMore
	}})
	c := e.NewClassifier()
	var states []*State
	const most = 256
	for range most + 10 {
		st := c.NewState()
		for range 3 * maxPayloads {
			st.probe.history = append(st.probe.history, Payload{})
		}
		c.Feed(st, &Segment{Transport: UDP, Data: []byte("x"), Len: 1})
		states = append(states, st)
	}
	for _, st := range states {
		c.Release(st)
	}
	if len(c.free) != most {
		t.Errorf("%d unused states, want %d", len(c.free), most)
	}
	for _, st := range c.free {
		if history, hints := cap(st.probe.history), cap(st.probe.hints); history > maxList || hints > maxList {
			t.Fatalf("an unused state has room for %d payloads and %d hints, want at most %d", history, hints, maxList)
		}
	}
}

// TestWatch frees the payloads of a flow and goes on with its label and names.
func TestWatch(t *testing.T) {
	e := engineOf(t, nil, &Protocol{Name: "ASK", Transport: UDP, Recognise: func(p *Probe) Outcome {
		if p.Found.ServerName == "" {
			p.Found.ServerName = string(p.Payload)
		}
		p.Found.UserAgent = string(p.Payload)
		p.KeepWatching()
		return Match
	}})
	c := e.NewClassifier()
	st := c.NewState()
	send := func(st *State, text string) bool {
		return c.Feed(st, &Segment{Transport: UDP, Data: []byte(text), Len: len(text)})
	}
	if !send(st, "question") {
		t.Fatal("the state is not given back while the flow is watched")
	}
	w, ok := st.Watch()
	if !ok || e.LabelText(w.Label()) != "ASK" {
		t.Fatalf("watch %v, label %s", ok, e.LabelText(w.Label()))
	}
	looks := 1
	for ; ok; looks++ {
		info := st.Info()
		c.Release(st)
		st = c.Resume(w, info)
		send(st, "answer")
		w, ok = st.Watch()
	}
	if want := (Found{ServerName: "question", UserAgent: "answer"}).Info(); st.Info() != want {
		t.Errorf("info %+v, want %+v", st.Info(), want)
	}
	if looks > maxPayloads+2 {
		t.Errorf("watched %d payloads, the budget is %d", looks, maxPayloads)
	}
}

// TestFollow goes on with a TCP flow whose recogniser keeps watching behind the payloads that any flow may
// show: it sees each as it comes, whatever is missing, up to a limit.
func TestFollow(t *testing.T) {
	var seen []string
	e := engineOf(t, nil, &Protocol{Name: "CONTROL", Transport: TCP, Recognise: func(p *Probe) Outcome {
		seen = append(seen, string(p.Payload))
		p.KeepWatching()
		return Match
	}})
	c := e.NewClassifier()
	st := c.NewState()
	send := func(at uint32) bool {
		text := fmt.Sprintf("line %06d", at)
		return c.Feed(st, &Segment{Transport: TCP, Data: []byte(text), Len: len(text), Seq: 100 * at, SYNSeen: true})
	}
	n := uint32(0)
	for done := false; !done; n++ {
		st.tcp[Client].next = 100 * n
		done = send(n)
	}
	if n != maxPayloads || len(seen) != maxPayloads {
		t.Fatalf("%d payloads sent and %d seen when the state is given back, want %d", n, len(seen), maxPayloads)
	}
	for w, ok := st.Watch(); ok; w, ok = st.Watch() {
		c.Release(st)
		st = c.Resume(w, Info{})
		n++
		if !send(n) || seen[len(seen)-1] != fmt.Sprintf("line %06d", n) {
			t.Fatalf("payload %d: %q was seen last", n, seen[len(seen)-1])
		}
	}
	if len(seen) < maxFollowed || len(seen) > maxFollowed+2 || e.LabelText(st.Label()) != "CONTROL" {
		t.Errorf("followed %d payloads of %s, the limit is %d", len(seen), e.LabelText(st.Label()), maxFollowed)
	}
}

// TestReset fills every field of a state and resets it: nothing of the flow before may be left.
func TestReset(t *testing.T) {
	var st State
	fill(reflect.ValueOf(&st).Elem())
	st.reset()
	p := &st.probe
	p.Transport, p.Addrs, p.Ports, p.From, p.Len, p.fingerprint, p.ppid = 0, [2]netip.Addr{}, [2]uint16{}, 0, 0, 0, 0 // every Feed sets them
	if st.blocks != cap(st.kept) {
		t.Errorf("%d bytes of blocks, want %d", st.blocks, cap(st.kept))
	}
	st.blocks = 0
	if len(p.history)+len(p.hints)+len(st.strong)+len(st.weak)+len(st.kept)+len(st.streams[0])+len(st.streams[1]) != 0 {
		t.Error("a list is not empty")
	}
	p.history, p.hints, st.strong, st.weak, st.kept, st.streams = nil, nil, nil, nil, nil, [2][]byte{}
	if !reflect.DeepEqual(st, State{}) {
		t.Errorf("after reset: %+v", st)
	}
}

// fill sets every field of v to a value other than zero, unexported fields too.
func fill(v reflect.Value) {
	v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.Addr]() {
			v.Set(reflect.ValueOf(netip.IPv6Unspecified()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	}
}

// TestBounded cuts long names, and not within a character.
func TestBounded(t *testing.T) {
	for _, n := range []int{0, 1, maxText - 1, maxText, maxText + 1, 3 * maxText} {
		long := strings.Repeat("é", n)
		got := bounded(long)
		if len(got) > maxText || !strings.HasPrefix(long, got) || len(got)%2 != 0 {
			t.Errorf("%d bytes become %d", len(long), len(got))
		}
	}
}

func TestBadProtocols(t *testing.T) {
	if _, err := NewEngine([]*Protocol{{Name: "A.B"}}, Config{}); err == nil {
		t.Error("NewEngine accepts a protocol name with a dot")
	}
	if _, err := NewEngine([]*Protocol{{Name: "A"}, {Name: "A"}}, Config{}); err == nil {
		t.Error("NewEngine accepts the same name twice")
	}
	if _, err := NewEngine(nil, Config{Ports: []PortRule{{TCP, 9100, "two words"}}}); err == nil {
		t.Error("NewEngine accepts a name of two words for a port")
	}
}

// TestMidstream meets conversations midstream. A recogniser with Midstream is asked about the first
// payload; others are asked once a payload begins with their FirstBytes and is not text.
func TestMidstream(t *testing.T) {
	var asked []string
	recogniser := func(name string) func(*Probe) Outcome {
		return func(p *Probe) Outcome {
			asked = append(asked, fmt.Sprintf("%s %x", name, p.Payload))
			return Never
		}
	}
	e := engineOf(t, nil,
		&Protocol{Name: "FIRST", Transport: TCP, FirstBytes: Bytes("\x01A"), Recognise: recogniser("FIRST")},
		&Protocol{Name: "MIDDLE", Transport: TCP, FirstBytes: Bytes("\x02"), Midstream: true, Recognise: recogniser("MIDDLE")},
	)
	for _, test := range []struct {
		begun bool
		want  []string
	}{
		{true, nil},
		{false, []string{"MIDDLE 09", "FIRST 0100"}},
	} {
		asked = nil
		c := e.NewClassifier()
		st := c.NewState()
		seq := uint32(5)
		for _, data := range []string{"\x09", "A text", "\x08\x00", "\x01\x00", "\x01\x01"} {
			if c.Feed(st, &Segment{Transport: TCP, Data: []byte(data), Len: len(data), Seq: seq, InitialSeq: 5, SYNSeen: test.begun}) {
				break
			}
			seq += uint32(len(data))
		}
		if !slices.Equal(asked, test.want) {
			t.Errorf("SYN seen %t: asked %q, want %q", test.begun, asked, test.want)
		}
	}
}

// TestPadding sends Ethernet padding before the data. Real data reuses the sequence number of the
// padding.
func TestPadding(t *testing.T) {
	for _, test := range []struct {
		name   string
		pieces []piece
		want   string
	}{
		{"before the data", []piece{{0, "\x00\x00\x00\x00\x00\x00"}, {0, "hi"}}, "ECHO"},
		{"twice", []piece{{0, "\x00\x00"}, {0, "\x00\x00"}, {0, "h"}, {1, "i"}}, "ECHO"},
		{"data of zeros", []piece{{0, "\x00\x00"}, {2, "hi"}}, "Unknown"},
		{"more than a frame is padded with", []piece{{0, "\x00\x00\x00\x00\x00\x00\x00"}, {0, "hi"}}, "Unknown"},
	} {
		e := engineOf(t, nil, &Protocol{Name: "ECHO", Transport: TCP, Recognise: echo("hi")})
		if got, _, _ := feed(e, true, test.pieces...); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestDistances sends segments at the ends of the halves of TCP's sequence space. A segment half of the
// space away counts as behind, and as seen.
func TestDistances(t *testing.T) {
	for _, test := range []struct {
		name   string
		offset uint32
		took   int
		want   string
	}{
		{"half of the space ahead", 1 << 31, 3, "ECHO"},
		{"just less than half of it ahead", 1<<31 - 1, 3, "Unknown"},
		{"just more than half of it ahead", 1<<31 + 1, 3, "ECHO"},
		{"the number before the first", 1<<32 - 1, 3, "ECHO"},
		{"as far ahead as is waited for", maxStream - 1, 3, "ECHO"},
		{"farther ahead than is waited for", maxStream, 3, "Unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := engineOf(t, nil, &Protocol{Name: "ECHO", Transport: TCP, Recognise: echo("hi")})
			got, _, took := feed(e, true, piece{test.offset, "x"}, piece{0, "h"}, piece{1, "i"})
			if got != test.want || took != test.took {
				t.Errorf("%s after %d segments, want %s after %d", got, took, test.want, test.took)
			}
		})
	}
}
