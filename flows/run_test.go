package flows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/flows/decode"
	"servmap/pcapio"
)

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
		{"a reset long after the close keeps source and label",
			[]step{{1, there, "S", ""}, {2, there, "A", "HELLO"}, {3, there, "FA", ""}, {4, back, "FA", ""}, {64, back, "RA", ""}},
			[]string{"#1 1-4 10.0.0.1:40000>192.0.2.9:5000 3/1 HELLO", "#5 64-64 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO"}},
		{"a forged reset changes nothing for who goes on",
			[]step{{1, there, "S", ""}, {2, there, "A", "HELLO"}, {3, back, "R", ""}, {60, back, "A", "?"}, {61, there, "A", "?"}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 2/1 HELLO", "#4 60-61 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO"}},
		{"a side that was not closed goes on",
			[]step{{1, there, "S", ""}, {2, there, "A", "HELLO"}, {3, there, "FA", ""}, {150, back, "A", "?"}, {300, back, "FA", ""}},
			[]string{"#1 1-3 10.0.0.1:40000>192.0.2.9:5000 3/0 HELLO", "#4 150-150 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO", "#5 300-300 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO"}},
		{"a SYN that is older than the closed flow opened it",
			[]step{{1, back, "SA", ""}, {2, there, "A", "HELLO"}, {3, there, "FA", ""}, {4, back, "FA", ""}, {0.9, there, "S", ""}},
			[]string{"#1 0.9-4 10.0.0.1:40000>192.0.2.9:5000 3/2 HELLO"}},
		{"where the clock is set back, flows end by their own gaps",
			[]step{{1000, other, "u", "x"}, {1, there, "u", "x"}, {2, back, "u", "x"}, {200, there, "u", "x"}, {201, back, "u", "x"}},
			[]string{"#2 1-2 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown", "#4 200-201 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown", "#1 1000-1000 10.0.0.7:1111>10.0.0.8:2222 1/0 Unknown"}},
		{"a clock that is set back divides a flow, which keeps source and label",
			[]step{{5000, there, "A", "HELLO"}, {5001, back, "A", "?"}, {1000, back, "A", "?"}, {1001, there, "A", "?"}},
			[]string{"#1 5000-5001 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 1000-1001 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO"}},
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
			t.Parallel()
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
