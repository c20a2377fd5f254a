package servmap

import (
	"cmp"
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
	before, after := old.facts(), now.facts()
	var out []fact
	for f := range before {
		if _, ok := after[f]; !ok {
			out = append(out, f)
		}
	}
	removed := len(out)
	for f := range after {
		if _, ok := before[f]; !ok {
			out = append(out, f)
		}
	}
	return changes(out, removed)
}

// changes returns facts as changes, sorted; the first so many of them were removed.
func changes(out []fact, removed int) []Change {
	order := make([]int, len(out))
	for i := range out {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := out[a], out[b]
		return cmp.Or(x.src.Compare(y.src), x.dst.Compare(y.dst), strings.Compare(x.what, y.what), cmp.Compare(a, b))
	})
	sorted := make([]Change, len(out))
	for n, i := range order {
		f := out[i]
		sorted[n] = Change{i >= removed, f.src.String(), f.dst.String(), f.what}
	}
	return sorted
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
	e := m.Evidence
	if e == nil {
		return out
	}
	put := func(f fact) { out[f] = struct{}{} }
	for a, h := range e.Hosts {
		for _, f := range h.facts(a) {
			put(f)
		}
	}
	for _, a := range e.DHCP {
		put(fact{Host{addr: a}, Host{}, roleDHCP})
	}
	for _, a := range e.Routers {
		put(fact{Host{addr: a}, Host{}, roleRouter})
	}
	return out
}
