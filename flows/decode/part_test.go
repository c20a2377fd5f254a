package decode

import (
	"fmt"
	"slices"
	"testing"
)

// partsOf tells, of each packet that comes out, where its payload lies.
func partsOf(packets ...[]byte) []string {
	d := &Decoder{Tunnels: true}
	var out []string
	var p Packet
	take := func() {
		switch {
		case p.Kind != IP:
		case p.Datagram != 0:
			out = append(out, fmt.Sprintf("#%d %d+%d/%d %s", p.Datagram, p.Seq, len(p.Payload), p.Ack, p.Payload))
		case p.Protocol == protoTCP:
			out = append(out, fmt.Sprintf("seq %d %d/%d %s", p.Seq, len(p.Payload), p.PayloadLen, p.Payload))
		default:
			out = append(out, fmt.Sprintf("%d/%d %s", len(p.Payload), p.PayloadLen, p.Payload))
		}
	}
	for i, b := range packets {
		d.Decode(101, b, len(b), int64(i), &p)
		for take(); d.Next(&p); {
			take()
		}
	}
	return out
}

// pieces are the fragments of an IPv4 packet, of so many bytes each.
func pieces(protocol byte, id, size int, body []byte) [][]byte {
	var out [][]byte
	for at := 0; at < len(body); at += size {
		flags := at / 8
		if at+size < len(body) {
			flags |= 0x2000
		}
		out = append(out, ip4frag(hostA, hostB, protocol, id, flags, body[at:min(at+size, len(body))]))
	}
	return out
}

func TestParts(t *testing.T) {
	u := pieces(17, 5, 16, udp(1000, 53, text("0123456789abcdefXYZ")))
	again := pieces(17, 5, 16, udp(1000, 53, text("0123456789abcdefXYZ")))
	syn := tcpSegment(text("0123456789abcdefXYZ"))
	syn[13] = 2
	tcp := pieces(6, 6, 24, tcpSegment(text("0123456789abcdefXYZ")))
	noLength := udp(1000, 53, text("0123456789abcdef"))
	noLength[4], noLength[5] = 0, 0
	six := udp(1000, 53, text("0123456789abcdef"))
	tests := []struct {
		name    string
		packets [][]byte
		want    []string
	}{
		{"UDP", u, []string{"#1 0+8/19 01234567", "#1 8+11/19 89abcdefXYZ"}},
		{"UDP, the last first", [][]byte{u[1], u[0]}, []string{"#1 0+8/19 01234567", "#1 8+11/19 89abcdefXYZ"}},
		{"another datagram", append(slices.Clone(u), pieces(17, 6, 16, udp(1000, 53, text("ABCDEFGHIJ")))...),
			[]string{"#1 0+8/19 01234567", "#1 8+11/19 89abcdefXYZ", "#2 0+8/10 ABCDEFGH", "#2 8+2/10 IJ"}},
		{"the first one twice", [][]byte{u[0], again[0], u[1]}, []string{"#1 0+8/19 01234567", "#1 0+8/19 01234567", "#1 8+11/19 89abcdefXYZ"}},
		{"overlapping the first", [][]byte{u[0], ip4frag(hostA, hostB, 17, 5, 1, text("....----++++++++"))}, []string{"#1 0+8/19 01234567", "#1 8+8/19 ++++++++"}},
		{"beyond the end", [][]byte{u[0], ip4frag(hostA, hostB, 17, 5, 3, text("abcdefgh++++++++"))}, []string{"#1 0+8/19 01234567", "#1 16+3/19 abc"}},
		{"behind the end", [][]byte{u[0], ip4frag(hostA, hostB, 17, 5, 8, text("abcdefgh"))}, []string{"#1 0+8/19 01234567", "0/8 "}},
		{"too far", [][]byte{ip4frag(hostA, hostB, 17, 5, 0x2000, append(udp(1, 2, make([]byte, 40000))[:8:8], 1)), ip4frag(hostA, hostB, 17, 5, maxPart/8+1, text("abcdefgh"))},
			[]string{"#1 0+1/40000 \x01", "0/8 "}},
		{"no length", pieces(17, 5, 16, noLength), []string{"8/8 01234567", "0/8 "}},
		{"header alone", pieces(17, 5, 8, udp(1000, 53, text("01234567"))), []string{"0/8 ", "0/8 "}},
		{"IPv6", [][]byte{fragment6(0, 1, 17, six[:16]), fragment6(16, 0, 17, six[16:])}, []string{"#1 0+8/16 01234567", "#1 8+8/16 89abcdef"}},
		{"TCP", tcp, []string{"seq 16909060 4/4 0123", "seq 16909064 15/15 456789abcdefXYZ"}},
		{"TCP with a SYN", pieces(6, 6, 24, syn), []string{"seq 16909060 4/4 0123", "seq 16909065 15/15 456789abcdefXYZ"}},
		{"TCP, overlapping the first", [][]byte{tcp[0], ip4frag(hostA, hostB, 6, 6, 0x2002, text("................"))}, []string{"seq 16909060 4/4 0123", "seq 16909064 8/8 ........"}},
		{"TCP whose header is in two", pieces(6, 6, 16, tcpSegment(text("0123456789"))), []string{"seq 16909060 0/0 ", "seq 0 0/14 "}},
		{"GRE", pieces(47, 5, 16, gre(0, 0x1234, make([]byte, 20))), []string{"16/16 \x00\x00\x124\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "0/8 "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := partsOf(test.packets...); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestPartsOfACutFragment has a first fragment that the capture cut: what follows does not belong
// behind it.
func TestPartsOfACutFragment(t *testing.T) {
	d := &Decoder{}
	var p Packet
	u := pieces(17, 5, 16, udp(1000, 53, text("0123456789abcdefXYZ")))
	d.Decode(101, u[0][:len(u[0])-1], len(u[0]), 0, &p)
	if p.Datagram != 0 || string(p.Payload) != "0123456" || p.PayloadLen != 19 {
		t.Errorf("got %+v", p)
	}
	if d.Decode(101, u[1], len(u[1]), 0, &p); p.Payload != nil {
		t.Errorf("got %+v", p)
	}
}

// TestPartsWithoutTheirRest has first fragments alone, as a capture that was filtered by port: from
// some on they are no parts, until a later fragment comes.
func TestPartsWithoutTheirRest(t *testing.T) {
	d := &Decoder{}
	var p Packet
	parts := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			u := pieces(17, i, 16, udp(1000, 53, text("0123456789abcdefXYZ")))
			if d.Decode(101, u[0], len(u[0]), 0, &p); p.Datagram != 0 {
				n++
			}
		}
		return n
	}
	if n := parts(0, 100); n != maxBare {
		t.Errorf("%d parts, want %d", n, maxBare)
	}
	u := pieces(17, 0, 16, udp(1000, 53, text("0123456789abcdefXYZ")))
	d.Decode(101, u[1], len(u[1]), 0, &p)
	if n := parts(100, 105); n != 5 {
		t.Errorf("%d parts after a later fragment, want 5", n)
	}
}
