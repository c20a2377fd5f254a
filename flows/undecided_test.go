package flows

import (
	"context"
	"io"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// TestGivesUp gives up the oldest undecided flows where too many wait, and counts them. The others
// are recognised all the same.
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
		most    int // flows of a partition that can wait at once
	}{
		{"too many flows", "x", maxUndecided},
		{"too many bytes", strings.Repeat("x", long), maxHeld / long},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := &flood{packet: packetOf(t, "10.0.0.1:40000>192.0.2.1:5000", "u", 0, test.payload)}
			next := inPartition()
			for range 2 * test.most {
				d := decode.Packet{Version: 4, Dst: [16]byte{192, 0, 2, 1}, SrcPort: 40000, DstPort: 5000, Protocol: protoUDP}
				next(&d)
				src.clients = append(src.clients, [4]byte(d.Src[:4]))
			}
			t.Parallel()
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
	packet  []byte
	clients [][4]byte
	n       int
}

func (f *flood) Next(p *pcapio.Packet) error {
	if f.n == 2*len(f.clients) {
		return io.EOF
	}
	copy(f.packet[12:16], f.clients[f.n%len(f.clients)][:])
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
