package flows

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/pcapio"
)

// TestHints returns the newest hint from before a packet, of those that are kept.
func TestHints(t *testing.T) {
	host := netip.MustParseAddr("192.0.2.9")
	me, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	s := newHints()
	add := func(number uint64, client netip.Addr, name string) {
		s.add(&hint{moment{number, 0}, classify.Hint{Kind: classify.HostName, Client: client, Addr: host, Name: name}})
	}
	add(10, me, "a.example")
	add(20, me, "b.example")
	s.add(&hint{moment{30, 0}, classify.Hint{Kind: classify.Expected, Addr: host, Port: 20, Transport: classify.TCP, Name: "FTP_DATA"}})
	tests := []struct {
		client netip.Addr
		before uint64
		want   string
	}{
		{me, 10, ""}, {me, 11, "a.example"}, {me, 20, "a.example"}, {me, 21, "b.example"}, {me, 1000, "b.example"}, {other, 1000, ""},
	}
	for _, tc := range tests {
		if got := s.hostName(tc.client, host, moment{tc.before, 0}); got != tc.want {
			t.Errorf("name for %v before packet %d: %q, want %q", tc.client, tc.before, got, tc.want)
		}
	}
	if got := s.expected(classify.TCP, me, host, 20, moment{31, 0}); got != "FTP_DATA" {
		t.Errorf("expected %q", got)
	}
	if got := s.expected(classify.UDP, me, host, 20, moment{31, 0}); got != "" {
		t.Errorf("expected %q on another transport", got)
	}
	for i := range uint64(2 * maxVersions) {
		add(100+i, me, fmt.Sprintf("c%d.example", i))
	}
	k := subjectKey(me, host, 0, 0)
	if n := 1 + len(s.subjects.At(s.find(&k)).older); n != 8 {
		t.Errorf("%d names are kept of one address, want 8", n)
	}
	if got, want := s.hostName(me, host, moment{1000, 0}), fmt.Sprintf("c%d.example", 2*maxVersions-1); got != want {
		t.Errorf("newest name %q, want %q", got, want)
	}
}

// TestHintsExpire looks up hints some time after they came. A name that comes again holds longer, but
// not for flows from between.
func TestHintsExpire(t *testing.T) {
	const minute, hour = 60 * second, 3600 * second
	me, other, host := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("192.0.2.9")
	s := newHints()
	learn := func(number uint64, at int64, port uint16, client netip.Addr, ttl uint32, name string) {
		h := classify.Hint{Kind: classify.HostName, Client: client, Addr: host, Name: name, TTL: ttl}
		if port != 0 {
			h.Kind, h.Port, h.Transport = classify.Expected, port, classify.TCP
		}
		s.add(&hint{moment{number, at}, h})
	}
	learn(1, 0, 0, me, 60, "short.example")
	learn(2, 0, 0, other, 36000, "long.example")
	learn(3, 0, 50000, me, 0, "FTP_DATA")
	learn(4, 0, 6881, netip.Addr{}, 0, "BitTorrent")
	for _, tc := range []struct {
		client netip.Addr
		port   uint16
		after  int64
		want   string
	}{
		{me, 0, hour, "short.example"}, {me, 0, 5 * hour, ""},
		{other, 0, 9 * hour, "long.example"}, {other, 0, 11 * hour, ""},
		{me, 50000, 5 * minute, "FTP_DATA"}, {me, 50000, 11 * minute, ""}, {other, 50000, minute, ""},
		{me, 6881, minute, "BitTorrent"}, {other, 6881, minute, "BitTorrent"}, {other, 6881, hour, ""},
	} {
		when := moment{100, tc.after}
		got := s.hostName(tc.client, host, when)
		if tc.port != 0 {
			got = s.expected(classify.TCP, tc.client, host, tc.port, when)
		}
		if got != tc.want {
			t.Errorf("port %d, %v, after %d s: %q, want %q", tc.port, tc.client, tc.after/second, got, tc.want)
		}
	}
	learn(50, 2*hour, 0, me, 60, "short.example")
	if got := s.hostName(me, host, moment{100, 5 * hour}); got != "short.example" {
		t.Errorf("a name that came again: %q", got)
	}
	if got := s.hostName(me, host, moment{40, 5 * hour}); got != "" {
		t.Errorf("a name that came again later: %q", got)
	}
}

// TestHintsAreBounded adds long names of many addresses, some of them several times. Memory stays
// within the limit, what is forgotten is counted, and the newest name is known.
func TestHintsAreBounded(t *testing.T) {
	for _, test := range []struct {
		name              string
		addrs, each, size int
	}{
		{"long names", 160_000, 1, 200},
		{"short names", 300_000, 1, 1},
		{"names that change", 45_000, 9, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := heap()
			s := newHints()
			number, subjects := uint64(0), 0
			me := netip.MustParseAddr("10.0.0.1")
			addr := func(n int) netip.Addr {
				var b [4]byte
				binary.BigEndian.PutUint32(b[:], 11<<24|uint32(n))
				return netip.AddrFrom4(b)
			}
			name := func(n uint64) string { return fmt.Sprint(strings.Repeat("x", test.size), n) }
			for n := range test.addrs {
				for range test.each {
					number++
					s.add(&hint{moment{number, 0}, classify.Hint{Kind: classify.HostName, Client: me, Addr: addr(n), Name: name(number)}})
				}
			}
			subjects = s.count
			cost := int(heap()) - int(before)
			runtime.KeepAlive(s)
			if most := maxHintBytes * 5 / 4; cost > most {
				t.Errorf("%d subjects take %d bytes, want at most %d", subjects, cost, most)
			}
			if most := 40 * int(number); s.work+s.index.Work() > most {
				t.Errorf("work of %d for %d hints, want at most %d", s.work+s.index.Work(), number, most)
			}
			if s.bytes > maxHintBytes || s.bytes < maxHintBytes/2 {
				t.Errorf("%d bytes counted of %d", s.bytes, maxHintBytes)
			}
			if want := uint64(test.addrs - subjects); s.forgotten != want || want == 0 {
				t.Errorf("%d subjects forgotten, want %d", s.forgotten, want)
			}
			if got := s.hostName(me, addr(test.addrs-1), moment{number + 1, 0}); got != name(number) {
				t.Errorf("newest name %q, want %q", got, name(number))
			}
			if got := s.hostName(me, addr(0), moment{number + 1, 0}); got != "" {
				t.Errorf("oldest name %q, want none", got)
			}
			for s.count > 0 {
				s.forget()
			}
			if s.bytes != 0 || s.first != 0 || s.last != 0 {
				t.Errorf("%d bytes are left of nothing", s.bytes)
			}
		})
	}
}

// TestHintsGoOn has DNS answers come at one instant, so that no flow ends. Their hints go on to the
// merge all the same and do not pile up.
func TestHintsGoOn(t *testing.T) {
	opt := defaults()
	e := allProtocols(t)
	in := newCapture(&opt, e, newMerger(e, func(*Flow) error { return nil }))
	s := in.router.(*serial)
	m, most := &memory{}, 0
	query, reply := packetOf(t, "10.0.0.1:40000>192.0.2.1:53", "u", 0, query), packetOf(t, "192.0.2.1:53>10.0.0.1:40000", "u", 0, answer+strings.Repeat("\x00", 1000))
	for n := range 8000 {
		data := [][]byte{query, reply}[n%2]
		data = append([]byte(nil), data...)
		data[20+2*(n%2)], data[21+2*(n%2)] = byte(n/2>>8)|0x40, byte(n/2)
		m.packets = append(m.packets, pcapio.Packet{Time: 1e18, Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
	}
	src := &meddling{m, func(int) { most = max(most, len(s.shard.hints)) }}
	if _, err := in.run(context.Background(), src, in.merge()); err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > 2048 {
		t.Errorf("%d hints waited at once, want some and at most 2,048", most)
	}
}
