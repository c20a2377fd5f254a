package flows

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"servmap/pcapio"
)

// packetOf builds a raw IP packet from "src:port>dst:port", flags and a
// payload. Flags are letters of S, A, F, R for TCP; "u" makes it UDP, "i" an
// ICMP echo and "o" its reply, "d" a DATA chunk of SCTP with the identifier 7 and "e" one without.
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
	case flags == "d", flags == "e":
		proto = protoSCTP
		head = make([]byte, 12+16)
		head[13] = 3 // beginning and end of a message
		binary.BigEndian.PutUint16(head[14:], uint16(16+len(payload)))
		if flags == "d" {
			head[27] = 7
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

// packetOf6 builds a raw IPv6 packet as packetOf does an IPv4 one, between IPv4-mapped
// addresses (RFC 4291, section 2.5.5.2) or others.
func packetOf6(v4 []byte, mapped bool) []byte {
	head := make([]byte, 40)
	head[0], head[6], head[7] = 6<<4, v4[9], 64
	binary.BigEndian.PutUint16(head[4:], uint16(len(v4)-20))
	for i, at := range []int{8, 24} {
		if mapped {
			head[at+10], head[at+11] = 0xff, 0xff
		} else {
			head[at], head[at+1] = 0xfd, 0
		}
		copy(head[at+12:], v4[12+4*i:16+4*i])
	}
	return append(head, v4[20:]...)
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

// again returns the same packets from the first one.
func (m *memory) again() *memory { return &memory{packets: m.packets} }

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

func every(from, to, gap float64, ends, flags, payload string) []step {
	var out []step
	for at := from; at <= to; at += gap {
		out = append(out, step{at, ends, flags, payload})
	}
	return out
}

// query is a question for the address of example.org (RFC 1035, section 4).
const query = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01"

// answer is the answer to query: 192.0.2.1.
const answer = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01" +
	"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"

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

// meetings are packets of few addresses and ports, so that keys come again: connections are opened,
// closed and reset, segments sent twice, questions asked and answered or not, with
// pauses over the timeouts, and packets that come late.
func meetings(t testing.TB, r *rand.Rand, packets int) *memory {
	payloads := []string{"", "", "x", "HELLO", "WELCOME", query, answer, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "\x00\x00\x00\x00\x00\x00"}
	flags := []string{"u", "u", "u", "S", "S", "SA", "A", "A", "FA", "FA", "R", "i", "o"}
	pauses := []float64{0.001, 0.1, 1, 1, 1, 5, 11, 121, 1801}
	m := &memory{}
	at := 5000.0
	for len(m.packets) < packets {
		at += pauses[min(r.IntN(len(pauses)), r.IntN(len(pauses)))] * r.ExpFloat64()
		from, to := fmt.Sprintf("10.0.0.%d:%d", r.IntN(3), 40000+r.IntN(3)), fmt.Sprintf("192.0.2.%d:%d", r.IntN(3), []int{53, 5000}[r.IntN(2)])
		if r.IntN(3) == 0 {
			from, to = to, from
		}
		seq := []uint32{0, 1, 2, 1<<32 - 1, r.Uint32()}[r.IntN(5)]
		data := packetOf(t, from+">"+to, flags[r.IntN(len(flags))], seq, payloads[r.IntN(len(payloads))])
		switch r.IntN(8) {
		case 0:
			data = packetOf6(data, true)
		case 1:
			data = packetOf6(data, false)
		}
		time := at
		if r.IntN(8) == 0 {
			time -= r.Float64() * []float64{2, 12, 200}[r.IntN(3)]
		}
		for range 1 + r.IntN(5)/4 { // some twice
			m.packets = append(m.packets, pcapio.Packet{Time: int64(time * 1e9), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
		}
	}
	return m
}
