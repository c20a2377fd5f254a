package flows

import (
	"slices"
	"testing"

	"servmap/flows/decode"
	"servmap/pcapio"
)

// at returns the packet that packetOf builds, at a time in nanoseconds.
func at(t testing.TB, time int64, ends, flags, payload string) pcapio.Packet {
	data := packetOf(t, ends, flags, 1, payload)
	return pcapio.Packet{Time: time, Data: data, OrigLen: len(data), Link: pcapio.LinkRaw}
}

// TestBoundsOfTime tries the last instant at which a packet still belongs to a flow, or continues
// one that is remembered, and the first at which it does not.
func TestBoundsOfTime(t *testing.T) {
	const s = int64(1e9)
	other := "10.0.0.7:1>10.0.0.8:2"
	tests := []struct {
		name    string
		packets []pcapio.Packet
		want    []string
	}{
		{"ten seconds after its end a flow takes older packets", []pcapio.Packet{
			at(t, s, there, "u", "x"), at(t, 131*s, other, "u", "x"), at(t, 2*s, there, "u", "x"),
		}, []string{"#1 1-2 10.0.0.1:40000>192.0.2.9:5000 2/0 Unknown", "#2 131-131 10.0.0.7:1>10.0.0.8:2 1/0 Unknown"}},
		{"later it does not", []pcapio.Packet{
			at(t, s, there, "u", "x"), at(t, 131*s+1, other, "u", "x"), at(t, 2*s, there, "u", "x"),
		}, []string{"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown", "#3 2-2 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown", "#2 131.000000001-131.000000001 10.0.0.7:1>10.0.0.8:2 1/0 Unknown"}},
		{"within an hour of its end a conversation goes on", []pcapio.Packet{
			at(t, s, there, "A", "HELLO"), at(t, s, back, "A", "HELLO"), at(t, 3721*s-1, back, "A", ""),
		}, []string{"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 3720.999999999-3720.999999999 10.0.0.1:40000>192.0.2.9:5000 0/1 HELLO"}},
		{"after an hour it does not", []pcapio.Packet{
			at(t, s, there, "A", "HELLO"), at(t, s, back, "A", "HELLO"), at(t, 3721*s, back, "A", ""),
		}, []string{"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/1 HELLO", "#3 3721-3721 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown"}},
		{"for five seconds a closed flow takes packets", []pcapio.Packet{
			at(t, s, there, "S", ""), at(t, s, back, "R", ""), at(t, 6*s-1, back, "A", ""),
		}, []string{"#1 1-5.999999999 10.0.0.1:40000>192.0.2.9:5000 1/2 Unknown"}},
		{"then it does not", []pcapio.Packet{
			at(t, s, there, "S", ""), at(t, s, back, "R", ""), at(t, 6*s, back, "A", ""),
		}, []string{"#1 1-1 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown", "#3 6-6 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := lines(t, &memory{packets: test.packets}, defaults()); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestEvictedShare fills a partition that has room for 240 flows. Each flow that finds it full ends
// a sixteenth of them: the fifteen that have been idle longest.
func TestEvictedShare(t *testing.T) {
	opt := defaults()
	opt.MaxFlows = 240 * partitions
	s := emptyTable(testEngine(t), &opt)
	next := inPartition()
	want := map[int]uint64{240: 0, 241: 15, 255: 15, 256: 30}
	var first [16]byte
	for n := 1; n <= 256; n++ {
		d := decode.Packet{Number: uint64(n), Time: int64(n), OrigLen: 60, Kind: decode.IP, Version: 4, Dst: [16]byte{192, 0, 2, 1}, SrcPort: 40000, DstPort: 5000, Protocol: protoUDP}
		next(&d)
		if n == 1 {
			first = d.Src
		}
		if n == 241 { // the very first has another packet: it is not idle
			again := d
			again.Src, again.Number = first, 1000
			s.put(&again, d.Time, 0, nil)
		}
		s.put(&d, d.Time, 0, nil)
		if most, ok := want[n]; ok && s.shard.evicted != most {
			t.Errorf("%d evicted after %d flows, want %d", s.shard.evicted, n, most)
		}
		if n == 241 {
			if e := s.shard.left; len(e) != 15 || e[0].Number() != 2 || e[14].Number() != 16 || e[0].end != int64(n)-10*int64(1e9) {
				t.Errorf("evicted %+v, want flows 2 to 16 at ten seconds before", e)
			}
		}
	}
}

// TestFlowsOfOneKey opens and resets a connection more often within the grace time than flows of a
// key are found. Each connection is a flow, and a late packet goes to the flow of its time if that
// is among the eight newest.
func TestFlowsOfOneKey(t *testing.T) {
	const s, opened = int64(1e9), 12
	for late, want := range map[int]int{0: 4, 3: 4, 4: 4, 5: 5, 8: 8, 11: 11} {
		m := &memory{}
		for n := range opened {
			m.packets = append(m.packets, at(t, s+int64(n)*s/10, there, "S", ""), at(t, s+int64(n)*s/10+1e6, back, "R", ""))
		}
		m.packets = append(m.packets, at(t, s+int64(late)*s/10+2e6, back, "A", ""))
		for _, workers := range []int{1, 2} {
			opt := defaults()
			opt.Workers, m.next = workers, 0
			got, st, err := all(m, testEngine(t), opt)
			if err != nil || len(got) != opened || st.Late != 0 {
				t.Fatalf("%d flows, %d late, %v; want %d", len(got), st.Late, err, opened)
			}
			for n := range got {
				packets := uint64(2)
				if n == want {
					packets = 3
				}
				if got[n].Number != uint64(2*n+1) || got[n].Packets() != packets {
					t.Errorf("late packet of flow %d: flow %d has number %d and %d packets, want %d", late, n, got[n].Number, got[n].Packets(), packets)
				}
			}
		}
	}
}

// TestSYNAfterItsAnswer has a SYN come after its answer: both are in one flow. Another SYN begins a
// flow.
func TestSYNAfterItsAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer string
		ack    byte // the SYN's number is 1
		want   []string
	}{
		{"reset", "RA", 2, []string{"#1 1-1.0002 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown"}},
		{"SYN and ACK", "SA", 2, []string{"#1 1-1.0002 10.0.0.1:40000>192.0.2.9:5000 1/1 Unknown"}},
		{"reset of another", "RA", 3, []string{"#1 1-1 192.0.2.9:5000>10.0.0.1:40000 1/0 Unknown", "#2 1.0002-1.0002 10.0.0.1:40000>192.0.2.9:5000 1/0 Unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := at(t, 1e9, back, test.answer, "")
			answer.Data[31] = test.ack
			got, _ := lines(t, &memory{packets: []pcapio.Packet{answer, at(t, 1e9+2e5, there, "S", "")}}, defaults())
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
