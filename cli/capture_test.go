package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// A frame is a packet of a capture made for a test.
type frame struct {
	// at is its time in seconds after captureStart.
	at float64
	// src and dst are "10.0.0.1:80", or "10.0.0.1" for icmp; proto is tcp, udp
	// or icmp.
	proto, src, dst string
	// flags are letters of S, A and R, for TCP alone.
	flags   string
	payload string
}

var captureStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// storedFrames reads a text of testdata/captures.
func storedFrames(t *testing.T, name string) []frame {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(packageFolder, "testdata", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	frames, err := parseFrames(string(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return frames
}

// parseFrames reads packets from a text, in the form that
// testdata/script/README.md describes.
func parseFrames(text string) ([]frame, error) {
	var frames []frame
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f, err := parseFrame(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		frames = append(frames, f)
	}
	return frames, nil
}

func parseFrame(line string) (frame, error) {
	rest := line
	word := func() (w string) {
		w, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimSpace(rest)
		return w
	}
	at, err := strconv.ParseFloat(word(), 64)
	f := frame{at: at, proto: word(), src: word(), dst: word()}
	if err != nil || f.dst == "" {
		return frame{}, errors.New("expected seconds, protocol, source and destination")
	}
	if f.proto == "tcp" {
		f.flags = word()
	}
	name, isQuery := strings.CutPrefix(rest, "dns ")
	if isQuery {
		rest = strings.TrimSpace(name)
	}
	if f.payload = rest; strings.HasPrefix(rest, `"`) {
		f.payload, err = strconv.Unquote(rest)
	} else if rest != "" && !isQuery {
		err = fmt.Errorf("%s: expected dns NAME or a string in quotation marks", rest)
	}
	if isQuery {
		f.payload = dnsQuery(f.payload)
	}
	return f, err
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

// pcap makes a capture of frames.
func pcap(t testing.TB, frames ...frame) string {
	t.Helper()
	s, err := encodePcap(frames)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encodePcap(frames []frame) (string, error) {
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		return "", err
	}
	for _, f := range frames {
		data, err := f.encode()
		if err != nil {
			return "", err
		}
		at := captureStart.Add(time.Duration(f.at * float64(time.Second)))
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// bytes is the Ethernet frame.
func (f frame) bytes(t testing.TB) []byte {
	t.Helper()
	data, err := f.encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (f frame) encode() ([]byte, error) {
	srcIP, srcPort, err := endpoint(f.src)
	if err != nil {
		return nil, err
	}
	dstIP, dstPort, err := endpoint(f.dst)
	if err != nil {
		return nil, err
	}
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: srcIP, DstIP: dstIP}
	stack := []gopacket.SerializableLayer{eth, ip}
	switch f.proto {
	case "tcp":
		ip.Protocol = layers.IPProtocolTCP
		tcp := &layers.TCP{SrcPort: layers.TCPPort(srcPort), DstPort: layers.TCPPort(dstPort), Seq: 1, Window: 1000,
			SYN: strings.Contains(f.flags, "S"), ACK: strings.Contains(f.flags, "A"), RST: strings.Contains(f.flags, "R")}
		err = tcp.SetNetworkLayerForChecksum(ip)
		stack = append(stack, tcp)
	case "udp":
		ip.Protocol = layers.IPProtocolUDP
		udp := &layers.UDP{SrcPort: layers.UDPPort(srcPort), DstPort: layers.UDPPort(dstPort)}
		err = udp.SetNetworkLayerForChecksum(ip)
		stack = append(stack, udp)
	case "icmp":
		ip.Protocol = layers.IPProtocolICMPv4
		stack = append(stack, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)})
	default:
		err = fmt.Errorf("%q: expected tcp, udp or icmp", f.proto)
	}
	if err != nil {
		return nil, err
	}
	buf := gopacket.NewSerializeBuffer()
	opt := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	err = gopacket.SerializeLayers(buf, opt, append(stack, gopacket.Payload(f.payload))...)
	return buf.Bytes(), err
}

// endpoint reads an address and, where there is one, a port.
func endpoint(s string) (net.IP, uint16, error) {
	var a, b, c, d byte
	var port uint16
	if n, err := fmt.Sscanf(s, "%d.%d.%d.%d:%d", &a, &b, &c, &d, &port); n < 4 {
		return nil, 0, fmt.Errorf("%q is no endpoint: %v", s, err)
	}
	return net.IPv4(a, b, c, d), port, nil
}
