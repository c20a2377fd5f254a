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

// TestReset fills every field of a state and resets it: nothing of the flow before may be left.
func TestReset(t *testing.T) {
	var st State
	fill(reflect.ValueOf(&st).Elem())
	st.reset()
	p := &st.probe
	p.Transport, p.Addrs, p.Ports, p.From, p.Len, p.fingerprint = 0, [2]netip.Addr{}, [2]uint16{}, 0, 0, 0 // every Feed sets them
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

// tables is the Applications of the tests.
type tables struct{}

func (tables) ByName(host string) (string, bool, bool) {
	switch {
	case strings.HasSuffix(host, "mine.example"):
		return "Mine", true, true
	case strings.HasSuffix(host, "shop.example"):
		return "Shop", false, true
	}
	return "", false, false
}

func (tables) ByAddress(a netip.Addr) (string, bool, bool) {
	switch a.String() {
	case "192.0.2.1":
		return "Cloud", false, true
	case "192.0.2.3":
		return "CHAT", false, true
	case "192.0.2.2":
		return "Own", true, true
	}
	return "", false, false
}

func (tables) UserNetworks() bool { return true }

func (tables) Category(app string) (string, bool) {
	if app == "Shop" {
		return "Shopping", true
	}
	return "", false
}
func (tables) Names() []string { return []string{"Cloud", "Mine", "Own", "Shop"} }

func TestResolve(t *testing.T) {
	e, err := NewEngine([]*Protocol{
		{Name: "TLS", Category: "Web", Transport: TCP, Ports: []uint16{443}},
		{Name: "GAME", Transport: TCP, Ports: []uint16{4430}, AlsoPorts: []uint16{50001}, Recognise: echo("GAME")},
		{Name: "PING", IPProtocols: []uint8{1}},
		{Name: "TUNNEL", Transport: UDP, Owners: map[string]string{"Cloud": "Shop", "CHAT": "CHAT"}},
		{Name: "CHAT", Transport: TCP, Recognise: echo("CHAT")},
		{Name: "WEB", Transport: TCP, Forms: []string{"Cloud"}},
		{Name: "LEASE", Transport: UDP, OwnName: true},
		{Name: "DATA", Transport: TCP, NoGuess: true, Ports: []uint16{20}},
	}, Config{Applications: tables{}, Ports: []PortRule{{TCP, 9100, "Printer"}}})
	if err != nil {
		t.Fatal(err)
	}
	tls := Label{Master: e.id("TLS"), Confidence: ByPayload}
	host := func(s string) netip.Addr { return netip.MustParseAddr(s) }
	learned := func(name string) func(_, _ netip.Addr) string { return func(_, _ netip.Addr) string { return name } }
	tests := []struct {
		name    string
		flow    Evidence
		want    string
		by      Confidence
		swapped bool
	}{
		{"nothing is known", Evidence{DstPort: 1}, "Unknown", ByNothing, false},
		{"guess by port", Evidence{SrcPort: 40000, DstPort: 443}, "TLS", ByPort, false},
		{"guess by the source's port turns the flow round", Evidence{SrcPort: 443, DstPort: 40000}, "TLS", ByPort, true},
		{"also towards a port that some server has", Evidence{SrcPort: 443, DstPort: 4430}, "TLS", ByPort, true},
		{"but not towards many", Evidence{SrcPort: 443, DstPort: 40000, Group: true}, "TLS", ByPort, false},
		{"but not where a SYN told", Evidence{SrcPort: 443, DstPort: 40000, Certain: true}, "TLS", ByPort, false},
		{"from the middle, on a port that some server has", Evidence{Label: tls, SrcPort: 4430, DstPort: 40000}, "TLS", ByPayload, true},
		{"not towards another server's", Evidence{Label: tls, SrcPort: 4430, DstPort: 50001}, "TLS", ByPayload, false},
		{"nor below the ports of clients", Evidence{Label: tls, SrcPort: 4430, DstPort: 32767}, "TLS", ByPayload, false},
		{"nor from a port that none has", Evidence{Label: tls, SrcPort: 4431, DstPort: 40000}, "TLS", ByPayload, false},
		{"nor where a SYN told otherwise", Evidence{Label: tls, SrcPort: 4430, DstPort: 40000, Certain: true}, "TLS", ByPayload, false},
		{"nor towards a port that no client has", Evidence{SrcPort: 443, DstPort: 80}, "TLS", ByPort, false},
		{"no guess where the protocol forbids it", Evidence{DstPort: 20}, "Unknown", ByNothing, false},
		{"host's name", Evidence{Label: tls, Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Shop", ByPayload, false},
		{"a client's own name", Evidence{Label: Label{Master: e.id("LEASE"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "LEASE", ByPayload, false},
		{"user's name wins", Evidence{Label: tls, Info: Found{ServerName: "a.mine.example"}.Info()}, "TLS.Mine", ByUser, false},
		{"name learned from DNS", Evidence{Label: tls, Learned: learned("www.shop.example")}, "TLS.Shop", ByCache, false},
		{"the flow's own name wins over a learned one", Evidence{Label: tls, Info: Found{ServerName: "other.example"}.Info(), Learned: learned("www.shop.example")}, "TLS", ByPayload, false},
		{"user's network wins over the name", Evidence{Label: tls, Dst: host("192.0.2.2"), Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Own", ByUser, false},
		{"owner of the address where nothing says more", Evidence{Dst: host("192.0.2.1"), DstPort: 1}, "Cloud", ByAddress, false},
		{"not for a protocol that any host answers", Evidence{Label: Label{Master: e.id("PING"), Confidence: ByPayload}, Dst: host("192.0.2.1")}, "PING", ByPayload, false},
		{"which a name from DNS does name", Evidence{Label: Label{Master: e.id("PING"), Confidence: ByPayload}, Learned: learned("www.shop.example")}, "PING.Shop", ByCache, false},
		{"what the owner stands for", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1")}, "TUNNEL.Shop", ByPayload, false},
		{"unless the name is another's", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1"), Info: Found{ServerName: "other.example"}.Info()}, "TUNNEL", ByPayload, false},
		{"or no host's", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1"), Info: Found{ServerName: "WebRTC"}.Info()}, "TUNNEL.Shop", ByPayload, false},
		{"host's name wins over the form of what it sends", Evidence{Label: Label{Master: e.id("WEB"), App: e.id("Cloud"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "WEB.Shop", ByPayload, false},
		{"but not over an application", Evidence{Label: Label{Master: e.id("TLS"), App: e.id("Cloud"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Cloud", ByPayload, false},
		{"a payload that is not the port's protocol", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Label: refuted, Certain: true}, "Unknown", ByNothing, false},
		{"nor that of its sender's", Evidence{SrcPort: 443, DstPort: 40000, Label: refuted}, "Unknown", ByNothing, true},
		{"but a name from DNS tells the application", Evidence{DstPort: 443, Label: refuted, Learned: learned("www.shop.example")}, "Shop", ByCache, false},
		{"and an earlier flow the protocol", Evidence{DstPort: 443, Label: refuted, Expected: "DATA"}, "DATA", ByCache, false},
		{"and an owner with a protocol of his own", Evidence{Dst: host("192.0.2.3"), DstPort: 443, Label: refuted, Certain: true}, "CHAT", ByAddress, false},
		{"a SYN without an answer", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Certain: true, Unanswered: true, Learned: learned("www.shop.example")}, "Unknown", ByNothing, false},
		{"whose port the user has named", Evidence{DstPort: 9100, Certain: true, Unanswered: true}, "Printer", ByUser, false},
		{"or whose network", Evidence{Dst: host("192.0.2.2"), DstPort: 443, Certain: true, Unanswered: true}, "Own", ByUser, false},
		{"in the middle of a stream it may well be", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Unread: true}, "TLS", ByPort, false},
		{"unless the owner has a protocol of his own", Evidence{Dst: host("192.0.2.3"), DstPort: 443, Unread: true}, "CHAT", ByAddress, false},
		{"where the port says nothing, nothing is known of a payload", Evidence{Dst: host("192.0.2.1"), DstPort: 1, Unread: true}, "Unknown", ByNothing, false},
		{"without payload the port says more", Evidence{Dst: host("192.0.2.1"), DstPort: 443}, "TLS", ByPort, false},
		{"announced protocol", Evidence{DstPort: 40000, Expected: "DATA"}, "DATA", ByCache, false},
		{"announced application", Evidence{Label: tls, Expected: "Shop"}, "TLS.Shop", ByCache, false},
		{"announced protocol that goes through another", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Expected: "CHAT"}, "TUNNEL.CHAT", ByCache, false},
		{"announced protocol does not change a label", Evidence{Label: tls, Expected: "DATA"}, "TLS", ByPayload, false},
		{"user's port wins", Evidence{Label: tls, DstPort: 9100, Info: Found{ServerName: "www.shop.example"}.Info()}, "Printer", ByUser, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.flow
			f.Transport = TCP
			r := e.Resolve(&f)
			if got := e.LabelText(r.Label); got != tc.want || r.Label.Confidence != tc.by || r.Swapped != tc.swapped {
				t.Errorf("%s by %d, swapped %v; want %s by %d, swapped %v", got, r.Label.Confidence, r.Swapped, tc.want, tc.by, tc.swapped)
			}
		})
	}
	if got := e.Category(Label{Master: tls.Master, App: e.id("Shop")}); got != "Shopping" {
		t.Errorf("category of TLS.Shop is %s", got)
	}
	if got := e.Category(Label{Master: tls.Master, App: e.id("Cloud")}); got != "Web" {
		t.Errorf("category of TLS.Cloud is %s", got)
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

func TestAlsoPorts(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "FIRST", Transport: TCP, Recognise: echo("HI")},
		&Protocol{Name: "SECOND", Transport: TCP, TCPPorts: []uint16{7}, AlsoPorts: []uint16{9}, Recognise: echo("HI")},
	)
	type answer struct {
		fits, server bool
		guess        string
	}
	for _, test := range []struct {
		port uint16
		want answer
	}{
		{7, answer{true, true, "SECOND"}},
		{9, answer{true, true, "Unknown"}},
		{8, answer{false, false, "Unknown"}},
	} {
		l := e.Resolve(&Evidence{Transport: TCP, SrcPort: 40000, DstPort: test.port}).Label
		second := Label{Master: e.id("SECOND")}
		got := answer{len(e.fit(TCP, test.port)) > 0, e.IsServerPort(second, test.port), e.LabelText(l)}
		if got != test.want {
			t.Errorf("port %d: %+v, want %+v", test.port, got, test.want)
		}
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
