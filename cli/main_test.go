package cli

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// servmapBinary builds the program for the few tests that need a process.
var servmapBinary = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "servmap")
	if err != nil {
		panic(err)
	}
	binaryFolder = dir
	path := filepath.Join(dir, "servmap")
	build := exec.Command("go", "build", "-o", path, "servmap")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	return path
})

// binaryFolder is where the program was built, empty where it was not.
var binaryFolder string

func TestMain(m *testing.M) {
	status := m.Run()
	if binaryFolder != "" {
		_ = os.RemoveAll(binaryFolder)
	}
	os.Exit(status)
}

// result is what a run of the program left.
type result struct {
	stdout, stderr string
	status         int
}

// program prepares a run in dir.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(servmapBinary(), args...)
	cmd.Dir = dir
	return cmd
}

// inFolder holds the working directory of the process, which a run changes.
var inFolder sync.Mutex

// runIn runs a command in this process, in dir and with the given standard
// input.
func runIn(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	go func() {
		_, _ = io.WriteString(w, stdin) // the command may not want all of it
		_ = w.Close()
	}()
	var stdout, stderr bytes.Buffer
	status := mainIn(t, dir, in, &stdout, &stderr, args)
	return result{stdout.String(), stderr.String(), status}
}

// mainIn calls Main in dir.
func mainIn(t testing.TB, dir string, in *os.File, out, messages io.Writer, args []string) int {
	inFolder.Lock()
	defer inFolder.Unlock()
	before, err := os.Getwd()
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.Chdir(before); err != nil {
			t.Fatal(err)
		}
	}()
	return Main(args, in, out, messages)
}

// write puts a file into dir.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A frame is a packet of a capture made for a test.
type frame struct {
	// at is its time in seconds.
	at float64
	// src and dst are "10.0.0.1:80"; proto is tcp, udp or icmp.
	proto, src, dst string
	flags           string
	payload         string
}

var captureStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pcap makes a capture of frames.
func pcap(t *testing.T, frames ...frame) string {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		data := f.bytes(t)
		at := captureStart.Add(time.Duration(f.at * float64(time.Second)))
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func (f frame) bytes(t *testing.T) []byte {
	t.Helper()
	srcIP, srcPort := endpoint(t, f.src)
	dstIP, dstPort := endpoint(t, f.dst)
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: srcIP, DstIP: dstIP}
	stack := []gopacket.SerializableLayer{eth, ip}
	switch f.proto {
	case "tcp":
		ip.Protocol = layers.IPProtocolTCP
		tcp := &layers.TCP{SrcPort: layers.TCPPort(srcPort), DstPort: layers.TCPPort(dstPort), Seq: 1, Window: 1000,
			SYN: strings.Contains(f.flags, "S"), ACK: strings.Contains(f.flags, "A"), RST: strings.Contains(f.flags, "R")}
		if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		stack = append(stack, tcp)
	case "udp":
		ip.Protocol = layers.IPProtocolUDP
		udp := &layers.UDP{SrcPort: layers.UDPPort(srcPort), DstPort: layers.UDPPort(dstPort)}
		if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		stack = append(stack, udp)
	case "icmp":
		ip.Protocol = layers.IPProtocolICMPv4
		stack = append(stack, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)})
	}
	buf := gopacket.NewSerializeBuffer()
	opt := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opt, append(stack, gopacket.Payload(f.payload))...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func endpoint(t *testing.T, s string) (net.IP, uint16) {
	t.Helper()
	var a, b, c, d byte
	var port uint16
	if n, err := fmt.Sscanf(s, "%d.%d.%d.%d:%d", &a, &b, &c, &d, &port); n < 4 {
		t.Fatalf("%q is no endpoint: %v", s, err)
	}
	return net.IPv4(a, b, c, d), port
}

// dnsQuery is the payload of a query for a name's address (RFC 1035, 4).
func dnsQuery(name string) string {
	b := binary.BigEndian.AppendUint16(nil, 0x1234)
	b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for _, label := range strings.Split(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return string(append(b, 0, 0, 1, 0, 1))
}

// baseline is a host that asks its router for names, and talks TLS's port and
// pings.
func baseline() []frame {
	return []frame{
		{0, "udp", "10.42.0.130:40000", "10.42.0.1:53", "", dnsQuery("www.example.com")},
		{0.5, "tcp", "10.42.0.130:40001", "203.0.113.80:443", "S", ""},
		{0.6, "tcp", "203.0.113.80:443", "10.42.0.130:40001", "SA", ""},
		{0.7, "tcp", "10.42.0.130:40001", "203.0.113.80:443", "A", ""},
		{1, "icmp", "10.42.0.130", "10.42.0.1", "", "ping"},
		{300, "udp", "10.42.0.130:40003", "10.42.0.1:53", "", dnsQuery("ftp.example.com")},
		{301, "tcp", "10.42.0.130:40004", "203.0.113.80:443", "S", ""},
	}
}

// suspect is the same host with a peer and a protocol that the baseline has
// not, and a stranger that pings it.
func suspect() []frame {
	return []frame{
		{1000, "udp", "10.42.0.130:41000", "10.42.0.1:53", "", dnsQuery("www.example.com")},
		{1001, "icmp", "10.42.0.130", "203.0.113.7", "", "ping"},
		{1002, "udp", "10.42.0.130:41001", "10.42.0.96:50000", "", "\x01\x02\x03\x04"},
		{1003, "icmp", "198.51.100.7", "10.42.0.130", "", "ping"},
		{1004, "udp", "10.42.0.130:41002", "10.42.0.1:50001", "", "\x01\x02\x03\x04"},
	}
}
