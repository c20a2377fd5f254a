package servmap

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Change is one thing that one map has and another has not.
type Change struct {
	// Added is set where the newer map has it.
	Added bool `json:"added"`
	// Source and Destination are hosts as the map names them. What is the service that the source uses
	// there; without a Destination, it is what the source is or has: "mac 02:00:00:00:00:01", "dhcp-server",
	// "router".
	Source      string `json:"source"`
	Destination string `json:"destination,omitempty"`
	What        string `json:"what"`
}

// String is the change as a line: "+ 10.42.0.130 -> remote TLS.Dropbox".
func (c Change) String() string {
	sign := "- "
	if c.Added {
		sign = "+ "
	}
	if c.Destination == "" {
		return sign + c.Source + " " + c.What
	}
	return sign + c.Source + " -> " + c.Destination + " " + c.What
}

// Diff returns what differs between two maps, sorted by source, destination and service; what was removed
// first. Bytes, counts and times are no changes.
func Diff(old, now *Map) []Change {
	removed, added := old.facts(), now.facts()
	for f := range removed {
		if _, ok := added[f]; ok {
			delete(removed, f)
			delete(added, f)
		}
	}
	return changesOf(removed, added)
}

// changesOf returns changes in their order.
func changesOf(removed, added map[fact]struct{}) []Change {
	type change struct {
		fact
		added bool
	}
	all := make([]change, 0, len(removed)+len(added))
	for f := range removed {
		all = append(all, change{f, false})
	}
	for f := range added {
		all = append(all, change{f, true})
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(a.src.Compare(b.src), a.dst.Compare(b.dst), strings.Compare(a.what, b.what))
	})
	changes := make([]Change, len(all))
	for i, c := range all {
		changes[i] = Change{c.added, c.src.String(), c.dst.String(), c.what}
	}
	return changes
}

// SortChanges sorts changes by source, destination and service, as Diff does; what was removed first. It is for a few.
func SortChanges(changes []Change) {
	slices.SortFunc(changes, func(a, b Change) int {
		first := 0
		if a.Added != b.Added {
			first = map[bool]int{true: 1, false: -1}[a.Added]
		}
		return cmp.Or(compareTexts(a.Source, b.Source), compareTexts(a.Destination, b.Destination), strings.Compare(a.What, b.What), first)
	})
}

// compareTexts orders hosts by their names in the map.
func compareTexts(a, b string) int {
	if a == b {
		return 0
	}
	return hostOrNone(a).Compare(hostOrNone(b))
}

// fact is a thing that a map says.
type fact struct {
	src, dst Host
	what     string
}

// facts returns all that a map permits, and who its hosts are.
func (m *Map) facts() map[fact]struct{} {
	out := map[fact]struct{}{}
	for s := range m.pairs.Sources() {
		for p := range m.pairs.Pairs(s) {
			for _, a := range p.Applications {
				out[fact{s.Host, p.Dst, a}] = struct{}{}
			}
		}
	}
	m.acceptedFacts(out)
	e := m.Evidence
	if e == nil {
		return out
	}
	for _, t := range e.Tunnels {
		out[fact{t.Src, t.Dst, "tunnel " + t.Kind}] = struct{}{}
	}
	for _, t := range e.Talkers {
		out[fact{HostNamed(net.HardwareAddr(t.MAC[:]).String()), Host{}, EtherName(t.EtherType)}] = struct{}{}
	}
	for a, h := range e.Hosts {
		for _, f := range h.facts(a) {
			out[f] = struct{}{}
		}
	}
	for _, r := range []struct {
		what string
		list []netip.Addr
	}{{RoleDHCP, e.DHCP}, {RoleRouter, e.Routers}} {
		for _, a := range r.list {
			out[fact{Host{addr: a}, Host{}, r.what}] = struct{}{}
		}
	}
	return out
}
