package flows

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// fragmentsOf splits a raw IPv4 packet into fragments that carry size bytes each, a multiple of eight
// (RFC 791, section 3.2).
func fragmentsOf(packet []byte, id, size int) [][]byte {
	var out [][]byte
	body := packet[20:]
	for at := 0; at < len(body); at += size {
		part := body[at:min(at+size, len(body))]
		flags := at / 8
		if at+size < len(body) {
			flags |= 0x2000
		}
		out = append(out, fragmentAt(packet, id, flags, part))
	}
	return out
}

// fragmentAt is a fragment of a packet with flags and offset.
func fragmentAt(packet []byte, id, flags int, part []byte) []byte {
	head := slices.Clone(packet[:20])
	binary.BigEndian.PutUint16(head[2:], uint16(20+len(part)))
	binary.BigEndian.PutUint16(head[4:], uint16(id))
	binary.BigEndian.PutUint16(head[6:], uint16(flags))
	return append(head, part...)
}

// sourceOf is an input of raw packets, a hundredth of a second apart.
func sourceOf(packets ...[]byte) *memory {
	m := &memory{}
	for i, data := range packets {
		m.packets = append(m.packets, pcapio.Packet{Time: int64(i) * 1e7, Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
	}
	return m
}

// shownOf returns the payloads that a recogniser is shown, of those that are cut also the length. All
// packets must be of one flow.
func shownOf(t *testing.T, packets [][]byte) []string {
	t.Helper()
	var shown []string
	listens := &classify.Protocol{
		Name: "LISTENS", Category: "Network", Transport: classify.TCP | classify.UDP, NoGuess: true,
		Recognise: func(p *classify.Probe) classify.Outcome {
			s := string(p.Payload)
			if len(s) != p.Len {
				s += fmt.Sprintf("/%d", p.Len)
			}
			shown = append(shown, s)
			return classify.NeedMore
		},
	}
	e, err := classify.NewEngine([]*classify.Protocol{listens}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	opt := defaults()
	opt.Tunnels = true
	st, err := Run(context.Background(), sourceOf(packets...), e, opt, func(f *Flow) error {
		if f.Packets() != uint64(len(packets)) {
			t.Errorf("%d packets of %d", f.Packets(), len(packets))
		}
		return nil
	})
	if err != nil || st.Flows != 1 {
		t.Errorf("%d flows, %v", st.Flows, err)
	}
	return shown
}

// TestPartsAreShown has datagrams and segments in fragments and expects what recognisers are shown.
func TestPartsAreShown(t *testing.T) {
	const a, b = "aaaaaaaabbbbbbbbccccccccdd", "AAAAAAAABBBBBBBBCCCCCCCCDD"
	packet := packetOf(t, there, "u", 0, a)
	x, y := fragmentsOf(packet, 1, 16), fragmentsOf(packetOf(t, there, "u", 0, b), 2, 16)
	sameID := fragmentsOf(packetOf(t, there, "u", 0, b), 1, 16)
	other, answer := packetOf(t, there, "u", 0, "other"), packetOf(t, back, "u", 0, "answer")
	tcp := fragmentsOf(packetOf(t, there, "S", 1, a), 3, 32) // 12 bytes in the first
	long := fragmentsOf(packetOf(t, there, "u", 0, strings.Repeat("x", 40000)), 4, 1480)
	tests := []struct {
		name    string
		packets [][]byte
		want    []string
	}{
		{"in order", x, []string{a}},
		{"the last first", [][]byte{x[2], x[1], x[0]}, []string{a}},
		{"the first in between", [][]byte{x[1], x[0], x[2]}, []string{a}},
		{"one twice", [][]byte{x[0], x[0], x[1], x[1], x[2]}, []string{a}},
		{"the first alone", [][]byte{x[0]}, []string{"aaaaaaaa/26"}},
		{"the last is missing", [][]byte{x[0], x[1]}, []string{"aaaaaaaabbbbbbbbcccccccc/26"}},
		{"the middle is missing", [][]byte{x[0], x[2]}, []string{"aaaaaaaa/26"}},
		{"something else comes before the rest", [][]byte{x[0], other, x[1], x[2]}, []string{"aaaaaaaa/26", "other"}},
		{"an answer comes before the rest", [][]byte{x[0], x[1], answer, x[2]}, []string{"aaaaaaaabbbbbbbbcccccccc/26", "answer"}},
		{"two datagrams in one another", [][]byte{x[0], y[0], x[1], y[1], y[2], x[2]}, []string{a, b}},
		{"two datagrams, of the first one is missing", [][]byte{x[0], y[0], x[1], y[1], y[2]}, []string{"aaaaaaaabbbbbbbbcccccccc/26", b}},
		{"whole packets around", [][]byte{answer, x[0], x[1], x[2], other}, []string{"answer", a, "other"}},
		{"two datagrams with one number", [][]byte{x[0], sameID[0], sameID[1], sameID[2]}, []string{"aaaaaaaa/26", b}},
		{"what overlaps was there first", [][]byte{x[0], x[2], fragmentAt(packet, 1, 0x2001, []byte("ZZZZZZZZbbbbbbbbccccccccZZ"))}, []string{a}},
		{"too much", [][]byte{x[0], x[1], fragmentAt(packet, 1, 0x0004, []byte("dd and more"))}, []string{a}},
		{"TCP", tcp, []string{a[:12], a[12:]}},
		{"TCP, the last first", [][]byte{tcp[1], tcp[0]}, []string{a[:12], a[12:]}},
		{"a long one", long, []string{strings.Repeat("x", 16<<10) + "/40000"}},
		{"a long one, the last first", append(slices.Clone(long[1:]), long[0]), []string{strings.Repeat("x", 16<<10) + "/40000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := shownOf(t, test.packets); !slices.Equal(got, test.want) {
				t.Errorf("got %.200q, want %.200q", got, test.want)
			}
		})
	}
}

// TestPartsInTunnels fragments the outer packet of a tunnel, and an inner one.
func TestPartsInTunnels(t *testing.T) {
	const long = "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggg"
	sum := func(packet []byte) []byte { // RFC 1071
		n := uint32(0)
		for i := 0; i < 20; i += 2 {
			n += uint32(binary.BigEndian.Uint16(packet[i:]))
		}
		binary.BigEndian.PutUint16(packet[10:], ^uint16(n>>16+n&0xffff))
		return packet
	}
	outer := func(inner []byte) []byte { return inVXLAN(t, sum(inner), 7)[14:] }
	inside := func(flags, payload string) []byte { return packetOf(t, there, flags, 1, payload) }
	one, two := fragmentsOf(inside("u", long), 5, 32), fragmentsOf(outer(inside("u", long)), 6, 80)
	three := fragmentsOf(outer(inside("S", long)), 7, 96)
	tests := []struct {
		name    string
		packets [][]byte
		want    []string
	}{
		{"inner", [][]byte{outer(one[0]), outer(one[1])}, []string{long}},
		{"outer", two, []string{long}},
		{"outer, the last first", [][]byte{two[1], two[0]}, []string{long}},
		{"outer of TCP", three, []string{long[:26], long[26:]}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := shownOf(t, test.packets); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// quicInitial is an Initial packet of QUIC for dns.example.com, of those that classify/protocols
// replays.
const quicInitial = "ce00000001080102030405060708000040a8b51b3fb51aeb79779aeb1956b8a460e14afb614f2284184abfc6babcd3f9fe61" +
	"550a96ebb7cec3baa51116c9f3d58c66cad482a9ecbb32f1ae9c8a40cf839f4f87242babcfd1a0c8893d84c6140da9f4f739" +
	"7c1b213a32a32f2ea535218d18a52f8b4c8bb42fe2e0513c3a5e39a356eb312f2b8c53f08335523df9364c50834831165f34" +
	"88627394a09a4b794b469a89c2643c906ba1cf2dc9a95c0b117cd15744eab36870ed1a55"

// TestPartsAreRecognised shuffles the fragments of many flows and expects all to be recognised, with
// one worker and with more, in the same bytes.
func TestPartsAreRecognised(t *testing.T) {
	initial, err := hex.DecodeString(quicInitial)
	if err != nil {
		t.Fatal(err)
	}
	initial = append(initial, make([]byte, 1100)...)
	r := rand.New(rand.NewPCG(1, 2))
	var packets [][]byte
	const flows = 300
	for n := range flows {
		parts := fragmentsOf(packetOf(t, fmt.Sprintf("10.0.0.1:%d>192.0.2.9:8853", 20000+n), "u", 0, string(initial)), n, 72)
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		packets = append(packets, parts...)
	}
	var first []string
	for _, workers := range []int{1, 2, 3} {
		opt := defaults()
		opt.Workers = workers
		var got []string
		_, err := Run(context.Background(), sourceOf(packets...), allProtocols(t), opt, func(f *Flow) error {
			got = append(got, fmt.Sprint(f.Number, f.Src, f.SrcPort, f.Application, f.Info.ServerName(), f.Packets(), f.Bytes()))
			if f.Application != "QUIC.DoH_DoT" || f.Info.ServerName() != "dns.example.com" {
				t.Errorf("%d workers: %s", workers, got[len(got)-1])
			}
			return nil
		})
		if err != nil || len(got) != flows {
			t.Fatalf("%d flows, %v", len(got), err)
		}
		if first == nil {
			first = got
		} else if !slices.Equal(got, first) {
			t.Errorf("%d workers give another result", workers)
		}
	}
}

// TestPartsAreBounded has flows of one partition begin datagrams that never end: what is held stays
// within limits, and nothing is left at the end.
func TestPartsAreBounded(t *testing.T) {
	opt := defaults()
	s := emptyTable(testEngine(t), &opt)
	next := inPartition()
	body := make([]byte, 1400)
	var src [16]byte
	for n := range uint32(4000) {
		d := decode.Packet{
			Number: uint64(n + 1), Time: int64(n), OrigLen: 1500, Kind: decode.IP, Version: 4, Dst: [16]byte{192, 0, 2, 1}, SrcPort: 40000, DstPort: 5000, Protocol: protoUDP,
			Datagram: n + 1, Ack: 3000, Payload: body, PayloadLen: 3000, Fragment: true,
		}
		if d.Src = src; n%3 == 0 { // else another datagram of the same flow
			next(&d)
			src = d.Src
		}
		s.put(&d, d.Time, 0, nil)
		if tr := s.shard.parts[0]; tr.held > maxHeld || tr.states > maxUndecided {
			t.Fatalf("%d bytes held of %d flows", tr.held, tr.states)
		}
	}
	tr := s.shard.parts[0]
	if s.shard.givenUp == 0 || tr.held < maxHeld/2 {
		t.Errorf("%d flows given up, %d bytes held: not at the limit", s.shard.givenUp, tr.held)
	}
	if err := s.finish(1e9); err != nil || tr.held != 0 || tr.states != 0 || len(tr.parts) != 0 {
		t.Errorf("%d bytes and %d states left, %v", tr.held, tr.states, err)
	}
}

// TestPartsOfAFailedFlow has a recogniser panic at a datagram while another of the flow waits.
func TestPartsOfAFailedFlow(t *testing.T) {
	panics := &classify.Protocol{
		Name: "PANICS", Category: "Network", Transport: classify.UDP, NoGuess: true,
		Recognise: func(p *classify.Probe) classify.Outcome { panic(string(p.Payload)) },
	}
	e, err := classify.NewEngine([]*classify.Protocol{panics}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	x := fragmentsOf(packetOf(t, there, "u", 0, "aaaaaaaabbbbbbbb"), 1, 16)
	y := fragmentsOf(packetOf(t, there, "u", 0, "ccccccccdddddddd"), 2, 16)
	for name, packets := range map[string][][]byte{"while running": {x[0], y[0], x[1], y[1]}, "at the end": {x[0], y[0]}} {
		t.Run(name, func(t *testing.T) {
			opt := defaults()
			opt.Recover = true
			st, err := Run(context.Background(), sourceOf(packets...), e, opt, func(f *Flow) error {
				if f.Application != "Unknown" {
					t.Errorf("labelled %s", f.Application)
				}
				return nil
			})
			if err != nil || st.Flows != 1 || st.Failed != 1 || !strings.HasPrefix(st.FirstFailure.Reason, "aaaaaaaa") {
				t.Errorf("%d flows, %d failed, %+v, %v", st.Flows, st.Failed, st.FirstFailure, err)
			}
		})
	}
}

// dnsAnswer is the payload of a DNS message: a query for a name's address, and with an address the
// answer (RFC 1035, section 4).
func dnsAnswer(name string, addr ...byte) string {
	b := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range strings.Split(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, 0, 1, 0, 1)
	if addr != nil {
		b[2], b[3], b[7] = 0x81, 0x80, 1
		b = append(append(b, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4), addr...)
	}
	return string(b)
}

// TestHintsOfParts has two answers name an address to each client. The second one is in fragments, the
// last of which comes before the first answer. What it tells holds from its first fragment on.
func TestHintsOfParts(t *testing.T) {
	var packets [][]byte
	const clients = 40
	udp := func(from, to, payload string) []byte { return packetOf(t, from+">"+to, "u", 0, payload) }
	for n := range clients {
		host, resolver := fmt.Sprintf("10.0.1.%d", n), "10.0.0.53:53"
		late := fragmentsOf(udp(resolver, host+":2000", dnsAnswer("www.netflix.com", 192, 0, 2, 9)), n, 40)
		packets = append(packets,
			udp(host+":1000", resolver, dnsAnswer("www.facebook.com")), udp(host+":2000", resolver, dnsAnswer("www.netflix.com")),
			late[1], udp(resolver, host+":1000", dnsAnswer("www.facebook.com", 192, 0, 2, 9)),
			packetOf(t, host+":3000>192.0.2.9:8443", "A", 1, ""), late[0], packetOf(t, host+":3001>192.0.2.9:8443", "A", 1, ""))
	}
	for _, workers := range []int{1, 2, 3} {
		opt := defaults()
		opt.Workers = workers
		seen := map[string]int{}
		_, err := Run(context.Background(), sourceOf(packets...), allProtocols(t), opt, func(f *Flow) error {
			if f.Protocol == protoTCP {
				seen[fmt.Sprint(f.SrcPort, " ", f.Application)]++
			}
			return nil
		})
		if err != nil || len(seen) != 2 {
			t.Errorf("%d workers: %v, %v", workers, seen, err)
		}
		for what, n := range seen {
			app := "NetFlix"
			if strings.HasPrefix(what, "3000") {
				app = "Facebook"
			}
			if n != clients || !strings.Contains(what, app) {
				t.Errorf("%d workers: %d times %s", workers, n, what)
			}
		}
	}
}

// TestNamedFlows looks at what a flow with a server's name tells of the address.
func TestNamedFlows(t *testing.T) {
	const host, resolver = "10.0.1.1:", "10.0.0.53:53"
	udp := func(from, to, payload string) []byte { return packetOf(t, from+">"+to, "u", 0, payload) }
	get := func(port, server, name string) []byte {
		return packetOf(t, host+port+">"+server+":80", "A", 1, "GET / HTTP/1.1\r\nHost: "+name+"\r\n\r\n")
	}
	packets := [][]byte{
		udp(host+"1000", resolver, dnsAnswer("www.netflix.com")), udp(resolver, host+"1000", dnsAnswer("www.netflix.com", 192, 0, 2, 9)),
		get("3000", "192.0.2.9", "www.netflix.com"), get("3001", "192.0.2.10", "www.netflix.com"), get("3002", "8.8.8.8", "www.example.com"),
		packetOf(t, host+"3003>8.8.8.8:8443", "A", 1, "no name"),
	}
	want := map[uint16][2]string{3000: {NoOwner, "www.netflix.com"}, 3001: {NoOwner, ""}, 3002: {"Google", ""}, 3003: {"", ""}}
	for _, workers := range []int{1, 3} {
		opt := defaults()
		opt.Workers = workers
		got := map[uint16][2]string{}
		_, err := Run(context.Background(), sourceOf(packets...), allProtocols(t), opt, func(f *Flow) error {
			if f.Protocol == protoTCP {
				got[f.SrcPort] = [2]string{f.Owner, f.Resolved}
			}
			return nil
		})
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d workers: %v, %v; want %v", workers, got, err, want)
		}
	}
}
