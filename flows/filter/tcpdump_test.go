package filter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"servmap/flows/decode"
	"servmap/pcapio"
)

// compared are the expressions that are tried on captures against tcpdump.
var compared = []string{
	"", "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "esp", "ah", "pim", "vrrp",
	"not ip and not ip6 and not arp", "ip proto 6", "ip6 proto 17", "proto 47", "proto (\\tcp or \\icmp)", "ether proto 0x88cc",
	"ether proto \\ip6",
	"host 192.168.1.1", "src host 192.168.0.1", "dst 8.8.8.8", "host 10.0.0.1 or 192.168.1.2", "src and dst net 192.168.0.0/16",
	"net 10", "net 192.168", "src net 172.16.0.0/12", "dst net 10.0.0.0 mask 255.0.0.0", "net 0.0.0.0 mask 0.0.0.1",
	"net fe80::/10", "dst net ff00::/8", "host ff02::fb", "ip host 224.0.0.251", "not net 192.168.0.0/16",
	"port 80", "port 443 or 80", "tcp port 443", "udp port 53", "src port 53", "dst port domain", "port http", "tcp dst port 443 or 80",
	"udp portrange 1024-65535", "src portrange 0-1023", "src and dst port 123", "port not 53", "port (80 or 8080)", "sctp port 2905",
	"ether host 01:00:5e:00:00:fb", "ether dst 33:33:00:00:00:fb", "broadcast", "multicast", "ip multicast", "ip6 multicast",
	"less 60", "greater 1000", "len = 66", "len != 66 and tcp", "vlan", "vlan 10", "vlan and tcp",
	"tcp or udp and port 53", "not tcp and port 53 or icmp", "not (tcp and port 443) and udp or host 10.0.0.1",
	"(tcp or udp) and not (port 53 or 443 or 80)", "!tcp && !udp",
}

// ipOffset has the link types that are compared, with where IP begins if
// nothing is in between. The headers of others vary in length, which tcpdump
// copes with in part.
var ipOffset = map[uint16]int{0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 113: 16, 228: 0, 229: 0, 276: 20}

// sample is a frame with what it was decoded to.
type sample struct {
	data   []byte
	packet decode.Packet
	link   uint16
}

// sampler collects frames and their packets.
type sampler struct {
	dec     decode.Decoder
	samples []sample
	packet  decode.Packet
}

func (s *sampler) add(link uint16, data []byte, origLen int, time int64) {
	s.packet.Number = uint64(len(s.samples)) * numbersEach
	s.samples = append(s.samples, sample{data: bytes.Clone(data), link: link})
	s.dec.Decode(link, data, origLen, time, &s.packet)
	s.keep()
	s.held()
}

func (s *sampler) held() {
	for s.dec.Next(&s.packet) {
		s.keep()
	}
}

func (s *sampler) keep() {
	p := s.packet
	p.Payload = nil
	if p.Number%numbersEach == 0 {
		s.samples[p.Number/numbersEach].packet = p
	}
}

// numbersEach is how many numbers a frame has: the packets of an A-MSDU have one each, and tcpdump
// looks at the first.
const numbersEach = 1 << 12

// flush ends a capture: fragments of the next one have nothing to do with it.
func (s *sampler) flush() {
	s.dec.Flush()
	s.held()
	s.dec = decode.Decoder{Tunnels: true}
}

// tcpdumpPath skips the test where there is no tcpdump.
func tcpdumpPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed: nothing to compare with")
	}
	return path
}

// pcapOf writes samples as a capture in which the second of a packet is its
// number.
func pcapOf(link uint16, samples []sample) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, 0xa1b2c3d4)
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = le.AppendUint32(out, 262144)
	out = le.AppendUint32(out, uint32(link))
	for i := range samples {
		s := &samples[i]
		out = le.AppendUint32(out, uint32(i))
		out = le.AppendUint32(out, 0)
		out = le.AppendUint32(out, uint32(len(s.data)))
		out = le.AppendUint32(out, uint32(s.packet.OrigLen))
		out = append(out, s.data...)
	}
	return out
}

// ask lets tcpdump tell which packets of a capture match.
func ask(path, expr string, capture []byte, n int) ([]bool, error) {
	cmd := exec.Command(path, "-r", "-", "-w", "-", expr)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(capture), &errs
	out, err := cmd.Output()
	if err != nil || len(out) < 24 {
		return nil, fmt.Errorf("%w: %s", err, errs.String())
	}
	match := make([]bool, n)
	le := binary.LittleEndian
	for out = out[24:]; len(out) >= 16; out = out[16+le.Uint32(out[8:]):] {
		match[le.Uint32(out)] = true
	}
	return match, nil
}

// why tells why a filter may differ from tcpdump on a packet, or nothing where
// it may not. The reasons are those of the package's documentation.
func why(expr string, s *sample) string {
	p := &s.packet
	switch {
	case p.Outermost != decode.NoTunnel:
		return "tunnel"
	case p.Fragment:
		return "fragment"
	case p.Kind == decode.Damaged:
		return "cut or damaged"
	case p.Kind == decode.NotIP && (p.Other == decode.OtherARP || p.Other == decode.OtherRARP) && (strings.Contains(expr, "host") ||
		strings.Contains(expr, "net") || strings.HasPrefix(expr, "dst ")):
		return "addresses in ARP"
	case s.link == 1 && len(s.data) >= 14 && !plainType(int(s.data[12])<<8|int(s.data[13])):
		return "layers before IP"
	case p.Version == 6 && len(s.data) > ipOffset[s.link]+6 && s.data[ipOffset[s.link]+6] != p.Protocol:
		return "IPv6 extension headers"
	}
	return ""
}

// plainType reports whether an EtherType carries IP itself, or what has no IP
// anywhere in it.
func plainType(etherType int) bool {
	switch etherType {
	case 0x8100, 0x88a8, 0x9100, 0x9200, 0x8847, 0x8848, 0x8864, 0x88e7, 0x88e5, 0x894f, 0x8909, 0xd28b, 0xdada:
		return false
	}
	return etherType > 1500
}

// compare tries the expressions on samples of one link type and returns how
// many packets differed for each reason.
func compare(t *testing.T, tcpdump string, link uint16, samples []sample, exprs []string) (matched int, reasons map[string]int) {
	capture := pcapOf(link, samples)
	reasons = make(map[string]int)
	for _, expr := range exprs {
		f, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ask(tcpdump, expr, capture, len(samples))
		if err != nil {
			if link == 1 {
				t.Errorf("%q: %v", expr, err)
			}
			continue // tcpdump refuses what a link type does not have
		}
		unexplained := 0
		for i := range samples {
			got := f.Match(&samples[i].packet)
			if want[i] {
				matched++
			}
			if got == want[i] {
				continue
			}
			reason := why(expr, &samples[i])
			reasons[reason]++
			if reason == "" {
				if unexplained++; unexplained <= 3 {
					s := &samples[i]
					t.Errorf("%q, link type %d: matches %v, tcpdump says %v, for % x\n%+v", expr, link, got, want[i], s.data[:min(len(s.data), 80)], s.packet)
				}
			}
		}
	}
	return matched, reasons
}

// TestTcpdump compares with tcpdump on the frames of the tables.
func TestTcpdump(t *testing.T) {
	tcpdump := tcpdumpPath(t)
	s := sampler{dec: decode.Decoder{Tunnels: true}}
	for i, f := range frames() {
		s.add(1, f.data, len(f.data), int64(i))
	}
	s.flush()
	var exprs []string
	for _, tc := range expressions {
		// Forms that only this language has.
		if strings.Contains(tc.expr, "gre") || strings.Contains(tc.expr, "proto udp") || strings.Contains(tc.expr, "or igmp)") ||
			strings.Contains(tc.expr, "proto ip6") || strings.Contains(tc.expr, "not (ip or ip6)") || tc.expr == "len < 0" {
			continue
		}
		exprs = append(exprs, tc.expr)
	}
	matched, reasons := compare(t, tcpdump, 1, s.samples, exprs)
	if matched < 100 {
		t.Errorf("tcpdump matched %d packets of all expressions", matched)
	}
	t.Logf("%d matches, differences %v", matched, reasons)
	for _, want := range []string{"tunnel", "fragment", "layers before IP", "IPv6 extension headers", "addresses in ARP"} {
		if reasons[want] == 0 {
			t.Errorf("no difference by %q, which is documented", want)
		}
	}
}

// TestTcpdumpCaptures compares with tcpdump on the captures in the folder that
// SERVMAP_DATA names, merged by link type.
func TestTcpdumpCaptures(t *testing.T) {
	tcpdump := tcpdumpPath(t)
	data := os.Getenv("SERVMAP_DATA")
	if data == "" {
		t.Skip("SERVMAP_DATA names no folder with captures")
	}
	if testing.Short() {
		t.Skip("short")
	}
	var paths []string
	for _, folder := range []string{"corpus", "robustness"} {
		found, err := filepath.Glob(filepath.Join(data, folder, "captures", "*"))
		if err != nil || len(found) == 0 {
			t.Errorf("no captures in %s of %s (%v)", folder, data, err)
		}
		paths = append(paths, found...)
	}
	byLink := make(map[uint16]*sampler)
	for _, path := range paths {
		sampleFile(t, path, byLink)
	}
	for _, link := range slices.Sorted(maps.Keys(byLink)) {
		samples := byLink[link].samples
		if _, ok := ipOffset[link]; !ok {
			t.Logf("link type %d: %d packets, not compared", link, len(samples))
			continue
		}
		matched, reasons := compare(t, tcpdump, link, samples, compared)
		t.Logf("link type %d: %d packets, %d expressions, %d matches, differences %v", link, len(samples), len(compared), matched, reasons)
	}
}

func sampleFile(t *testing.T, path string, byLink map[uint16]*sampler) {
	r, err := pcapio.Open([]string{path}, pcapio.Options{})
	if err != nil {
		t.Logf("%v", err)
		return
	}
	defer r.Close()
	var p pcapio.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		s := byLink[uint16(p.Link)]
		if s == nil {
			s = &sampler{dec: decode.Decoder{Tunnels: true}}
			byLink[uint16(p.Link)] = s
		}
		if len(p.Data) <= 262144 {
			s.add(uint16(p.Link), p.Data, p.OrigLen, p.Time)
		}
	}
	for _, s := range byLink {
		s.flush()
	}
}
