package flows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"servmap/pcapio"
)

// frame returns an Ethernet frame.
func frame(dst, src byte, etherType string, body ...string) []byte {
	return []byte(strings.Repeat(string(rune(dst)), 6) + "\x02\x00\x00\x00\x00" + string(rune(src)) + etherType + strings.Join(body, ""))
}

// arpFrame returns an ARP packet of the host n with the address 10.0.0.n; op is 1 or 2.
func arpFrame(op byte, mac byte, sender, asked byte) []byte {
	return frame(2, mac, "\x08\x06", "\x00\x01\x08\x00\x06\x04\x00"+string(rune(op)),
		"\x02\x00\x00\x00\x00"+string(rune(mac))+"\x0a\x00\x00"+string(rune(sender)), "\x00\x00\x00\x00\x00\x00\x0a\x00\x00"+string(rune(asked)))
}

// seen reads packets and returns what was sighted, and the flows between.
func seen(t *testing.T, workers int, packets []pcapio.Packet) []string {
	t.Helper()
	opt := defaults()
	opt.Workers = workers
	var got []string
	opt.Sight = func(s *Sighting) {
		got = append(got, fmt.Sprintf("%d: %d %x %v %x %v %v %#x %s", s.Time/second, s.Kind, s.MAC[5:], s.Addr, s.PeerMAC[5:], s.Peer, s.Tunnel, s.EtherType, s.Name))
	}
	e := allProtocols(t)
	if _, err := Run(context.Background(), &memory{packets: packets}, e, opt, func(f *Flow) error {
		got = append(got, fmt.Sprintf("flow %d", f.Number))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func sighted(seconds int64, data []byte) pcapio.Packet {
	return pcapio.Packet{Time: seconds * second, Data: data, OrigLen: len(data), Link: pcapio.LinkEthernet}
}

// TestSightings reads what ARP, neighbour discovery, DHCP and names tell. A claim is told again where
// another host has claimed the address since; a flow comes after what was seen before its release.
func TestSightings(t *testing.T) {
	udp := func(src, dst byte, from, to, body string) []byte {
		return frame(2, src, "\x08\x00", "\x45\x00\x00"+string(rune(28+len(body)))+"\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00"+string(rune(src))+"\x0a\x00\x00"+string(rune(dst)),
			from+to+"\x00"+string(rune(8+len(body)))+"\x00\x00", body)
	}
	name := udp(3, 9, "\x14\xe9", "\x14\xe9", "\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x02tv\x05local\x00\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x03")
	packets := []pcapio.Packet{
		sighted(100, arpFrame(2, 1, 1, 2)), sighted(101, arpFrame(2, 1, 1, 2)),
		sighted(102, name), sighted(102, arpFrame(2, 5, 1, 2)), sighted(103, arpFrame(2, 1, 1, 2)), sighted(104, arpFrame(1, 7, 7, 8)),
		sighted(104, frame(2, 7, "\x88\x92", "x")), sighted(105, frame(2, 7, "\x88\x92", "y")),
		sighted(400, arpFrame(2, 9, 9, 2)),
	}
	want := []string{
		"100: 7 00 invalid IP 00 invalid IP none 0x0 ", "100: 0 01 10.0.0.1 00 invalid IP none 0x0 ", "102: 5 00 10.0.0.3 00 invalid IP none 0x0 tv",
		"102: 0 05 10.0.0.1 00 invalid IP none 0x0 ", "103: 0 01 10.0.0.1 00 invalid IP none 0x0 ",
		"104: 0 07 10.0.0.7 00 invalid IP none 0x0 ", "104: 1 07 10.0.0.7 00 10.0.0.8 none 0x0 ",
		"104: 8 07 invalid IP 00 invalid IP none 0x8892 ", "flow 3", "400: 0 09 10.0.0.9 00 invalid IP none 0x0 ",
	}
	for _, workers := range []int{1, 3} {
		if got := seen(t, workers, packets); !slices.Equal(got, want) {
			t.Errorf("%d workers: got\n  %s\nwant\n  %s", workers, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
}

// TestLeases reads DHCP's messages.
func TestLeases(t *testing.T) {
	message := func(op, kind byte, yours string, options string) string {
		return string(rune(op)) + "\x01\x06\x00" + strings.Repeat("\x00", 12) + yours + strings.Repeat("\x00", 8) + "\x02\x00\x00\x00\x00\x07" +
			strings.Repeat("\x00", 10+192) + "\x63\x82\x53\x63\x35\x01" + string(rune(kind)) + options + "\xff"
	}
	packet := func(src byte, from, to, body string) []byte {
		n := 28 + len(body)
		head := []byte("\x45\x00\x00\x00\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00?\xff\xff\xff\xff" + from + to + "\x00\x00\x00\x00")
		head[2], head[3], head[15] = byte(n>>8), byte(n), src
		head[24], head[25] = byte((n-20)>>8), byte(n-20)
		return append(append(frame(2, src, "\x08\x00"), head...), body...)
	}
	ask := packet(7, "\x00\x44", "\x00\x43", message(1, 3, "\x00\x00\x00\x00", "\x0c\x02tv"))
	ack := packet(1, "\x00\x43", "\x00\x44", message(2, 5, "\x0a\x00\x00\x07", "\x03\x04\x0a\x00\x00\x01"))
	got := seen(t, 1, []pcapio.Packet{sighted(1, ask), sighted(2, ack), sighted(3, ack)})
	want := []string{
		"1: 7 00 invalid IP 00 invalid IP none 0x0 ", "1: 5 07 invalid IP 00 invalid IP none 0x0 tv", "2: 2 07 10.0.0.7 01 10.0.0.1 none 0x0 ", "2: 4 00 10.0.0.1 00 invalid IP none 0x0 ",
	}
	got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "flow") })
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for n := range ack { // nothing is read beyond the end
		seen(t, 1, []pcapio.Packet{sighted(1, ack[:n])})
	}
}
