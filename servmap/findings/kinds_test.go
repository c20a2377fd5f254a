package findings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/servmap"
)

const day = 24 * time.Hour

// change changes a flow. It makes tables of flows short.
type change func(*flows.Flow)

func ports(protocol uint8, src, dst uint16) change {
	return func(f *flows.Flow) { f.Protocol, f.SrcPort, f.DstPort = protocol, src, dst }
}

func seenAt(t time.Duration) change {
	return func(f *flows.Flow) {
		f.Src2Dst.First, f.Src2Dst.Last = int64(t), int64(t)
		f.Dst2Src.First, f.Dst2Src.Last = int64(t), int64(t)
	}
}

func unanswered(f *flows.Flow) { f.Answered, f.Dst2Src = false, flows.Direction{} }

func named(name string) change {
	return func(f *flows.Flow) { f.Info = classify.Found{ServerName: name}.Info() }
}

func ownedBy(owner string) change { return func(f *flows.Flow) { f.Owner = owner } }

func sends(bytes uint64) change { return func(f *flows.Flow) { f.Src2Dst.Bytes = bytes } }

// from has the source send with the MAC of the n-th host.
func from(n byte) change { return func(f *flows.Flow) { f.SrcMAC = macOf(n) } }

func macOf(n byte) [6]byte { return [6]byte{2, 0, 0, 0, 0, n} }

func host(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, n}) }

// made returns an answered flow of hosts that each have a MAC of their own: those of 10.0.0.0/24, and
// the router for all others.
func made(src, dst, app string, changes ...change) *flows.Flow {
	f := &flows.Flow{
		Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr(dst), Application: app, Protocol: 6, SrcPort: 40000, DstPort: 9, Certain: true, Answered: true, HasMAC: true,
		Src2Dst: flows.Direction{Packets: 1, Bytes: 60}, Dst2Src: flows.Direction{Packets: 1, Bytes: 60}, Confidence: classify.ByPayload,
	}
	for mac, a := range map[*[6]byte]netip.Addr{&f.SrcMAC: f.Src, &f.DstMAC: f.Dst} {
		*mac = macOf(254)
		if b := a.AsSlice(); len(b) == 4 && b[0] == 10 {
			*mac = macOf(b[3])
		}
	}
	seenAt(10 * day)(f)
	for _, c := range changes {
		c(f)
	}
	return f
}

// office is four days of a network. Hosts 11 to 15 are there every day, 16 to 20 each on one. All ask
// the resolver, read of the file server, go outside and announce themselves; 11 and 12 use SSH, each of
// one host; 12 speaks to 3 what nobody recognises; 21 stays inside; 4 is a server for all the world.
func office() (list []*flows.Flow, seen []flows.Sighting) {
	for d := range 4 {
		when := seenAt(time.Duration(d) * day)
		hosts := []byte{11, 12, 13, 14, 15, byte(16 + d)}
		if d == 3 {
			hosts = append(hosts, 20)
		}
		for _, n := range hosts {
			h := host(n).String()
			list = append(list, made(h, "10.0.0.1", "DNS", ports(17, 40000, 53), when), made(h, "10.0.0.2", "HTTP", ports(6, 40000, 80), when),
				made(h, "192.0.2.1", "TLS", ports(6, 40000, 443), named("www.example.com"), ownedBy("Amazon"), when), made(h, "224.0.0.251", "MDNS", ports(17, 5353, 5353), unanswered, when))
		}
		list = append(list, made("10.0.0.11", "10.0.0.2", "SSH", ports(6, 40000, 22), when), made("10.0.0.12", "10.0.0.3", "SSH", ports(6, 40000, 22), when),
			made("10.0.0.12", "10.0.0.3", "Unknown", ports(6, 40000, 5007), when), made("10.0.0.13", "10.0.0.3", "HTTP", ports(6, 40000, 80), when),
			made("10.0.0.21", "10.0.0.2", "HTTP", ports(6, 40000, 80), when), made("10.0.0.21", "10.0.0.2", "HTTP", ports(6, 40001, 80), when),
			made("192.0.2.9", "10.0.0.4", "TLS", ports(6, 40000, 443), when))
	}
	return list, []flows.Sighting{
		{Kind: flows.Offer, MAC: macOf(11), Peer: host(254)}, {Kind: flows.Router, Addr: host(254)}, {Kind: flows.Frame, MAC: macOf(50), EtherType: 0x8892},
		{Kind: flows.Called, MAC: macOf(11), Name: "tv"},
	}
}

// train returns the map of what was learned.
func train(list []*flows.Flow, seen []flows.Sighting) *servmap.Map {
	m := servmap.NewMap(servmap.Settings{IdleTimeout: 2 * time.Minute})
	l := servmap.NewLearner(m, servmap.NewPerimeter(m.Meta.Settings))
	for i := range seen {
		l.See(&seen[i])
	}
	for _, f := range list {
		l.Learn(f)
	}
	l.Finish([]servmap.Capture{{Name: "a.pcap", SHA256: "0123456789abcdef"}})
	return m
}

// check returns the findings.
func check(m *servmap.Map, original bool, list []*flows.Flow, seen []flows.Sighting) []*Finding {
	var s servmap.Settings
	if m.Meta != nil {
		s = m.Meta.Settings
	}
	c := servmap.NewChecker(m, servmap.NewPerimeter(s))
	collector := NewCollector(c, original)
	for i := range seen {
		c.See(&seen[i])
	}
	for _, f := range list {
		var j servmap.Judgement
		c.Check(f, &j)
		collector.Add(&j)
	}
	return collector.Finish([]string{"b.pcap"})
}

// repeated returns n flows.
func repeated(n int, one func(i int) *flows.Flow) (list []*flows.Flow) {
	for i := range n {
		list = append(list, one(i))
	}
	return list
}

// kindCase is a check by the office's map, and the findings it should bring.
type kindCase struct {
	name string
	list []*flows.Flow
	seen []flows.Sighting
	want []string
}

func TestKinds(t *testing.T) {
	m := train(office())
	for _, tt := range kindCases() {
		if got, want := shown(check(m, false, tt.list, tt.seen)), strings.Join(tt.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}

func kindCases() []kindCase {
	usual := made("10.0.0.11", "192.0.2.1", "TLS", named("www.example.com")) // which the map has
	lease := flows.Sighting{Kind: flows.Lease, MAC: macOf(11), Addr: host(111), Peer: host(254)}
	tries := func(n int) []*flows.Flow {
		return repeated(n, func(i int) *flows.Flow {
			return made("10.0.0.11", host(byte(200+i)).String(), "Unknown", ports(6, 40000, 23), unanswered)
		})
	}
	quiet, _ := office()
	return []kindCase{
		{"nothing new", quiet, nil, nil},
		{"a new host does what nobody does", []*flows.Flow{made("10.0.0.99", "192.0.2.5", "SSH")}, nil, []string{"high new-host: 10.0.0.99 is a new host and uses SSH"}},
		{"a new host does what its neighbours do", []*flows.Flow{made("10.0.0.99", "10.0.0.1", "DNS", ports(17, 1, 53)), made("10.0.0.99", "192.0.2.5", "TLS")}, nil,
			[]string{"medium new-host: 10.0.0.99 is a new host and uses DNS, TLS"}},
		{"and something else", []*flows.Flow{made("10.0.0.99", "10.0.0.1", "DNS", ports(17, 1, 53)), made("10.0.0.99", "10.0.0.2", "SSH")}, nil,
			[]string{"high new-host: 10.0.0.99 is a new host and uses DNS, SSH"}},
		{"two of them", []*flows.Flow{made("10.0.0.99", "192.0.2.5", "TLS"), made("10.0.0.98", "192.0.2.5", "TLS")}, nil,
			[]string{"medium new-host: 2 new hosts in 10.0.0.0/24 do what their neighbours do"}},
		{"a new host that nobody answers", []*flows.Flow{made("10.0.0.99", "10.0.0.2", "SSH", unanswered)}, nil, []string{"low new-host: 10.0.0.99 is a new host and uses SSH"}},
		{"a new host that announces itself", []*flows.Flow{made("10.0.0.99", "224.0.0.251", "MDNS", ports(17, 5353, 5353), unanswered)}, nil,
			[]string{"info new-host: 10.0.0.99 is a new host and uses MDNS"}},
		{"a new server like others", []*flows.Flow{made("10.0.0.11", "10.0.0.99", "HTTP")}, nil, []string{"medium new-host: 10.0.0.99 is a new host and uses HTTP"}},
		{"a new server unlike others", []*flows.Flow{made("10.0.0.11", "10.0.0.99", "RDP")}, nil, []string{"high new-host: 10.0.0.99 is a new host and uses RDP"}},
		{"a new host that is only tried", []*flows.Flow{made("10.0.0.11", "10.0.0.99", "HTTP", unanswered)}, nil, []string{"low attempt: tv (10.0.0.11) tries 10.0.0.99 and gets no answer"}},
		{"nine hosts", tries(9), nil, []string{"low attempt: tv (10.0.0.11) tries 9 hosts and gets no answer"}},
		{"ten hosts", tries(10), nil, []string{"high scan: tv (10.0.0.11) tries many hosts or ports"}},
		{"fourteen ports", repeated(14, func(i int) *flows.Flow {
			return made("10.0.0.11", "10.0.0.3", "Unknown", ports(6, 40000, uint16(1000+i)), unanswered)
		}), nil, []string{"low attempt: tv (10.0.0.11) tries 10.0.0.3 and gets no answer"}},
		{"fifteen ports", repeated(15, func(i int) *flows.Flow {
			return made("10.0.0.11", "10.0.0.3", "Unknown", ports(6, 40000, uint16(1000+i)), unanswered)
		}), nil, []string{"high scan: tv (10.0.0.11) tries many hosts or ports"}},
		{"ten hosts from outside", repeated(10, func(i int) *flows.Flow {
			return made("198.51.100.1", host(byte(11+i)).String(), "Unknown", ports(6, 40000, 23), unanswered)
		}), nil, []string{"low scan: 198.51.100.1 tries many hosts or ports"}},
		{"one host from outside", []*flows.Flow{made("198.51.100.1", "10.0.0.11", "Unknown", ports(6, 40000, 23), unanswered)}, nil,
			[]string{"info attempt: 198.51.100.1 tries tv (10.0.0.11) and gets no answer"}},
		{"asks for ten by ARP", nil, repeatedAsks(10), []string{"high scan: tv (10.0.0.11) tries many hosts or ports"}},
		{"asks for nine by ARP", nil, repeatedAsks(9), nil},
		{"an echo", []*flows.Flow{made("10.0.0.11", "10.0.0.3", "ICMP", ports(1, 0, 0))}, nil, []string{"info housekeeping: tv (10.0.0.11) uses ICMP with 10.0.0.3"}},
		{"a large echo", []*flows.Flow{made("10.0.0.11", "10.0.0.3", "ICMP", ports(1, 0, 0), sends(1400))}, nil, []string{"high new-protocol: tv (10.0.0.11) uses ICMP with 10.0.0.3"}},
		{"a protocol that was used elsewhere", []*flows.Flow{made("10.0.0.11", "198.51.100.1", "SSH")}, nil, []string{"high new-protocol: tv (10.0.0.11) uses SSH with 198.51.100.1"}},
		{"a protocol that nobody used", []*flows.Flow{made("10.0.0.11", "10.0.0.3", "RDP")}, nil, []string{"high new-protocol: tv (10.0.0.11) uses RDP with 10.0.0.3"}},
		{"who stayed inside goes out", []*flows.Flow{made("10.0.0.21", "192.0.2.1", "TLS")}, nil, []string{"high first-contact: 10.0.0.21 uses TLS with 192.0.2.1"}},
		{"a new server", []*flows.Flow{made("10.0.0.11", "10.0.0.13", "SSH")}, nil, []string{"high new-server: 10.0.0.13 answers with SSH"}},
		{"from outside", []*flows.Flow{made("192.0.2.9", "10.0.0.2", "HTTP")}, nil, []string{"high inbound: 10.0.0.2 is reached from outside with HTTP"}},
		{"a client that never used it", []*flows.Flow{made("10.0.0.13", "10.0.0.3", "SSH")}, nil, []string{"high new-client: 10.0.0.13 uses SSH with 10.0.0.3"}},
		{"a client that uses it elsewhere", []*flows.Flow{made("10.0.0.11", "10.0.0.3", "SSH")}, nil, []string{"medium new-client: tv (10.0.0.11) uses SSH with 10.0.0.3"}},
		{"a client where clients are routine", []*flows.Flow{made("10.0.0.21", "10.0.0.1", "DNS", ports(17, 1, 53))}, nil, []string{"low new-client: 10.0.0.21 uses DNS with 10.0.0.1"}},
		{"a new port outside", []*flows.Flow{made("10.0.0.11", "192.0.2.5", "Unknown", ports(6, 1, 5555))}, nil, []string{"high new-unknown: tv (10.0.0.11) uses tcp/5555 with 192.0.2.5"}},
		{"of a host that is not well known", []*flows.Flow{made("10.0.0.16", "192.0.2.5", "Unknown", ports(6, 1, 5555))}, nil, []string{"medium new-unknown: 10.0.0.16 uses tcp/5555 with 192.0.2.5"}},
		{"a port that the host used elsewhere", []*flows.Flow{made("10.0.0.12", "192.0.2.5", "Unknown", ports(6, 1, 5007))}, nil, []string{"low new-unknown: 10.0.0.12 uses tcp/5007 with 192.0.2.5"}},
		{"another application", []*flows.Flow{usual, made("10.0.0.11", "192.0.2.5", "TLS.Dropbox", named("dropbox.com"))}, nil, []string{"low new-application: tv (10.0.0.11) uses TLS.Dropbox with dropbox.com"}},
		{"another application, and none of the usual names", []*flows.Flow{made("10.0.0.11", "192.0.2.5", "TLS.Dropbox", named("dropbox.com"))}, nil, []string{"medium new-application: tv (10.0.0.11) uses TLS.Dropbox with dropbox.com"}},
		{"its question belongs to it", []*flows.Flow{usual, made("10.0.0.11", "10.0.0.1", "DNS.Dropbox", ports(17, 1, 53), named("www.dropbox.com")), made("10.0.0.11", "192.0.2.5", "TLS.Dropbox", named("www.dropbox.com"))}, nil,
			[]string{"low new-application: tv (10.0.0.11) uses TLS.Dropbox, DNS.Dropbox with dropbox.com"}},
		{"a known name at a foreign address", []*flows.Flow{made("10.0.0.11", "198.51.100.5", "TLS", named("www.example.com"), ownedBy(flows.NoOwner))}, nil,
			[]string{"low new-remote: tv (10.0.0.11) uses TLS with example.com"}},
		{"another name", []*flows.Flow{made("10.0.0.16", "192.0.2.5", "TLS", named("www.example.net"))}, nil, []string{"info new-remote: 10.0.0.16 uses TLS with example.net"}},
		{"much more than ever", []*flows.Flow{made("10.0.0.11", "192.0.2.1", "TLS", sends(11_000_000))}, nil, []string{"medium volume: tv (10.0.0.11) sends much more than ever with TLS to 192.0.2.1"}},
		{"not so much", []*flows.Flow{made("10.0.0.11", "192.0.2.1", "TLS", sends(9_000_000))}, nil, nil},
		{"another address", []*flows.Flow{made("10.0.0.111", "192.0.2.1", "TLS", from(11))}, nil, []string{"low moved: tv (10.0.0.11) has the address 10.0.0.111 now"}},
		{"another address, leased", []*flows.Flow{made("10.0.0.111", "192.0.2.1", "TLS", from(11))}, []flows.Sighting{lease}, []string{"info moved: tv (10.0.0.11) has the address 10.0.0.111 now"}},
		{"at two places at once", []*flows.Flow{made("10.0.0.11", "192.0.2.1", "TLS", seenAt(10*day)), made("10.0.0.111", "192.0.2.1", "TLS", from(11), seenAt(10*day+1)), made("10.0.0.11", "192.0.2.1", "TLS", seenAt(10*day+2))}, nil,
			[]string{"high address-conflict: tv (10.0.0.11) sends from 10.0.0.111 at the same time"}},
		{"another MAC", []*flows.Flow{made("10.0.0.12", "192.0.2.1", "TLS", from(99))}, nil, []string{"high address-conflict: 10.0.0.12 has another hardware address"}},
		{"a claim of another MAC", nil, []flows.Sighting{{Kind: flows.Claim, MAC: macOf(99), Addr: host(12)}}, []string{"high address-conflict: 10.0.0.12 has another hardware address"}},
		{"another resolver", []*flows.Flow{made("10.0.0.12", "10.0.0.77", "DNS", ports(17, 1, 53)), made("10.0.0.13", "10.0.0.77", "DNS", ports(17, 1, 53))}, nil,
			[]string{"high new-role: 10.0.0.77 acts as a resolver"}},
		{"another gateway", nil, []flows.Sighting{{Kind: flows.Router, Addr: host(78)}}, []string{"high new-role: 10.0.0.78 acts as a gateway"}},
		{"another DHCP server", []*flows.Flow{made("10.0.0.12", "10.0.0.79", "DHCP", ports(17, 68, 67))}, []flows.Sighting{{Kind: flows.Offer, MAC: macOf(12), Peer: host(79)}},
			[]string{"high new-role: 10.0.0.79 acts as a DHCP server"}},
		{"a tunnel", nil, []flows.Sighting{{Kind: flows.Outer, Tunnel: decode.TunnelGRE, Addr: host(12), Peer: netip.MustParseAddr("192.0.2.66")}},
			[]string{"high tunnel: 10.0.0.12 has a tunnel (GRE) to 192.0.2.66"}},
		{"frames that nobody sent", nil, []flows.Sighting{{Kind: flows.Frame, MAC: macOf(51), EtherType: 0x88a4}}, []string{"high new-host: 02:00:00:00:00:33 is a new host and uses Ethernet/88a4"}},
		{"frames of a known host that nobody sent", nil, []flows.Sighting{{Kind: flows.Frame, MAC: macOf(50), EtherType: 0x88a4}}, []string{"high new-protocol: 02:00:00:00:00:32 uses Ethernet/88a4 with all in its network"}},
		{"frames that it sent before", nil, []flows.Sighting{{Kind: flows.Frame, MAC: macOf(50), EtherType: 0x8892}}, nil},
		{"lengths in place of types", nil, []flows.Sighting{{Kind: flows.Frame, MAC: macOf(52), EtherType: 0x26}}, nil},
	}
}

// repeatedAsks are questions of host 11 by ARP for n hosts that the map does not know.
func repeatedAsks(n int) (seen []flows.Sighting) {
	for i := range n {
		seen = append(seen, flows.Sighting{Kind: flows.Ask, MAC: macOf(11), Addr: host(11), Peer: host(byte(200 + i))})
	}
	return seen
}

// shown returns findings as the tables have them.
func shown(list []*Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %s: %s", f.Level, f.Kind, f.Title))
	}
	return strings.Join(out, "\n")
}

// TestClosedNames has a host whose names were the same for forty days: another one matters.
func TestClosedNames(t *testing.T) {
	var list []*flows.Flow
	for d := range 40 {
		list = append(list, made("10.0.0.30", "192.0.2.1", "TLS", named("www.example.com"), seenAt(time.Duration(d)*day)))
	}
	m := train(list, nil)
	for _, tt := range []struct {
		flow *flows.Flow
		want string
	}{
		{made("10.0.0.30", "192.0.2.1", "TLS", named("api.example.com")), ""},
		{made("10.0.0.30", "192.0.2.1", "TLS", named("www.example.net")), "medium new-remote: 10.0.0.30 uses TLS with example.net"},
		{made("10.0.0.30", "192.0.2.1", "TLS.Dropbox", named("www.example.net")), "medium new-application: 10.0.0.30 uses TLS.Dropbox with example.net"},
	} {
		if got := shown(check(m, false, []*flows.Flow{tt.flow}, nil)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.flow.Info.ServerName(), got, tt.want)
		}
	}
}

// TestGraveApplications has applications that hide or share matter more than others.
func TestGraveApplications(t *testing.T) {
	m := train([]*flows.Flow{made("10.0.0.30", "192.0.2.1", "TLS"), made("10.0.0.30", "192.0.2.1", "HTTP")}, nil)
	vpn := func(f *flows.Flow) { f.Category = "VPN" }
	for _, tt := range []struct {
		app    string
		change change
		want   string
	}{
		{"TLS.Dropbox", named(""), "low"}, {"TLS.Tor", named(""), "high"}, {"HTTP.BitTorrent", named(""), "high"}, {"TLS.NordVPN", vpn, "high"},
	} {
		want := tt.want + " new-application: 10.0.0.30 uses " + tt.app + " with " + servmap.Application(tt.app) + " outside"
		if got := shown(check(m, false, []*flows.Flow{made("10.0.0.30", "192.0.2.1", tt.app, tt.change)}, nil)); got != want {
			t.Errorf("%s: %s, want %s", tt.app, got, want)
		}
	}
}

// TestOriginalWay leaves out what was not recognised.
func TestOriginalWay(t *testing.T) {
	s := servmap.Settings{IgnoreUnknown: true}
	m := servmap.NewMap(s)
	servmap.NewLearner(m, servmap.NewPerimeter(s)).Learn(made("10.0.0.11", "10.0.0.2", "HTTP"))
	got := shown(check(m, true, []*flows.Flow{made("10.0.0.11", "10.0.0.2", "Unknown", ports(6, 1, 5555)), made("10.0.0.11", "10.0.0.2", "RDP")}, nil))
	if want := "high new-protocol: 10.0.0.11 uses RDP with 10.0.0.2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestWithoutEvidence finds what a map alone can tell: nothing is routine, and nobody is well known.
func TestWithoutEvidence(t *testing.T) {
	m, err := servmap.Parse("map", []byte(`{"10.0.0.11": {"10.0.0.2": [1, "HTTP"], "remote": [1, "TLS"]}, "10.0.0.12": {"10.0.0.2": [1, "SSH"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flow *flows.Flow
		want string
	}{
		{made("10.0.0.11", "10.0.0.2", "Unknown"), ""},
		{made("10.0.0.11", "192.0.2.1", "TLS", named("www.example.com")), ""},
		{made("10.0.0.11", "10.0.0.2", "HTTP", from(99)), ""},
		{made("10.0.0.11", "10.0.0.2", "SSH"), "high new-client: 10.0.0.11 uses SSH with 10.0.0.2"},
		{made("10.0.0.12", "192.0.2.1", "TLS"), "high new-client: 10.0.0.12 uses TLS with 192.0.2.1"},
		{made("10.0.0.99", "10.0.0.2", "HTTP"), "high new-host: 10.0.0.99 is a new host and uses HTTP"},
	} {
		if got := shown(check(m, false, []*flows.Flow{tt.flow}, nil)); got != tt.want {
			t.Errorf("%s -> %s %s: %s, want %s", tt.flow.Src, tt.flow.Dst, tt.flow.Application, got, tt.want)
		}
	}
}

// TestIDs hold whatever becomes of a finding: an attempt that becomes a scan keeps its name.
func TestIDs(t *testing.T) {
	m := train(office())
	try := func(n int) *Finding {
		list := check(m, false, repeated(n, func(i int) *flows.Flow {
			return made("10.0.0.11", host(byte(200+i)).String(), "Unknown", ports(6, 40000, 23), unanswered)
		}), nil)
		if len(list) != 1 {
			t.Fatalf("%d findings", len(list))
		}
		return list[0]
	}
	one, ten := try(1), try(10)
	const want = "9dc911e28147" // of "tries 10.0.0.11"
	if one.Kind != "attempt" || ten.Kind != "scan" || one.ID != want || ten.ID != want {
		t.Errorf("%s %s and %s %s, want both to be %s", one.Kind, one.ID, ten.Kind, ten.ID, want)
	}
	if ten.Source.Host != "10.0.0.11" || ten.Source.Name != "tv" || ten.Destination.Host != "*" || ten.Destination.Count != 10 || len(ten.Destination.Addresses) != 10 || ten.Flows != 10 ||
		!slices.Equal(ten.Ports, []uint16{23}) || !slices.Equal(ten.Files, []string{"b.pcap"}) || ten.Answered || ten.Verdicts["UNKNOWN DESTINATION IP"] != 10 {
		t.Errorf("the scan is %+v", ten)
	}
	if len(ten.Accept) != 1 || ten.Accept[0].Destination != "attempts local" || !slices.Equal(ten.Accept[0].Services, []string{"Unknown:tcp/23"}) {
		t.Errorf("to accept it adds %+v", ten.Accept)
	}
}

// TestOrderOfFindings sorts by level, kind, bytes and id, and does not depend on the order of flows.
func TestOrderOfFindings(t *testing.T) {
	m := train(office())
	list := []*flows.Flow{
		made("10.0.0.11", "192.0.2.5", "TLS.Dropbox"), made("10.0.0.11", "10.0.0.13", "SSH"), made("10.0.0.99", "192.0.2.5", "SSH"),
		made("10.0.0.11", "10.0.0.3", "RDP", sends(10)), made("10.0.0.11", "10.0.0.3", "VNC", sends(20)), made("10.0.0.16", "192.0.2.5", "Unknown", ports(6, 1, 5555)),
		made("10.0.0.12", "10.0.0.200", "RDP", unanswered),
	}
	want := "high new-host: 10.0.0.99 is a new host and uses SSH\nhigh new-protocol: tv (10.0.0.11) uses VNC with 10.0.0.3\nhigh new-protocol: tv (10.0.0.11) uses RDP with 10.0.0.3\n" +
		"high new-server: 10.0.0.13 answers with SSH\nmedium new-unknown: 10.0.0.16 uses tcp/5555 with 192.0.2.5\nmedium new-application: tv (10.0.0.11) uses TLS.Dropbox with Dropbox outside\nlow attempt: 10.0.0.12 tries 10.0.0.200 and gets no answer"
	for range 2 {
		if got := shown(check(m, false, list, nil)); got != want {
			t.Errorf("\n%s\nwant\n%s", got, want)
		}
		slices.Reverse(list)
	}
}
