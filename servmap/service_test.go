package servmap

import (
	"testing"

	"servmap/classify"
	"servmap/flows"
)

// TestServices names what flows are instances of.
func TestServices(t *testing.T) {
	for _, tt := range []struct {
		name       string
		app        string
		confidence classify.Confidence
		protocol   uint8
		sport      uint16
		dport      uint16
		want       string
	}{
		{"recognised", "TLS.Amazon", classify.ByPayload, 6, 40000, 443, "TLS.Amazon"},
		{"not recognised", "Unknown", 0, 6, 40000, 5007, "Unknown:tcp/5007"},
		{"a guess by port", "TLS", classify.ByPort, 6, 40000, 443, "Unknown:tcp/443"},
		{"a guess by the owner of the address", "Amazon", classify.ByAddress, 6, 40000, 8443, "Unknown:tcp/8443"},
		{"of TCP the destination's port, however high", "Unknown", 0, 6, 80, 50000, "Unknown:tcp/50000"},
		{"of UDP the low port, at the source", "Unknown", 0, 17, 5007, 50000, "Unknown:udp/5007"},
		{"of UDP the low port, at the destination", "Unknown", 0, 17, 50000, 5007, "Unknown:udp/5007"},
		{"two low ports", "Unknown", 0, 17, 5007, 6000, "Unknown:udp/6000"},
		{"two high ports", "Unknown", 0, 17, 62977, 62976, "Unknown:udp/62976"},
		{"32768 is high", "Unknown", 0, 17, 32767, 32768, "Unknown:udp/32767"},
		{"32768 at the source is high, too", "Unknown", 0, 17, 32768, 40000, "Unknown:udp/40000"},
		{"port 0 is none", "Unknown", 0, 17, 0, 40000, "Unknown:udp/40000"},
		{"SCTP", "Unknown", 0, 132, 40000, 2905, "Unknown:sctp/2905"},
		{"a protocol without ports", "Unknown", 0, 253, 0, 0, "Unknown:ip/253"},
	} {
		var s services
		f := &flows.Flow{Application: tt.app, Confidence: tt.confidence, Protocol: tt.protocol, SrcPort: tt.sport, DstPort: tt.dport}
		for range 2 { // the second time the text is one that is kept
			if got := s.of(f); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		}
	}
}

func TestFamilies(t *testing.T) {
	for service, want := range map[string]string{
		"TLS.Amazon": Web, "QUIC": Web, "HTTP.Microsoft": Web, "DNS.Google": "DNS", "MDNS": "MDNS", "DTLS.Zoom": "DTLS", "Unknown:tcp/443": "Unknown:tcp/443",
	} {
		if got := Family(service); got != want {
			t.Errorf("%s is of the family %s, want %s", service, got, want)
		}
	}
}

// TestAttempts tells what only tried from what is judged as if it was answered.
func TestAttempts(t *testing.T) {
	local := HostNamed("10.0.0.2")
	for _, tt := range []struct {
		name     string
		protocol uint8
		packets  uint64
		bytes    uint64
		answered bool
		dst      Host
		want     bool
	}{
		{"a SYN", 6, 1, 54, false, local, true},
		{"to outside", 6, 1, 54, false, Remote, true},
		{"answered", 6, 1, 54, true, local, false},
		{"five packets", 17, 5, 5 * 60, false, local, true},
		{"six packets", 17, 6, 6 * 60, false, local, false},
		{"1,000 bytes of payload", 17, 1, 1042, false, local, true},
		{"1,001 bytes of payload", 17, 1, 1043, false, local, false},
		{"TCP has longer headers", 6, 1, 1054, false, local, true},
		{"1,001 bytes over TCP", 6, 1, 1055, false, local, false},
		{"to a group", 17, 1, 60, false, Multicast, false},
		{"to all", 17, 1, 60, false, Broadcast, false},
	} {
		f := &flows.Flow{Protocol: tt.protocol, Answered: tt.answered, Src2Dst: flows.Direction{Packets: tt.packets, Bytes: tt.bytes}}
		if got := IsAttempt(f, tt.dst); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if Attempted(local) != AttemptsLocal || Attempted(Remote) != AttemptsRemote || !IsAttempts(AttemptsLocal) || !IsAttempts(AttemptsRemote) || IsAttempts(Remote) {
		t.Error("the words for attempts are mixed up")
	}
}

// TestNetworks puts hosts and their neighbours together.
func TestNetworks(t *testing.T) {
	for host, want := range map[string]string{"10.1.2.3": "10.1.2.0/24", "fd00:1:2:3:4::5": "fd00:1:2:3::/64"} {
		if got := HostNamed(host).Network().String(); got != want {
			t.Errorf("%s is in %s, want %s", host, got, want)
		}
	}
}

// TestScatteredUDP learns that ports mean nothing where each of many flows has others, on both sides,
// between two local hosts.
func TestScatteredUDP(t *testing.T) {
	for _, tt := range []struct {
		name     string
		dst      string
		protocol uint8
		flows    int
		sameSrc  bool
		sameDst  bool
		want     bool
	}{
		{"eight flows", "10.0.0.2", 17, 8, false, false, true},
		{"seven flows", "10.0.0.2", 17, 7, false, false, false},
		{"one port here", "10.0.0.2", 17, 20, true, false, false},
		{"one port there", "10.0.0.2", 17, 20, false, true, false},
		{"TCP", "10.0.0.2", 6, 20, false, false, false},
		{"outside", "192.0.2.1", 17, 20, false, false, false},
		{"a group", "224.0.0.7", 17, 8, false, false, true},
	} {
		m := NewMap(Settings{})
		l := NewLearner(m, NewPerimeter(Settings{}))
		dst := HostNamed(tt.dst)
		for i := range tt.flows {
			f := flow("10.0.0.1", tt.dst, "Unknown", 90)
			f.Protocol, f.SrcPort, f.DstPort = tt.protocol, 50000, 40000
			if !tt.sameSrc {
				f.SrcPort += uint16(i)
			}
			if !tt.sameDst {
				f.DstPort += uint16(i)
			}
			_, dst = NewPerimeter(Settings{}).Ends(f)
			l.Learn(f)
		}
		l.Finish(nil)
		k := m.pairs.look(HostNamed("10.0.0.1"), dst)
		if got := k.Uses(anyUnknownUDP); got != tt.want {
			t.Errorf("%s: any port fits: %v, want %v", tt.name, got, tt.want)
		}
	}
}
