package servmap

import (
	"net/netip"
	"slices"
	"testing"
)

func TestFold(t *testing.T) {
	standard := Settings{}
	tests := []struct {
		name      string
		settings  Settings
		addr      string
		broadcast bool
		want      string
	}{
		{"private 10", standard, "10.1.2.3", false, "10.1.2.3"},
		{"private 172", standard, "172.31.255.254", false, "172.31.255.254"},
		{"just outside 172", standard, "172.32.0.1", false, "remote"},
		{"private 192", standard, "192.168.0.1", false, "192.168.0.1"},
		{"link-local", standard, "169.254.7.7", false, "169.254.7.7"},
		{"public", standard, "203.0.113.9", false, "remote"},
		{"unique local", standard, "fd00::1", false, "fd00::1"},
		{"IPv6 link-local", standard, "fe80::1", false, "fe80::1"},
		{"global IPv6", standard, "2001:db8::1", false, "remote"},
		{"loopback", standard, "127.0.0.53", false, "127.0.0.53"},
		{"IPv6 loopback", standard, "::1", false, "::1"},
		{"unspecified", standard, "0.0.0.0", false, "0.0.0.0"},
		{"IPv6 unspecified", standard, "::", false, "::"},
		{"multicast", standard, "224.0.0.251", false, "multicast"},
		{"IPv6 multicast", standard, "ff02::fb", false, "multicast"},
		{"limited broadcast", standard, "255.255.255.255", false, "broadcast"},
		{"directed broadcast", standard, "192.168.0.255", true, "broadcast"},
		{"looks directed, was not", standard, "192.168.0.255", false, "192.168.0.255"},
		{"multicast in a broadcast frame", standard, "224.0.0.251", true, "broadcast"},
		{"IPv6 in a broadcast frame", standard, "ff02::1", true, "multicast"},

		{"own networks replace the list", Settings{LocalNetworks: prefixes("203.0.113.0/24")}, "10.1.2.3", false, "remote"},
		{"own networks", Settings{LocalNetworks: prefixes("203.0.113.0/24")}, "203.0.113.9", false, "203.0.113.9"},
		{"host bits in own network", Settings{LocalNetworks: prefixes("203.0.113.77/24")}, "203.0.113.9", false, "203.0.113.9"},
		{"loopback beside own networks", Settings{LocalNetworks: prefixes("203.0.113.0/24")}, "127.0.0.1", false, "127.0.0.1"},
		{"multicast beside a network of everything", Settings{LocalNetworks: prefixes("0.0.0.0/0")}, "239.1.1.1", false, "multicast"},

		{"device", Settings{DeviceIPs: addrs("198.51.100.7")}, "198.51.100.7", false, "198.51.100.7"},
		{"not the device", Settings{DeviceIPs: addrs("198.51.100.7")}, "198.51.100.8", false, "remote"},

		{"multicast as the original", Settings{MulticastRemote: true}, "224.0.0.251", false, "remote"},
		{"broadcast as the original", Settings{MulticastRemote: true}, "255.255.255.255", false, "remote"},
		{"local as ever", Settings{MulticastRemote: true}, "10.0.0.1", false, "10.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := NewPerimeter(tt.settings).Host(netip.MustParseAddr(tt.addr), tt.broadcast).String()
			if got != tt.want {
				t.Errorf("Fold(%s, %t) = %s, want %s", tt.addr, tt.broadcast, got, tt.want)
			}
		})
	}
}

func TestHostOrder(t *testing.T) {
	want := []string{"0.0.0.0", "9.255.255.255", "10.0.0.2", "10.0.0.10", "::", "fe80::2", "fe80::10", "broadcast", "multicast", "remote"}
	hosts := make([]Host, len(want))
	for i, s := range want {
		hosts[len(want)-1-i] = HostNamed(s)
	}
	slices.SortFunc(hosts, Host.Compare)
	got := make([]string, len(hosts))
	for i, h := range hosts {
		got[i] = h.String()
	}
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestHostNamedKnowsEverySpelling(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"2001:0DB8:0:0::1", "2001:db8::1"},
		{"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
		{"10.0.0.1", "10.0.0.1"},
		{"remote", "remote"},
		{"10.0.0.256", "10.0.0.256"},
		{"fe80::1%eth0", "fe80::1%eth0"},
	} {
		if got := HostNamed(tt.text).String(); got != tt.want {
			t.Errorf("HostNamed(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if HostNamed("remote") != Remote {
		t.Error("the word remote is not the host Remote")
	}
}

func prefixes(words ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(words))
	for i, w := range words {
		out[i] = netip.MustParsePrefix(w)
	}
	return out
}

func addrs(words ...string) []netip.Addr {
	out := make([]netip.Addr, len(words))
	for i, w := range words {
		out[i] = netip.MustParseAddr(w)
	}
	return out
}
