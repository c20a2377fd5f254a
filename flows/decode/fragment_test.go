package decode

import (
	"reflect"
	"testing"
)

// step is a packet and how it comes out.
type step struct {
	Kind             Kind
	Number           uint64
	SrcPort, DstPort uint16
	Protocol         uint8
	Orphan           bool
	Payload          string
}

func TestFirstFragmentHasDatagramLength(t *testing.T) {
	first := ip4frag(hostA, hostB, 17, 5, 0x2000, udp(1000, 53, text("0123456789abcdef"))[:16])
	got, _ := decodeOne(vector{link: 101, frame: first}, true)
	want := result(ordinary(17, 1000, 53, text("01234567")))
	want.Fragment, want.PayloadLen, want.Datagram, want.Ack = true, 16, 1, 16
	compare(t, got, want, len(first))
}

// datagram is a UDP datagram of 24 bytes in three fragments.
func datagram(id int) [3][]byte {
	whole := udp(1000, 53, text("0123456789abcdef"))
	return [3][]byte{
		ip4frag(hostA, hostB, 17, id, 0x2000, whole[:8]),
		ip4frag(hostA, hostB, 17, id, 0x2001, whole[8:16]),
		ip4frag(hostA, hostB, 17, id, 0x0002, whole[16:]),
	}
}

func fragment6(offset, more int, next byte, payload []byte) []byte {
	return ip6(hostA6, hostB6, 44, cat([]byte{next, 0}, u16(offset|more), u32(77), payload))
}

func fragmentVectors() [][]byte {
	d := datagram(5)
	return [][]byte{d[0], d[1], d[2], fragment6(0, 1, 17, udp(1000, 53, text("01234567"))), fragment6(16, 0, 17, text("x"))}
}

// run decodes packets a second apart and lists what comes out.
func run(d *Decoder, packets ...[]byte) []step {
	var out []step
	var p Packet
	for i, b := range packets {
		p.Number = uint64(i + 1)
		d.Decode(101, b, len(b), int64(i)*1e9, &p)
		out = append(out, stepOf(&p))
		for d.Next(&p) {
			out = append(out, stepOf(&p))
		}
	}
	d.Flush()
	for d.Next(&p) {
		out = append(out, stepOf(&p))
	}
	return out
}

func stepOf(p *Packet) step {
	return step{p.Kind, p.Number, p.SrcPort, p.DstPort, p.Protocol, p.Orphan, string(p.Payload)}
}

func TestFragments(t *testing.T) {
	frags, other := datagram(5), datagram(6)
	nothing := ip4(hostA, hostB, 1, text("ping"))
	outer := ip4(outerA, outerB, 17, udp(2152, 2152, gtp(0x30, plain())))
	gtpFrags := [][]byte{
		ip4frag(outerA, outerB, 17, 8, 0x2000, outer[20:68]),
		ip4frag(outerA, outerB, 17, 8, 0x0006, outer[68:]),
	}
	tests := []struct {
		name    string
		packets [][]byte
		want    []step
	}{
		{"in order", frags[:], []step{{IP, 1, 1000, 53, 17, false, ""}, {IP, 2, 1000, 53, 17, false, ""}, {IP, 3, 1000, 53, 17, false, ""}}},
		{"last first", [][]byte{frags[2], frags[1], frags[0]}, []step{
			{Held, 1, 0, 0, 17, false, ""}, {Held, 2, 0, 0, 17, false, ""}, {IP, 3, 1000, 53, 17, false, ""},
			{IP, 1, 1000, 53, 17, false, ""}, {IP, 2, 1000, 53, 17, false, ""},
		}},
		{"first never comes", [][]byte{frags[2], other[0], frags[1], nothing}, []step{
			{Held, 1, 0, 0, 17, false, ""}, {IP, 2, 1000, 53, 17, false, ""}, {Held, 3, 0, 0, 17, false, ""}, {IP, 4, 0, 0, 1, false, "ping"},
			{IP, 1, 0, 0, 17, true, ""}, {IP, 3, 0, 0, 17, true, ""},
		}},
		{"released after five seconds", [][]byte{frags[2], nothing, nothing, nothing, nothing, nothing, nothing, frags[0]}, []step{
			{Held, 1, 0, 0, 17, false, ""}, {IP, 2, 0, 0, 1, false, "ping"}, {IP, 3, 0, 0, 1, false, "ping"}, {IP, 4, 0, 0, 1, false, "ping"},
			{IP, 5, 0, 0, 1, false, "ping"}, {IP, 6, 0, 0, 1, false, "ping"}, {IP, 7, 0, 0, 1, false, "ping"}, {IP, 1, 0, 0, 17, true, ""},
			{IP, 8, 1000, 53, 17, false, ""},
		}},
		{"IPv6", [][]byte{fragment6(16, 0, 17, text("x")), fragment6(0, 1, 17, udp(1000, 53, text("01234567")))}, []step{
			{Held, 1, 0, 0, 17, false, ""}, {IP, 2, 1000, 53, 17, false, "01234567"}, {IP, 1, 1000, 53, 17, false, ""},
		}},
		{"IPv6 with options before the transport", [][]byte{
			fragment6(0, 1, 60, cat([]byte{17, 0, 1, 4, 0, 0, 0, 0}, udp(1000, 53, text("01234567")))), fragment6(24, 0, 17, text("x")),
		}, []step{{IP, 1, 1000, 53, 17, false, "01234567"}, {IP, 2, 1000, 53, 17, false, ""}}},
		{"of a tunnel's outer packet", gtpFrags, []step{{IP, 1, 12345, 443, 6, false, ""}, {IP, 2, 12345, 443, 6, false, ""}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &Decoder{Tunnels: true}
			if got := run(d, test.packets...); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%v, want\n%v", got, test.want)
			}
			if d.Stats.FragmentsLost != 0 {
				t.Errorf("%d lost", d.Stats.FragmentsLost)
			}
		})
	}
}

// TestFragmentsAreBounded sends more fragments than are held or remembered and
// expects every one to come out.
func TestFragmentsAreBounded(t *testing.T) {
	d := &Decoder{}
	var p Packet
	const n = 3 * maxFirsts
	out := 0
	count := func() {
		if p.Kind == IP {
			out++
		}
		for d.Next(&p) {
			out++
		}
	}
	for i := range n {
		frags := datagram(i)
		d.Decode(101, frags[2], len(frags[2]), 0, &p)
		count()
		if i%2 == 0 {
			d.Decode(101, frags[0], len(frags[0]), 0, &p)
			count()
		}
	}
	d.Flush()
	for d.Next(&p) {
		out++
	}
	if want := n + n/2; out != want || d.Stats.Fragments != uint64(want) || d.Stats.Orphans != n/2 {
		t.Errorf("%d came out of %d, orphans %d of %d", out, want, d.Stats.Orphans, n/2)
	}
	if len(d.frags.firsts) > maxFirsts || len(d.frags.index) > maxFirsts {
		t.Errorf("%d first fragments remembered", len(d.frags.firsts))
	}
}

// TestFirstFragmentIsForgotten has a fragment come long after the first one,
// which is then another packet's.
func TestFirstFragmentIsForgotten(t *testing.T) {
	frags := datagram(5)
	for seconds, want := range map[int64]Kind{30: IP, 31: Held} {
		d := &Decoder{}
		var p Packet
		d.Decode(101, frags[0], len(frags[0]), 0, &p)
		d.Decode(101, frags[1], len(frags[1]), seconds*1e9, &p)
		if p.Kind != want {
			t.Errorf("after %d s: %v", seconds, p.Kind)
		}
	}
}

func TestFragmentsNotFetchedAreCounted(t *testing.T) {
	d := &Decoder{}
	var p Packet
	frags := datagram(5)
	for _, b := range [][]byte{frags[1], frags[2], frags[0], frags[1]} {
		d.Decode(101, b, len(b), 0, &p)
	}
	if d.Stats.FragmentsLost != 2 {
		t.Errorf("%d counted as lost", d.Stats.FragmentsLost)
	}
}

// TestFragmentsGrow counts how many fragments that are held were looked at, for the worst inputs
// and for twice as much of them: each is held once and dropped once.
func TestFragmentsGrow(t *testing.T) {
	tests := []struct {
		name string
		next func(d *Decoder, n int)
	}{
		{"first fragments while many others wait", func(d *Decoder, n int) {
			var p Packet
			frags, at := datagram(n), int64(n)*1e3
			part := frags[0]
			if n < maxHeld-1 {
				part = frags[1]
			}
			d.Decode(101, part, len(part), at, &p)
		}},
		{"fragments that wait in vain, one at a time", func(d *Decoder, n int) {
			var p Packet
			frags := datagram(n)
			d.Decode(101, frags[2], len(frags[2]), int64(n)*heldWaits/(maxHeld-1), &p)
			for d.Next(&p) {
				continue
			}
		}},
		{"all of one packet", func(d *Decoder, n int) {
			var p Packet
			frags := datagram(1)
			part := frags[2]
			if n%maxHeld == maxHeld-1 {
				part = frags[0]
				d.frags.firsts, d.frags.index = nil, map[fragmentKey]int{} // as if long ago
			}
			d.Decode(101, part, len(part), int64(n), &p)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			work := func(n int) int {
				d := &Decoder{}
				for i := range n {
					test.next(d, i)
				}
				return d.frags.work
			}
			const n = 4000
			once, twice := work(n), work(2*n)
			if once > 2*n || float64(twice) > 2.6*float64(once) || once == 0 {
				t.Errorf("%d fragments looked at for %d packets, %d for %d", once, n, twice, 2*n)
			}
		})
	}
}
