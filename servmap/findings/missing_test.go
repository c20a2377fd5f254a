package findings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/flows"
	"servmap/servmap"
	"servmap/servmap/identity"
)

// missed returns the findings of what did not come, and the collector.
func missed(m *servmap.Map, all bool, watch []servmap.Name, list []*flows.Flow, seen []flows.Sighting) (string, *Collector) {
	c := servmap.NewChecker(m, servmap.NewPerimeter(servmap.Settings{IdleTimeout: 2 * time.Minute}))
	collector := NewCollector(c, false)
	collector.Missing, collector.Watch = all, watch
	if all || watch != nil {
		c.Follow()
	}
	for i := range seen {
		c.See(&seen[i])
	}
	for _, f := range list {
		var j servmap.Judgement
		c.Check(f, &j)
		collector.Add(&j)
	}
	found := slices.DeleteFunc(collector.Finish([]string{"b.pcap"}), func(f *Finding) bool { return f.KindOf() != Missing })
	lines := strings.Split(shown(found), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n"), collector
}

// household is a network of a few days: a television, a file server, a phone with two addresses, a lamp.
func household() (list []*flows.Flow) {
	for d := range 3 {
		when := seenAt(time.Duration(d) * day)
		list = append(list, made("10.0.0.11", "192.0.2.1", "TLS", ports(6, 40000, 443), when), made("10.0.0.11", "10.0.0.2", "HTTP", ports(6, 40000, 80), when),
			made("10.0.0.12", "10.0.0.2", "HTTP", ports(6, 40000, 80), when), made("10.0.0.12", "10.0.0.3", "Unknown", ports(6, 40000, 5007), when),
			made("10.0.0.12", "10.0.0.99", "RDP", ports(6, 40000, 3389), unanswered, when))
	}
	return append(list, made("10.0.0.11", "10.0.0.1", "DNS", ports(17, 40000, 53), seenAt(day)), made("fe80::c", "10.0.0.1", "DNS", ports(17, 1, 53), from(12), seenAt(day)),
		made("10.0.0.12", "10.0.0.1", "DNS", ports(17, 1, 53), seenAt(day)))
}

// TestMissing finds what the map has and did not come.
func TestMissing(t *testing.T) {
	m := train(household(), nil)
	tv, server, phone := []servmap.Name{{Name: "tv", Addrs: []netip.Addr{host(11)}}}, []servmap.Name{{Name: "x", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/31")}}}, []servmap.Name{{MACs: []identity.MAC{macOf(12)}}}
	without := func(leave func(f *flows.Flow) bool) []*flows.Flow { return slices.DeleteFunc(household(), leave) }
	of := func(a netip.Addr, app string) []*flows.Flow {
		return without(func(f *flows.Flow) bool { return f.Src == a && f.Application == app })
	}
	for _, tt := range []struct {
		name  string
		all   bool
		watch []servmap.Name
		list  []*flows.Flow
		seen  []flows.Sighting
		want  []string
	}{
		{"all is there", true, tv, household(), nil, nil},
		{"nobody asked", false, nil, nil, nil, nil},
		{"nothing came", true, nil, nil, nil, []string{"info missing: 10.0.0.1 did not come", "info missing: 10.0.0.11 did not come", "info missing: 10.0.0.12 did not come", "info missing: 10.0.0.2 did not come", "info missing: 10.0.0.3 did not come"}},
		{"nothing came of what is watched", false, tv, nil, nil, []string{"medium missing: 10.0.0.11 did not come"}},
		{"a service", true, nil, of(host(11), "TLS"), nil, []string{"info missing: 10.0.0.11 did not use TLS with hosts outside"}},
		{"a service of who is watched", false, tv, of(host(11), "TLS"), nil, []string{"medium missing: 10.0.0.11 did not use TLS with hosts outside"}},
		{"a service of another", false, tv, of(host(12), "HTTP"), nil, nil},
		{"a service without a name", true, nil, of(host(12), "Unknown"), nil, []string{"info missing: 10.0.0.3 did not come"}},
		{"and its server shows itself", true, nil, of(host(12), "Unknown"), []flows.Sighting{{Kind: flows.Claim, MAC: macOf(3), Addr: host(3)}}, []string{"info missing: 10.0.0.12 did not use tcp/5007 with 10.0.0.3"}},
		{"and another shows itself in its place", true, nil, of(host(12), "Unknown"), []flows.Sighting{{Kind: flows.Claim, MAC: macOf(77), Addr: host(3)}}, []string{"info missing: 10.0.0.3 did not come"}},
		{"a client of a server that is watched", false, server, of(host(11), "HTTP"), nil, nil},
		{"all clients of it", false, server, append(without(func(f *flows.Flow) bool { return f.Application == "HTTP" }), made("10.0.0.2", "192.0.2.1", "TLS")), nil, []string{"medium missing: nobody used HTTP of 10.0.0.2"}},
		{"what was only tried", true, tv, of(host(12), "RDP"), nil, nil},
		{"who was only tried", true, nil, append(of(host(12), "Unknown"), made("10.0.0.11", "10.0.0.3", "SSH", unanswered)), nil, []string{"info missing: 10.0.0.3 did not come"}},
		{"from another address of a host", true, phone, without(func(f *flows.Flow) bool { return f.Src.Is6() }), nil, nil},
		{"from none of its addresses", false, phone, without(func(f *flows.Flow) bool { return f.SrcMAC == macOf(12) && f.DstPort == 53 }), nil, []string{"medium missing: 10.0.0.12 did not use DNS with 10.0.0.1"}},
		{"a host that moved", true, phone, append(without(func(f *flows.Flow) bool { return f.SrcMAC == macOf(12) }), made("10.0.0.112", "10.0.0.2", "HTTP", from(12)), made("10.0.0.112", "10.0.0.1", "DNS", from(12)), made("10.0.0.112", "10.0.0.3", "Unknown", from(12), ports(6, 1, 5007))), nil, nil},
		{"a server in whose place another is", false, []servmap.Name{{Addrs: []netip.Addr{host(2)}}}, []*flows.Flow{made("10.0.0.11", "10.0.0.2", "HTTP", func(f *flows.Flow) { f.DstMAC = macOf(66) })}, nil,
			[]string{"medium missing: 10.0.0.2 did not come"}},
		{"a server that does not answer what is known", false, []servmap.Name{{Addrs: []netip.Addr{host(3)}}}, []*flows.Flow{made("10.0.0.12", "10.0.0.3", "Unknown", ports(6, 40000, 5007), unanswered)}, nil,
			[]string{"medium missing: 10.0.0.3 did not come"}},
		{"in whose place another is", false, tv, append(without(func(f *flows.Flow) bool { return f.Src == host(11) }), made("10.0.0.11", "192.0.2.1", "TLS", from(66))), nil, []string{"medium missing: 10.0.0.11 did not come"}},
	} {
		if got, _ := missed(m, tt.all, tt.watch, tt.list, tt.seen); got != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, strings.Join(tt.want, "\n"))
		}
	}
}

// TestMissingTells says all that the map knows of what did not come.
func TestMissingTells(t *testing.T) {
	m := train(household(), nil)
	c := servmap.NewChecker(m, servmap.NewPerimeter(servmap.Settings{}))
	c.Follow()
	collector := NewCollector(c, false)
	collector.Missing = true
	var j servmap.Judgement
	c.Check(made("10.0.0.11", "10.0.0.1", "DNS", ports(17, 40000, 53), seenAt(5*day)), &j)
	c.Check(made("10.0.0.12", "10.0.0.1", "DNS", ports(17, 40000, 53), seenAt(6*day)), &j)
	c.See(&flows.Sighting{Kind: flows.Claim, MAC: macOf(3), Addr: host(3)})
	var lines []string
	for _, f := range collector.Finish(nil) {
		lines = append(lines, fmt.Sprintf("%s %s | %s | %s -> %s | %v %v %v | %s %s | %d %d %d", f.ID, f.Title, f.Why, f.Source.Host, f.Destination.Host, f.Applications, f.Transport, f.Ports, f.First[:10], f.Last[:10], f.Flows, len(f.Accept), f.Bytes))
	}
	slices.Sort(lines)
	want := []string{
		idOf("10.0.0.11 remote TLS") + " 10.0.0.11 did not use TLS with hosts outside | training saw it in 3 of 3 days or captures, last on 1970-01-03 | 10.0.0.11 -> remote | [TLS] [] [] | 1970-01-06 1970-01-07 | 0 0 0",
		idOf("10.0.0.12 10.0.0.3 Unknown:tcp/5007") + " 10.0.0.12 did not use tcp/5007 with 10.0.0.3 | training saw it in 3 of 3 days or captures, last on 1970-01-03 | 10.0.0.12 -> 10.0.0.3 | [Unknown] [tcp] [5007] | 1970-01-06 1970-01-07 | 0 0 0",
		idOf("host 10.0.0.2") + " 10.0.0.2 did not come | training saw it in 3 of 3 days or captures, last on 1970-01-03 |  -> 10.0.0.2 | [HTTP] [] [] | 1970-01-06 1970-01-07 | 0 0 0",
	}
	slices.Sort(want)
	if !slices.Equal(lines, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestMissingWithoutEvidence knows of format 1 what the map has.
func TestMissingWithoutEvidence(t *testing.T) {
	m, err := servmap.Parse("map", []byte(`{"10.0.0.11": {"10.0.0.2": [1, "HTTP", "TLS.*"], "*": [1, "SSH"], "10.0.9.0/24": [1, "*"], "remote": [1, "TLS"]}, "10.0.0.12": {"remote": [1, "*"]}, "0.0.0.0": {"broadcast": [1, "DHCP"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	list := []*flows.Flow{made("10.0.0.11", "10.0.0.2", "HTTP"), made("10.0.0.12", "10.0.0.2", "HTTP")}
	got, _ := missed(m, true, nil, list, nil)
	want := "info missing: 0.0.0.0 did not use DHCP with all hosts\ninfo missing: 10.0.0.11 did not use TLS with hosts outside\ninfo missing: 10.0.0.11 did not use TLS.* with 10.0.0.2\ninfo missing: 10.0.0.12 did not use * with hosts outside"
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestMissingNames misses a host that the map has by the name of its hardware address.
func TestMissingNames(t *testing.T) {
	phone := servmap.Name{Name: "phone", MACs: []identity.MAC{macOf(77)}}
	m, err := servmap.ParseNamed("map", []byte(`{"phone": {"remote": [1, "TLS", "SSH"]}, "10.0.0.1": {"remote": [1, "TLS"]}}`), servmap.NewNames([]servmap.Name{phone}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mac  byte
		want string
	}{{77, "medium missing: phone did not use SSH with hosts outside"}, {78, "medium missing: phone did not come"}} {
		if got, c := missed(m, false, []servmap.Name{phone}, []*flows.Flow{made("10.0.0.200", "192.0.2.1", "TLS", from(tt.mac))}, nil); got != tt.want || len(c.Unmatched) > 0 {
			t.Errorf("%d: %s, want %s; unmatched %v", tt.mac, got, tt.want, c.Unmatched)
		}
	}
}

// TestMissingSides makes who is both client and server the source, wherever that stands in the map.
func TestMissingSides(t *testing.T) {
	m, err := servmap.Parse("map", []byte(`{"10.0.0.1": {"10.0.0.5": [1, "HTTP"], "10.0.0.6": [1, "HTTP"]}, "10.0.0.5": {"remote": [1, "TLS"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, c := missed(m, true, nil, []*flows.Flow{made("10.0.0.1", "192.0.2.1", "TLS")}, nil)
	sides := map[string]bool{}
	for _, g := range c.order {
		if g.kind == Missing {
			sides[fmt.Sprint(g.src.hosts.values, g.dst.hosts.values, g.applications.values)] = true
		}
	}
	if len(sides) != 2 || !sides["[10.0.0.5] [] [HTTP TLS]"] || !sides["[] [10.0.0.6] [HTTP]"] {
		t.Errorf("the sides are %v", sides)
	}
}

// TestMissingBounds keeps as many findings as there is room for, those of what is watched first, and counts
// the others.
func TestMissingBounds(t *testing.T) {
	m := servmap.NewMap(servmap.Settings{})
	for i := range mostMissing + 100 {
		src := servmap.AddrHost(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}))
		m.Pairs().Add(src, servmap.Remote, 1, "TLS")
		m.Pairs().Add(src, servmap.Multicast, 1, "MDNS")
	}
	last := servmap.Name{Name: "last", Addrs: []netip.Addr{netip.AddrFrom4([4]byte{10, 1, byte((mostMissing + 99) >> 8), byte((mostMissing + 99) & 255)})}}
	other := servmap.Name{Name: "other", Addrs: []netip.Addr{host(1)}}
	got, c := missed(m, true, []servmap.Name{other, last}, nil, nil)
	if n := strings.Count(got, "info"); n != mostMissing-1 || strings.Count(got, "medium") != 1 || c.MissingBeyond != 100 || !slices.Equal(c.Unmatched, []int{0}) {
		t.Errorf("%d findings, %d beyond, unmatched %v", n, c.MissingBeyond, c.Unmatched)
	}
}
