package flows

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// packetOf builds a raw IP packet from "src:port>dst:port", flags and a
// payload. Flags are letters of S, A, F, R for TCP; "u" makes it UDP, "i" an
// ICMP echo and "o" its reply.
func packetOf(t testing.TB, ends, flags string, seq uint32, payload string) []byte {
	t.Helper()
	from, to, ok := strings.Cut(ends, ">")
	if !ok {
		t.Fatalf("no > in %q", ends)
	}
	src, dst := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	var head []byte
	proto := byte(protoTCP)
	switch {
	case flags == "i", flags == "o":
		proto = 1
		head = []byte{8, 0, 0, 0, 0, 1, 0, 1}
		if flags == "o" {
			head[0] = 0
		}
	case flags == "u":
		proto = protoUDP
		head = make([]byte, 8)
		binary.BigEndian.PutUint16(head[4:], uint16(8+len(payload)))
	default:
		head = make([]byte, 20)
		head[12] = 5 << 4
		binary.BigEndian.PutUint32(head[4:], seq)
		for i, bit := range map[byte]byte{'F': tcpFIN, 'S': tcpSYN, 'R': tcpRST, 'A': tcpACK} {
			if strings.IndexByte(flags, i) >= 0 {
				head[13] |= bit
			}
		}
	}
	if proto != 1 {
		binary.BigEndian.PutUint16(head, src.Port())
		binary.BigEndian.PutUint16(head[2:], dst.Port())
	}
	ip := make([]byte, 20)
	ip[0], ip[8], ip[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(head)+len(payload)))
	copy(ip[12:], src.Addr().AsSlice())
	copy(ip[16:], dst.Addr().AsSlice())
	return slices.Concat(ip, head, []byte(payload))
}

// step is one packet of a scenario.
type step struct {
	at      float64 // seconds
	ends    string
	flags   string
	payload string
}

const (
	client = "10.0.0.1:40000"
	server = "192.0.2.9:5000"
	there  = client + ">" + server
	back   = server + ">" + client
)

type memory struct {
	packets []pcapio.Packet
	next    int
}

func (m *memory) Next(p *pcapio.Packet) error {
	if m.next == len(m.packets) {
		return io.EOF
	}
	*p = m.packets[m.next]
	m.next++
	p.Number = uint64(m.next)
	return nil
}

func source(t testing.TB, steps []step) *memory {
	m := &memory{}
	for _, s := range steps {
		seq := uint32(2)
		if strings.Contains(s.flags, "S") {
			seq = 1
		}
		data := packetOf(t, s.ends, s.flags, seq, s.payload)
		m.packets = append(m.packets, pcapio.Packet{
			Time: int64(s.at * 1e9), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw,
		})
	}
	return m
}

// speaks is a protocol of the tests: it says HELLO.
var speaks = &classify.Protocol{
	Name: "HELLO", Category: "Network", Transport: classify.TCP | classify.UDP, Ports: []uint16{5000}, NoGuess: true,
	Recognise: func(p *classify.Probe) classify.Outcome {
		switch string(p.Payload) {
		case "WELCOME":
			p.ClientIs(classify.Server)
			return classify.Match
		case "HELLO":
			return classify.Match
		}
		return classify.Never
	},
}

func testEngine(t testing.TB) *classify.Engine {
	t.Helper()
	e, err := classify.NewEngine([]*classify.Protocol{speaks}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lines runs the source and prints a line a flow: number, first and last time
// in seconds, endpoints, packets each way, label.
func lines(t testing.TB, src pcapio.Source, opt Options) ([]string, Stats) {
	t.Helper()
	var out []string
	st, err := Run(context.Background(), src, testEngine(t), opt, func(f *Flow) error {
		mark := ""
		if f.Expiration == ExpiredActive {
			mark = " active"
		}
		out = append(out, fmt.Sprintf("#%d %g-%g %s:%d>%s:%d %d/%d %s%s", f.Number,
			float64(f.First())/1e9, float64(f.Last())/1e9, f.Src, f.SrcPort, f.Dst, f.DstPort,
			f.Src2Dst.Packets, f.Dst2Src.Packets, f.Application, mark))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, st
}

func defaults() Options {
	return Options{IdleTimeout: DefaultIdleTimeout, ActiveTimeout: DefaultActiveTimeout, Workers: 1}
}

func every(from, to, gap float64, ends, flags, payload string) []step {
	var out []step
	for at := from; at <= to; at += gap {
		out = append(out, step{at, ends, flags, payload})
	}
	return out
}

func TestFlows(t *testing.T) {
	const other = "10.0.0.7:1111>10.0.0.8:2222"
	tests := []struct {
		name  string
		steps []step
		want  []string
	}{
		{"both directions are one flow",
			[]step{{1, there, "u", "x"}, {2, back, "u", "y"}, {3, there, "u", "z"}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 2/1 Unknown"}},
		{"sender of the SYN is the source",
			[]step{{1, there, "S", ""}, {2, back, "SA", ""}, {3, there, "A", "HELLO"}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 2/1 HELLO"}},
		{"receiver of a SYN+ACK is the source",
			[]step{{1, back, "SA", ""}, {2, there, "A", ""}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown"}},
		{"a SYN that comes late tells the source",
			[]step{{1, back, "A", ""}, {1.1, there, "S", ""}},
			[]string{"#1 1-1.1 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown"}},
		{"server port of the recognised protocol turns a flow round",
			[]step{{1, back, "A", "HELLO"}, {2, there, "A", "x"}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO"}},
		{"server port of an unknown flow does not",
			[]step{{1, back, "A", "?"}, {2, there, "A", "x"}},
			[]string{"#1 1-2 192.0.2.9:5000>10.0.0.1:40000 1/1 Unknown"}},
		{"a packet at the idle timeout starts a new flow",
			[]step{{1, there, "u", "x"}, {120.9, there, "u", "x"}, {240.9, there, "u", "x"}},
			[]string{"#1 1-120.9 10.0.0.1:40000>192.0.2.9:5000 2/0 Unknown", "#3 240.9-240.9 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown"}},
		{"a quiet TCP connection keeps source and label",
			[]step{{1, there, "S", ""}, {2, back, "SA", ""}, {3, there, "A", "HELLO"}, {500, back, "A", "?"}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 2/1 HELLO", "#4 500-500 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO"}},
		{"a SYN after the timeout is a new connection",
			[]step{{1, there, "A", "HELLO"}, {2, back, "A", ""}, {500, back, "S", ""}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 500-500 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown"}},
		{"after more than an hour nothing is kept",
			[]step{{1, there, "A", "HELLO"}, {2, back, "A", ""}, {3723, back, "A", ""}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 3723-3723 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown"}},
		{"UDP keeps nothing after the idle timeout",
			[]step{{1, there, "u", "HELLO"}, {2, back, "u", "x"}, {200, back, "u", "x"}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 200-200 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown"}},
		{"the active timeout cuts, and the rest keeps the label",
			append(append([]step{{0, there, "u", "HELLO"}}, every(100, 1700, 100, there, "u", "x")...), step{1800, back, "u", "x"}),
			[]string{"#1 0-1700 10.0.0.1:40000>192.0.2.9:5000 18/0 HELLO active", "#19 1800-1800 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO"}},
		{"a closed connection takes its last packets for five seconds",
			[]step{{1, there, "S", ""}, {2, there, "FA", ""}, {3, back, "FA", ""}, {4, there, "A", ""}, {9, there, "A", ""}},
			[]string{"#1 1-4 10.0.0.1:40000>192.0.2.9:5000 3/1 Unknown", "#5 9-9 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown"}},
		{"a new SYN ends a closed connection",
			[]step{{1, there, "S", ""}, {2, back, "RA", ""}, {3, there, "S", ""}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown", "#3 3-3 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown"}},
		{"an older packet still belongs to the flow that ended",
			[]step{{1, there, "u", "x"}, {121.5, there, "u", "x"}, {120, there, "u", "x"}, {122, there, "u", "x"}},
			[]string{"#1 1-120 10.0.0.1:40000>192.0.2.9:5000 2/0 Unknown", "#2 121.5-122 10.0.0.1:40000>192.0.2.9:5000 2/0 Unknown"}},
		{"order is by end, then by first packet",
			[]step{{1, "10.0.0.3:1>10.0.0.4:2", "u", "x"}, {1, "10.0.0.5:1>10.0.0.6:2", "u", "x"}, {2, "10.0.0.3:1>10.0.0.4:2", "u", "x"}, {500, other, "u", "x"}},
			[]string{"#2 1-1 10.0.0.5:1>10.0.0.6:2 1/0 Unknown", "#1 1-2 10.0.0.3:1>10.0.0.4:2 2/0 Unknown", "#4 500-500 10.0.0.7:1111>10.0.0.8:2222 1/0 Unknown"}},
		{"one damaged time ends nothing",
			[]step{{1, there, "u", "x"}, {90000, other, "u", "x"}, {2, there, "u", "x"}, {3, there, "u", "x"}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 3/0 Unknown", "#2 90000-90000 10.0.0.7:1111>10.0.0.8:2222 1/0 Unknown"}},
		{"ICMP has no ports",
			[]step{{1, "10.0.0.1:0>192.0.2.9:0", "i", "x"}, {2, "192.0.2.9:0>10.0.0.1:0", "i", "x"}},
			[]string{"#1 1-2 10.0.0.1:0>192.0.2.9:0 1/1 Unknown"}},
		{"the reply to a ping comes from its destination",
			[]step{{1, "192.0.2.9:0>10.0.0.1:0", "o", "x"}, {2, "10.0.0.1:0>192.0.2.9:0", "i", "x"}},
			[]string{"#1 1-2 10.0.0.1:0>192.0.2.9:0 1/1 Unknown"}},
		{"what only a server says turns a flow round",
			[]step{{1, "192.0.2.9:7>10.0.0.1:7", "u", "WELCOME"}},
			[]string{"#1 1-1 10.0.0.1:7>192.0.2.9:7 0/1 HELLO"}},
		{"but not where it is said to all",
			[]step{{1, "192.0.2.9:7>255.255.255.255:7", "u", "WELCOME"}},
			[]string{"#1 1-1 192.0.2.9:7>255.255.255.255:7 1/0 HELLO"}},
		{"a broadcast address opens nothing",
			[]step{{1, "192.0.2.9:5000>255.255.255.255:40000", "u", "HELLO"}},
			[]string{"#1 1-1 192.0.2.9:5000>255.255.255.255:40000 1/0 HELLO"}},
		{"nor does a multicast address",
			[]step{{1, "192.0.2.9:5000>224.0.0.9:40000", "u", "HELLO"}},
			[]string{"#1 1-1 192.0.2.9:5000>224.0.0.9:40000 1/0 HELLO"}},
		{"a quiet TCP connection keeps its source, recognised or not",
			[]step{{1, back, "SA", ""}, {2, back, "A", "?"}, {500, back, "A", "?"}},
			[]string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 0/2 Unknown", "#3 500-500 10.0.0.1:40000>192.0.2.9:5000 0/1 Unknown"}},
		{"and whoever speaks next",
			[]step{{1, there, "A", "?"}, {500, back, "A", "?"}},
			[]string{"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown", "#2 500-500 10.0.0.1:40000>192.0.2.9:5000 0/1 Unknown"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, _ := lines(t, source(t, tc.steps), defaults())
			if !slices.Equal(got, tc.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
		})
	}
}

// TestAddressesOfTheLinkAreThePacketsOwn has flows with hardware addresses and
// without in one input.
func TestAddressesOfTheLinkAreThePacketsOwn(t *testing.T) {
	src := source(t, []step{{1, there, "u", "x"}, {2, "10.0.0.7:1>10.0.0.8:2", "u", "x"}, {3, "10.0.0.7:3>10.0.0.8:4", "u", "x"}})
	frame := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}
	src.packets[0].Data, src.packets[0].Link = append(frame, src.packets[0].Data...), pcapio.LinkEthernet
	want := []string{"02:00:00:00:00:01 true", "00:00:00:00:00:00 false", "00:00:00:00:00:00 false"}
	for _, workers := range []int{1, 2} {
		src.next = 0
		opt := defaults()
		opt.Workers = workers
		var got []string
		_, err := Run(context.Background(), src, testEngine(t), opt, func(f *Flow) error {
			got = append(got, fmt.Sprintf("%s %t", net.HardwareAddr(f.SrcMAC[:]), f.HasMAC))
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d workers: %q, %v, want %q", workers, got, err, want)
		}
	}
}

// TestLate counts a packet whose flow is long gone, and hands it out in order.
func TestLate(t *testing.T) {
	src := source(t, []step{{1, there, "u", "x"}, {1000, "10.0.0.7:1>10.0.0.8:2", "u", "x"}, {1001, "10.0.0.7:1>10.0.0.8:2", "u", "x"}, {2, there, "u", "x"}})
	got, st := lines(t, src, defaults())
	want := []string{
		"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown",
		"#4 2-2 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown",
		"#2 1000-1001 10.0.0.7:1>10.0.0.8:2 2/0 Unknown",
	}
	if !slices.Equal(got, want) || st.Late != 1 {
		t.Errorf("late %d, got\n  %s", st.Late, strings.Join(got, "\n  "))
	}
}

// randomTraffic is some thousand packets of a few hundred conversations, not
// quite in order, over enough time for every timeout.
func randomTraffic(t testing.TB, seed uint64, packets int) *memory {
	r := rand.New(rand.NewPCG(seed, 1))
	var steps []step
	at := 1000.0
	for range packets {
		at += r.ExpFloat64()
		if r.IntN(500) == 0 {
			at += 400
		}
		ends := fmt.Sprintf("10.0.0.%d:%d>192.0.2.%d:%d", r.IntN(6), 40000+r.IntN(8), r.IntN(6), 5000+r.IntN(2))
		if r.IntN(2) == 0 {
			from, to, _ := strings.Cut(ends, ">")
			ends = to + ">" + from
		}
		flags := []string{"u", "u", "S", "SA", "A", "A", "A", "A", "FA", "R"}[r.IntN(10)]
		payload := []string{"", "x", "HELLO"}[r.IntN(3)]
		jitter := 0.0
		if r.IntN(10) == 0 {
			jitter = -r.Float64() * 30
		}
		steps = append(steps, step{at + jitter, ends, flags, payload})
	}
	return source(t, steps)
}

// TestWorkers gives the same flows in the same order for any number of
// workers, with and without a limit on flows.
func TestWorkers(t *testing.T) {
	for _, limit := range []int{0, 256} {
		for seed := range uint64(4) {
			opt := defaults()
			opt.MaxFlows = limit
			want, wantStats := lines(t, randomTraffic(t, seed, 20000), opt)
			for _, workers := range []int{2, 3, 8} {
				opt.Workers = workers
				got, st := lines(t, randomTraffic(t, seed, 20000), opt)
				if !slices.Equal(got, want) {
					t.Errorf("limit %d, seed %d: %d workers give other flows than one", limit, seed, workers)
				}
				if st.Late != wantStats.Late || st.Evicted != wantStats.Evicted || st.Flows != wantStats.Flows {
					t.Errorf("limit %d, seed %d: %d workers count %+v, one %+v", limit, seed, workers, st, wantStats)
				}
			}
			if limit > 0 && wantStats.Evicted == 0 {
				t.Errorf("seed %d: the limit evicted nothing", seed)
			}
		}
	}
}

// TestOrder checks that flows come ordered by end and number, and that every
// packet is in exactly one of them.
func TestOrder(t *testing.T) {
	for seed := range uint64(8) {
		src := randomTraffic(t, seed, 10000)
		var packets uint64
		var last Flow
		opt := defaults()
		_, err := Run(context.Background(), src, testEngine(t), opt, func(f *Flow) error {
			packets += f.Packets()
			if f.End < last.End || f.End == last.End && f.Number <= last.Number {
				t.Errorf("seed %d: flow %d (end %d) after flow %d (end %d)", seed, f.Number, f.End, last.Number, last.End)
			}
			last = *f
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if packets != 10000 {
			t.Errorf("seed %d: %d packets in flows, want 10000", seed, packets)
		}
	}
}

// TestSweepsDoNotMatter compares the flows of traffic with those that are left
// when every packet is followed by so many others that the table is swept.
func TestSweepsDoNotMatter(t *testing.T) {
	plain := randomTraffic(t, 42, 3000)
	padded := &memory{}
	filler := packetOf(t, "10.9.9.9:9>10.9.9.8:9", "u", 1, "x")
	for _, p := range plain.packets {
		padded.packets = append(padded.packets, p)
		for range checkEvery {
			padded.packets = append(padded.packets, pcapio.Packet{Time: p.Time, Data: filler, OrigLen: len(filler), Link: pcapio.LinkRaw})
		}
	}
	strip := func(src pcapio.Source) (out []string) {
		all, _ := lines(t, src, defaults())
		for _, l := range all {
			if !strings.Contains(l, "10.9.9.9") {
				_, l, _ = strings.Cut(l, " ")
				out = append(out, l)
			}
		}
		return out
	}
	got, want := strip(padded), strip(plain)
	slices.Sort(got)
	slices.Sort(want)
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%d flows with sweeps after every packet, %d without; the first that differ:\n  %s\n  %s", len(got), len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d flows with sweeps after every packet, %d without", len(got), len(want))
	}
}

// TestFlowsByFile counts flows for the capture of their first packet.
func TestFlowsByFile(t *testing.T) {
	for _, workers := range []int{1, 2} {
		src := source(t, []step{{1, there, "u", "x"}, {2, "10.0.0.7:1>10.0.0.8:2", "u", "x"}, {3, there, "u", "x"}, {4, "10.0.0.7:3>10.0.0.8:4", "u", "x"}})
		for i, file := range []int{0, 2, 2, 0} {
			src.packets[i].File = file
		}
		opt := defaults()
		opt.Workers = workers
		_, st := lines(t, src, opt)
		if want := []uint64{2, 0, 1}; !slices.Equal(st.FlowsByFile, want) {
			t.Errorf("%d workers: %v, want %v", workers, st.FlowsByFile, want)
		}
	}
}

// TestNeverEnds checks that a timeout of 0 means never.
func TestNeverEnds(t *testing.T) {
	opt := defaults()
	opt.IdleTimeout, opt.ActiveTimeout = 0, 0
	got, _ := lines(t, source(t, []step{{1, there, "u", "x"}, {3000, there, "u", "x"}, {6000, there, "u", "x"}, {9000, there, "u", "x"}}), opt)
	if len(got) != 1 {
		t.Errorf("got %d flows, want one: %v", len(got), got)
	}
}

// TestErrors hands the source's and the writer's errors on.
func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	for _, workers := range []int{1, 2} {
		opt := defaults()
		opt.Workers = workers
		n := 0
		_, err := Run(context.Background(), randomTraffic(t, 1, 5000), testEngine(t), opt, func(*Flow) error {
			if n++; n == 1 {
				return boom
			}
			return nil
		})
		if !errors.Is(err, boom) || n != 1 {
			t.Errorf("%d workers: emit's error is %v after %d calls", workers, err, n)
		}
		n = 0
		_, err = Run(context.Background(), broken{boom}, testEngine(t), opt, func(*Flow) error { n++; return nil })
		if !errors.Is(err, boom) || n != 0 {
			t.Errorf("%d workers: the source's error is %v", workers, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = Run(ctx, randomTraffic(t, 1, 5000), testEngine(t), opt, func(*Flow) error { n++; return nil })
		if !errors.Is(err, context.Canceled) || n == 0 {
			t.Errorf("%d workers: canceled gives %v and %d flows", workers, err, n)
		}
	}
}

type broken struct{ err error }

func (b broken) Next(*pcapio.Packet) error { return b.err }

// TestGivesUp lets go of the oldest undecided flows where too many wait, and
// counts them; the others are recognised all the same.
func TestGivesUp(t *testing.T) {
	slow := &classify.Protocol{Name: "SLOW", Transport: classify.UDP, Recognise: func(p *classify.Probe) classify.Outcome {
		if len(p.History()) < 2 {
			return classify.NeedMore
		}
		return classify.Match
	}}
	e, err := classify.NewEngine([]*classify.Protocol{slow}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const long = 1400
	for _, test := range []struct {
		name    string
		payload string
		most    int // flows that can wait at once
	}{
		{"too many flows", "x", maxUndecided * partitions},
		{"too many bytes", strings.Repeat("x", long), maxHeld / long * partitions},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := &flood{t: t, clients: uint32(2 * test.most), payload: test.payload}
			count := map[string]int{}
			st, err := Run(context.Background(), src, e, defaults(), func(f *Flow) error { count[f.Application]++; return nil })
			if err != nil {
				t.Fatal(err)
			}
			if count["SLOW"]+count["Unknown"] != 2*test.most || uint64(count["Unknown"]) != st.GivenUp {
				t.Errorf("%v, given up %d", count, st.GivenUp)
			}
			if count["SLOW"] > test.most || count["SLOW"] < test.most/2 {
				t.Errorf("%d flows recognised, want nearly %d", count["SLOW"], test.most)
			}
		})
	}
}

// flood sends one datagram of every client, then a second one of each.
type flood struct {
	t       testing.TB
	clients uint32
	payload string
	n       uint32
	packet  []byte
}

func (f *flood) Next(p *pcapio.Packet) error {
	if f.n == 2*f.clients {
		return io.EOF
	}
	if f.packet == nil {
		f.packet = packetOf(f.t, there, "u", 0, f.payload)
	}
	binary.BigEndian.PutUint32(f.packet[12:], 10<<24|f.n%f.clients)
	f.n++
	*p = pcapio.Packet{Time: int64(f.n) * 1e4, Data: f.packet, OrigLen: len(f.packet), Link: pcapio.LinkRaw}
	return nil
}

// TestGoneFlowsAreNotGivenUp fills a partition with undecided flows twice, the second time when
// those of the first are gone: whether the table was swept meanwhile or not, there is
// room, also where both turns together would keep more bytes than may be.
func TestGoneFlowsAreNotGivenUp(t *testing.T) {
	slow := &classify.Protocol{Name: "SLOW", Transport: classify.UDP, Recognise: func(*classify.Probe) classify.Outcome { return classify.NeedMore }}
	e, err := classify.NewEngine([]*classify.Protocol{slow}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ flows, bytes int }{{maxUndecided, 1}, {maxHeld / 3200, 1999}} {
		opt := defaults()
		s := emptyTable(e, &opt).shard
		p := newTracker(s, 0, 0)
		number := uint64(0)
		turn := func(at int64) {
			for range test.flows {
				number++
				k := table.Key{number << 32, 0, 1 << 63, 0, protoUDP << 24}
				p.process(&item{key: k, hash: k.Hash(), time: at, now: at, number: number, wire: 60, data: make([]byte, test.bytes), length: uint32(test.bytes)})
			}
		}
		turn(1)
		turn(int64(opt.IdleTimeout) + grace + 2*second)
		if s.givenUp != 0 || p.table.Len() != test.flows {
			t.Errorf("%+v: %d flows given up, %d live, want 0 and %d", test, s.givenUp, p.table.Len(), test.flows)
		}
		turn(int64(opt.IdleTimeout) + grace + 3*second)
		if s.givenUp == 0 {
			t.Errorf("%+v: no flows given up when there were twice as many", test)
		}
	}
}

// TestRecentIsBounded forgets the oldest of too many flows that timed out.
func TestRecentIsBounded(t *testing.T) {
	var s recent
	key := func(i int) *table.Key { return &table.Key{uint64(i)} }
	for i := range 1000 {
		s.remember(key(i), carryOver{end: int64(i) * second, anyPacket: true}, 100)
	}
	if len(s.byKey) != 100 || len(s.queue)-s.gone != 100 {
		t.Errorf("%d flows remembered in a queue of %d, want 100", len(s.byKey), len(s.queue)-s.gone)
	}
	if _, ok := s.find(key(899)); ok {
		t.Error("an old flow is still remembered")
	}
	if _, ok := s.find(key(900)); !ok {
		t.Error("a new flow is forgotten")
	}
	s.forget(950*second + rememberFor + grace + 1)
	if len(s.byKey) != 49 {
		t.Errorf("%d flows remembered after an hour, want 49", len(s.byKey))
	}
}

// TestNoAllocation checks that a packet of a known flow allocates nothing.
func TestNoAllocation(t *testing.T) {
	opt := defaults()
	in := newCapture(&opt, testEngine(t), newMerger(testEngine(t), func(*Flow) error { return nil }))
	src := source(t, []step{{1, there, "A", "HELLO"}})
	var d decode.Packet
	n := testing.AllocsPerRun(1000, func() { in.packet(&src.packets[0], &d) })
	if n != 0 {
		t.Errorf("%v allocations a packet, want 0", n)
	}
}

// slowly hands out the packets of m with a pause before the last of them, and
// at the end tells what was emitted by then.
type slowly struct {
	*memory
	pause   func() error
	emitted *int
	byEnd   int
}

func (s *slowly) Next(p *pcapio.Packet) error {
	if s.next == len(s.packets)-1 && s.pause != nil {
		pause := s.pause
		s.pause = nil
		if err := pause(); err != nil {
			return err
		}
	}
	err := s.memory.Next(p)
	if err == io.EOF {
		s.byEnd = *s.emitted
	}
	return err
}

// TestFlowsComeAsTheyEnd sees that a flow which is over does not wait for the
// end of the input, or for many packets, where packets come slowly.
func TestFlowsComeAsTheyEnd(t *testing.T) {
	const other = "10.0.0.2:1>192.0.2.9:2"
	steps := []step{{1, there, "u", "HELLO"}, {140, other, "u", "x"}, {140.5, other, "u", "x"}}
	rest := func(err error) func() error {
		return func() error {
			time.Sleep(600 * time.Millisecond)
			return err
		}
	}
	for name, pause := range map[string]func() error{"packets": rest(nil), "silence": rest(pcapio.ErrIdle)} {
		t.Run(name, func(t *testing.T) {
			late := slices.Clone(steps)
			if name == "packets" {
				late[2].at = 142
			}
			emitted := 0
			src := &slowly{memory: source(t, late), pause: pause, emitted: &emitted}
			if _, err := Run(context.Background(), src, testEngine(t), defaults(), func(*Flow) error { emitted++; return nil }); err != nil {
				t.Fatal(err)
			}
			if src.byEnd != 1 || emitted != 2 {
				t.Errorf("%d flows before the end of the input, %d in all, want 1 and 2", src.byEnd, emitted)
			}
		})
	}
}
