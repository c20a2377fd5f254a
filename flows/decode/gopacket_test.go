package decode

import (
	"bytes"
	"net"
	"net/netip"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// serialised is the frame that gopacket makes of the layers.
func serialised(t *testing.T, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// TestGopacketWrites decodes what another program wrote.
func TestGopacketWrites(t *testing.T) {
	ethernet := func(next layers.EthernetType) *layers.Ethernet {
		return &layers.Ethernet{SrcMAC: macA, DstMAC: macB, EthernetType: next}
	}
	v4 := func(p layers.IPProtocol) *layers.IPv4 {
		return &layers.IPv4{Version: 4, TTL: 64, Protocol: p, SrcIP: net.IP(hostA), DstIP: net.IP(hostB),
			Options: []layers.IPv4Option{{OptionType: 1}, {OptionType: 1}, {OptionType: 1}, {OptionType: 0}}}
	}
	v6 := func(p layers.IPProtocol) *layers.IPv6 {
		return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: p, SrcIP: net.IP(hostA6), DstIP: net.IP(hostB6)}
	}
	tcp := &layers.TCP{SrcPort: 12345, DstPort: 443, Seq: 0x01020304, Ack: 0x05060708, ACK: true, PSH: true, DataOffset: 5,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}}}}
	payload := gopacket.Payload("abc")
	tests := []struct {
		name  string
		parts []gopacket.SerializableLayer
		want  Packet
	}{
		{"IPv4", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeIPv4), v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(nil)},
		{"IPv6", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeIPv6), v6(layers.IPProtocolTCP), tcp, payload}, onEthernet(asIPv6)},
		{"UDP", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeIPv4), v4(layers.IPProtocolUDP), &layers.UDP{SrcPort: 1000, DstPort: 53}, payload},
			onEthernet(ordinary(17, 1000, 53, payload))},
		{"VLAN", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4},
			v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(func(p *Packet) { p.VLAN = 5 })},
		{"MPLS", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeMPLSUnicast), &layers.MPLS{Label: 16, StackBottom: true},
			v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(nil)},
		{"PPPoE", []gopacket.SerializableLayer{ethernet(layers.EthernetTypePPPoESession), &layers.PPPoE{Version: 1, Type: 1},
			&layers.PPP{PPPType: layers.PPPTypeIPv4}, v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(nil)},
		{"GRE", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeIPv4), &layers.IPv4{Version: 4, Protocol: layers.IPProtocolGRE,
			SrcIP: net.IP(outerA), DstIP: net.IP(outerB)}, &layers.GRE{KeyPresent: true, Key: 1, Protocol: layers.EthernetTypeIPv4},
			v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(both(through(TunnelGRE, 7), ofTenant))},
		{"VXLAN", []gopacket.SerializableLayer{ethernet(layers.EthernetTypeIPv4), &layers.IPv4{Version: 4, Protocol: layers.IPProtocolUDP,
			SrcIP: net.IP(outerA), DstIP: net.IP(outerB)}, &layers.UDP{SrcPort: 9999, DstPort: 4789}, &layers.VXLAN{ValidIDFlag: true, VNI: 7},
			ethernet(layers.EthernetTypeIPv4), v4(layers.IPProtocolTCP), tcp, payload}, onEthernet(through(TunnelVXLAN, 5))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frame := serialised(t, test.parts...)
			got, _ := decodeOne(vector{link: 1, frame: frame}, true)
			compare(t, got, test.want, len(frame))
		})
	}
}

// TestGopacketReads lets another program read the vectors that it can.
func TestGopacketReads(t *testing.T) {
	read := 0
	for _, v := range append(linkVectors(), networkVectors()...) {
		first := map[uint16]gopacket.Decoder{1: layers.LayerTypeEthernet, 228: layers.LayerTypeIPv4, 229: layers.LayerTypeIPv6, 113: layers.LayerTypeLinuxSLL}[v.link]
		if v.link == 101 && len(v.frame) > 0 {
			first = map[byte]gopacket.Decoder{4: layers.LayerTypeIPv4, 6: layers.LayerTypeIPv6}[v.frame[0]>>4]
		}
		if first == nil || v.want.Kind != IP || v.want.Malformed {
			continue
		}
		other := gopacket.NewPacket(v.frame, first, gopacket.Default)
		if other.ErrorLayer() != nil || other.TransportLayer() == nil || other.Metadata().Truncated {
			continue
		}
		read++
		t.Run(v.name, func(t *testing.T) {
			p, _ := decodeOne(v, true)
			src, dst := p.Addrs()
			flow := other.NetworkLayer().NetworkFlow()
			if s, _ := netip.AddrFromSlice(flow.Src().Raw()); s != src {
				t.Errorf("source %v, gopacket %v", src, s)
			}
			if d, _ := netip.AddrFromSlice(flow.Dst().Raw()); d != dst {
				t.Errorf("destination %v, gopacket %v", dst, d)
			}
			ports := other.TransportLayer().TransportFlow()
			if be16(ports.Src().Raw()) != p.SrcPort || be16(ports.Dst().Raw()) != p.DstPort {
				t.Errorf("ports %d and %d, gopacket %v", p.SrcPort, p.DstPort, ports)
			}
			if carried := other.TransportLayer().LayerPayload(); p.Protocol != protoSCTP && !bytes.Equal(carried, p.Payload) {
				t.Errorf("payload %q, gopacket %q", p.Payload, carried)
			}
		})
	}
	if read < 20 {
		t.Errorf("gopacket read %d vectors only", read)
	}
}
