package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/pcapio"
	"servmap/servmap/findings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// mixed makes two captures of traffic of many kinds, and returns how many packets there are.
type mixed struct {
	t    *testing.T
	out  [2]*pcapgo.Writer
	n    int
	vlan uint16
}

// packet writes a packet of the layers behind Ethernet, to the files in turns.
func (m *mixed) packet(kind layers.EthernetType, rest ...gopacket.SerializableLayer) {
	m.t.Helper()
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 1, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: kind}
	stack := []gopacket.SerializableLayer{eth}
	if m.vlan != 0 {
		eth.EthernetType = layers.EthernetTypeDot1Q
		stack = append(stack, &layers.Dot1Q{VLANIdentifier: m.vlan, Type: kind})
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, append(stack, rest...)...); err != nil {
		m.t.Fatal(err)
	}
	m.n++
	info := gopacket.CaptureInfo{Timestamp: captureStart.Add(time.Duration(m.n) * 50 * time.Millisecond), CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes())}
	if err := m.out[m.n%2].WritePacket(info, buf.Bytes()); err != nil {
		m.t.Fatal(err)
	}
}

// four and six write a packet of IPv4 and IPv6; the latter with a header of options in between where that is asked for.
func (m *mixed) four(src, dst string, protocol layers.IPProtocol, rest ...gopacket.SerializableLayer) {
	m.packet(layers.EthernetTypeIPv4, append([]gopacket.SerializableLayer{&layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: net.ParseIP(src).To4(), DstIP: net.ParseIP(dst).To4()}}, rest...)...)
}

func (m *mixed) six(src, dst string, protocol layers.IPProtocol, rest ...gopacket.SerializableLayer) {
	m.packet(layers.EthernetTypeIPv6, append([]gopacket.SerializableLayer{&layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: net.ParseIP(src), DstIP: net.ParseIP(dst)}}, rest...)...)
}

func udp(src, dst int) *layers.UDP {
	return &layers.UDP{SrcPort: layers.UDPPort(src), DstPort: layers.UDPPort(dst), Length: 12}
}

func tcp(src, dst int, syn, ack bool) *layers.TCP {
	return &layers.TCP{SrcPort: layers.TCPPort(src), DstPort: layers.TCPPort(dst), Seq: 1, Window: 100, SYN: syn, ACK: ack}
}

// fragments writes a datagram in two fragments, the second first.
func (m *mixed) fragments(src, dst string, id uint16, port int) {
	ip := layers.IPv4{Version: 4, TTL: 64, Id: id, Protocol: layers.IPProtocolUDP, SrcIP: net.ParseIP(src).To4(), DstIP: net.ParseIP(dst).To4()}
	second, first := ip, ip
	second.FragOffset, first.Flags = 3, layers.IPv4MoreFragments
	m.packet(layers.EthernetTypeIPv4, &second, gopacket.Payload("the rest of it"))
	u := udp(40000, port)
	u.Length = 8 + 16 + 14
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{}, u, gopacket.Payload("0123456789abcdef")); err != nil {
		m.t.Fatal(err)
	}
	m.packet(layers.EthernetTypeIPv4, &first, gopacket.Payload(buf.Bytes()))
}

func (m *mixed) all() {
	for i := range 24 {
		m.vlan = uint16(i % 3 * 7) // of a third of them none
		host, port := fmt.Sprintf("10.42.0.%d", 140+i), 2000+i
		remote := fmt.Sprintf("203.0.113.%d", 1+i)
		m.four("10.42.0.130", remote, layers.IPProtocolTCP, tcp(30000+i, port, true, false))
		m.four(remote, "10.42.0.130", layers.IPProtocolTCP, tcp(port, 30000+i, true, true))
		m.four("10.42.0.130", remote, layers.IPProtocolTCP, tcp(30000+i, port, false, true), gopacket.Payload("\x01\x02\x03what is it"))
		m.four(host, "10.42.0.130", layers.IPProtocolUDP, udp(5000, 6000+i), gopacket.Payload("\xff\xfe\xfd\xfc"))
		m.four("10.42.0.130", host, layers.IPProtocolUDP, udp(6000+i, 5000), gopacket.Payload("\xff\xfe\xfd\xfc"))
	}
	m.vlan = 0
	for i := range 6 {
		m.fragments("10.42.0.130", fmt.Sprintf("198.51.100.%d", 1+i), uint16(i+1), 7000+i)
		m.four(fmt.Sprintf("198.51.100.%d", 1+i), "10.42.0.130", layers.IPProtocolUDP, udp(7000+i, 40000), gopacket.Payload("\xff\xfe\xfd\xfc"))
		six := fmt.Sprintf("fd77::%x", 0x100+i)
		m.six(six, "fd77::1", layers.IPProtocolICMPv6, &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}, gopacket.Payload("ping"))
		m.six("fd77::1", six, layers.IPProtocolICMPv6, &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(129, 0)}, gopacket.Payload("ping"))
		m.six(six, "fd77::1", layers.IPProtocolUDP, udp(9000, 9000), gopacket.Payload("\xff\xfe\xfd\xfc"))
		m.four(fmt.Sprintf("192.0.2.%d", 1+i), "10.42.0.130", layers.IPProtocolICMPv4, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, gopacket.Payload("ping"))
		outer := fmt.Sprintf("192.0.2.%d", 100+i)
		m.four("10.42.0.1", outer, layers.IPProtocolGRE, &layers.GRE{Protocol: layers.EthernetTypeIPv4},
			&layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IP{172, 16, 0, byte(i)}, DstIP: net.IP{172, 16, 1, 1}}, udp(1000, 1001), gopacket.Payload("\xff\xfe\xfd\xfc"))
		m.four("10.42.0.1", outer, 99, gopacket.Payload("what is that"))
	}
}

// packetsOf are the packets of captures, as time and bytes.
func packetsOf(t *testing.T, paths ...string) (out []string) {
	t.Helper()
	r, err := pcapio.Open(paths, pcapio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p pcapio.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d %x", p.Time, p.Data))
	}
}

// TestEvidenceIsWhatTcpdumpSelects compares, for findings of many kinds, what --evidence writes with what tcpdump selects
// by the expression that stands in the finding.
func TestEvidenceIsWhatTcpdumpSelects(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip(err)
	}
	dir := folder(t)
	m := &mixed{t: t}
	names := []string{"a.pcap", "b.pcap"}
	for i, name := range names {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m.out[i] = pcapgo.NewWriter(f)
		if err := m.out[i].WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
			t.Fatal(err)
		}
	}
	m.all()
	got := runIn(t, dir, "check", "-q", "--report", "report.json", "--evidence", "evidence", "--fail-on", "info", "-o", "lines", "a.pcap", "b.pcap")
	if got.status != 1 {
		t.Fatalf("%+v", got)
	}
	var report struct {
		Servmap struct{ Findings []*findings.Finding } `json:"@servmap"`
	}
	if err := json.Unmarshal([]byte(read(t, dir, "report.json")), &report); err != nil {
		t.Fatal(err)
	}
	kinds, compared, tunnels := map[string]int{}, 0, 0
	for _, f := range report.Servmap.Findings {
		kinds[f.Kind]++
		file := filepath.Join(dir, "evidence", f.ID+".pcapng")
		expression, tcpdump := f.Expression()
		if expression == "" || f.IsWide() {
			t.Errorf("%s %s: no exact expression: %q", f.Kind, f.Title, f.Filter)
			continue
		}
		have := packetsOf(t, file)
		if f.Kind != "tunnel" && uint64(len(have)) != f.Packets {
			t.Errorf("%s %s: %d packets, want %d, by %s", f.Kind, f.Title, len(have), f.Packets, f.Filter)
		}
		if !tcpdump {
			tunnels++
			continue
		}
		var want []string
		for _, name := range names {
			part := filepath.Join(dir, name+"-"+f.ID)
			cmd := exec.Command("tcpdump", "-r", filepath.Join(dir, name), "-w", part, expression)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("tcpdump %q: %v %s", expression, err, out)
			}
			if info, err := os.Stat(part); err == nil && info.Size() > 24 {
				want = append(want, packetsOf(t, part)...)
			}
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(have, want) || len(want) == 0 {
			t.Errorf("%s %s: %d packets, and tcpdump selects %d by %s", f.Kind, f.Title, len(have), len(want), expression)
		}
		compared++
	}
	if compared < 50 || len(kinds) < 4 || tunnels == 0 {
		t.Errorf("%d findings compared, of the kinds %v, %d inside tunnels", compared, kinds, tunnels)
	}
	if said := strings.TrimSpace(got.stderr); said != "" {
		t.Errorf("said %s", said)
	}
}
