package flows

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// fragile is a protocol whose recogniser panics: at the payload BREAK, and at the payload after
// LATER.
var fragile = &classify.Protocol{
	Name: "FRAGILE", Transport: classify.TCP | classify.UDP, Ports: []uint16{5001},
	Recognise: func(p *classify.Probe) classify.Outcome {
		switch {
		case string(p.Payload) == "BREAK", len(p.History()) > 1 && string(p.History()[0].Data) == "LATER":
			var none []byte
			return classify.Outcome(none[len(p.Payload)])
		case string(p.Payload) == "LATER":
			return classify.NeedMore
		}
		return classify.Never
	},
}

// withFragile returns an engine with the protocol of the tests and the fragile one.
func withFragile(t testing.TB) *classify.Engine {
	t.Helper()
	e, err := classify.NewEngine([]*classify.Protocol{fragile, speaks}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// all runs the source and returns its flows.
func all(src pcapio.Source, e *classify.Engine, opt Options) ([]Flow, Stats, error) {
	var out []Flow
	st, err := Run(context.Background(), src, e, opt, func(f *Flow) error {
		out = append(out, *f)
		return nil
	})
	return out, st, err
}

// TestRecogniserPanics makes the flow Unknown at whose payload a recogniser panics, counts the
// packet, and leaves every other flow as it was.
func TestRecogniserPanics(t *testing.T) {
	base := meetings(t, rand.New(rand.NewPCG(5, 6)), 2000)
	src := func() *memory {
		m := &memory{}
		for n, p := range base.packets {
			p.File = n / 100
			m.packets = append(m.packets, p)
			switch n {
			case 250, 251, 900:
				for _, s := range []string{"LATER", "BREAK"} {
					data := packetOf(t, "10.0.7.7:7>10.0.7.8:5001", "u", 0, s)
					m.packets = append(m.packets, pcapio.Packet{Time: p.Time, Data: data, OrigLen: len(data), Link: pcapio.LinkRaw, File: n / 100})
				}
			}
		}
		return m
	}
	want, _, err := all(src(), testEngine(t), defaults())
	if err != nil {
		t.Fatal(err)
	}
	opt := defaults()
	opt.Recover = true
	for _, workers := range []int{1, 3} {
		opt.Workers = workers
		got, st, err := all(src(), withFragile(t), opt)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: other flows than without the protocol", workers)
		}
		f := st.FirstFailure
		if st.Failed == 0 || f == nil {
			t.Fatalf("%d workers: %d failures counted, the first %v", workers, st.Failed, f)
		}
		if f.Packet != 253 || f.File != 2 || !strings.Contains(f.Reason, "index out of range") || len(f.Stack) == 0 || !strings.Contains(f.Stack[0], "failure_test.go:") {
			t.Errorf("%d workers: first failure %+v, want packet 253 of file 2, in this file", workers, f)
		}
	}
}

// TestFilterPanics leaves out and counts the packets that the filter panics at, held fragments
// among them.
func TestFilterPanics(t *testing.T) {
	part := func(flags, offset byte) []byte {
		ip := packetOf(t, "10.0.0.1:1000>10.0.0.2:53", "u", 0, "12345678")
		ip[6], ip[7] = flags, offset
		return ip
	}
	m := &memory{}
	for n, data := range [][]byte{
		packetOf(t, there, "u", 0, "x"), part(0, 2), part(0, 3), part(0x20, 0), packetOf(t, there, "u", 0, "x"), part(0, 4), {0x45}, part(0, 5),
		packetOf(t, back, "u", 0, "x"), packetOf6(packetOf(t, there, "u", 0, "x"), false),
	} {
		m.packets = append(m.packets, pcapio.Packet{Time: int64(n), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
	}
	for _, workers := range []int{1, 3} {
		opt := defaults()
		opt.Workers, opt.Recover = workers, true
		opt.Filter = func(p *decode.Packet) bool {
			if p.Number == 2 || p.Number == 5 || p.Number == 7 || p.Number == 10 {
				panic("no")
			}
			return true
		}
		m.next = 0
		got, st, err := all(m, testEngine(t), opt)
		if err != nil {
			t.Fatal(err)
		}
		var packets uint64
		for _, f := range got {
			packets += f.Packets()
		}
		if st.Packets != 10 || st.Failed != 4 || packets != 6 || st.FirstFailure.Packet != 2 || st.FirstFailure.Reason != "no" {
			t.Errorf("%d workers: %d failed of %d, %d in flows, first %+v; want 4 of 10, 6, packet 2", workers, st.Failed, st.Packets, packets, st.FirstFailure)
		}
	}
}

// TestDecoderPanics counts a frame that the decoder panics at, and the fragments that were held.
func TestDecoderPanics(t *testing.T) {
	opt := defaults()
	opt.Recover = true
	in := newCapture(&opt, testEngine(t), newMerger(testEngine(t), func(*Flow) error { return nil }))
	later := packetOf(t, there, "u", 0, "12345678")
	later[7] = 2
	whole := packetOf(t, there, "u", 0, "x")
	m := &memory{}
	for n, data := range [][]byte{later, whole, whole, whole} {
		m.packets = append(m.packets, pcapio.Packet{Time: int64(n), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
	}
	// No frame is known at which the decoder panics. One that points at no memory makes it panic.
	*(*[3]uintptr)(unsafe.Pointer(&m.packets[2].Data)) = [3]uintptr{0, 60, 60}
	st, err := in.run(context.Background(), m, in.merge())
	if err != nil {
		t.Fatal(err)
	}
	if st.Packets != 4 || st.Decode.Packets != 4 || st.Failed != 1 || st.FirstFailure.Packet != 3 || st.Decode.FragmentsLost != 1 || st.Flows != 1 {
		t.Errorf("%+v, first %+v", st, st.FirstFailure)
	}
}

// meddling calls do before each packet of m, with its number.
type meddling struct {
	*memory
	do func(n int)
}

func (m *meddling) Next(p *pcapio.Packet) error {
	m.do(m.next + 1)
	return m.memory.Next(p)
}

// TestOtherPanicsEndTheRun returns a Fault where anything else panics, in any goroutine, and waits
// until all goroutines have ended.
func TestOtherPanicsEndTheRun(t *testing.T) {
	packets := meetings(t, rand.New(rand.NewPCG(5, 6)), 20000).packets
	boom := func() { panic("boom") }
	tests := []struct {
		name string
		src  func(*capture) pcapio.Source
		emit func(*Flow) error
	}{
		{"source", func(*capture) pcapio.Source {
			return &meddling{&memory{packets: packets}, func(n int) {
				if n == 5000 {
					boom()
				}
			}}
		}, func(*Flow) error { return nil }},
		{"emit", func(*capture) pcapio.Source { return &memory{packets: packets} }, func(f *Flow) error { boom(); return nil }},
		{"table", func(in *capture) pcapio.Source {
			for _, s := range shardsOf(in.router) {
				s.engine = nil // what begins a flow asks it
			}
			return &memory{packets: packets}
		}, func(*Flow) error { return nil }},
		{"merge", func(in *capture) pcapio.Source {
			in.merge().engine = nil
			return &memory{packets: packets}
		}, func(*Flow) error { return nil }},
	}
	for _, test := range tests {
		for _, workers := range []int{1, 3} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				opt := defaults()
				opt.Workers, opt.Recover = workers, true
				e := testEngine(t)
				merge := newMerger(e, test.emit)
				in := newCapture(&opt, e, merge)
				_, err := in.run(context.Background(), test.src(in), merge)
				var fault *Fault
				if !errors.As(err, &fault) || len(fault.Stack) == 0 || fault.Error() == "" {
					t.Fatalf("%d workers: error %v, want a fault", workers, err)
				}
				if p, ok := in.router.(*parallel); ok {
					<-p.done
				}
			})
		}
	}
}

// merge returns the merger of the router.
func (in *capture) merge() *merger {
	if p, ok := in.router.(*parallel); ok {
		return p.merge
	}
	return in.router.(*serial).merge
}

// TestPanicsWithoutRecover lets a panic through, so that tests and fuzzing see it.
func TestPanicsWithoutRecover(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, _, _ = all(source(t, []step{{1, there, "u", "BREAK"}}), withFragile(t), defaults())
}
