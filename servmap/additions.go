package servmap

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Acceptance is a finding that somebody accepted, and what the map permits since. What was accepted is
// known, and is no evidence of what is routine.
type Acceptance struct {
	// ID is the finding's, Title its sentence, Note what who accepted it had to say.
	ID    string     `json:"id"`
	Title string     `json:"title,omitempty"`
	Note  string     `json:"note,omitempty"`
	Adds  []Addition `json:"adds"`

	others []other
}

// Addition is one thing that accepting a finding adds to a map. Which fields are set says what it is:
//
//   - Services with a Destination: what Source may use there.
//   - Names, of one of Services: domains or owners that Source may meet there; with an Owner, at his addresses.
//   - BytesOut, of one of Services: how much Source may send in a check.
//   - MACs: hardware addresses that Source may have.
//   - Role: Source is a host of the network (RoleHost), or has a role.
//   - Tunnel: a kind of tunnel between Source and Destination.
//   - Asked: the addresses that Source may ask for by ARP, "*" for any.
//   - Services without a Destination: what Source, a hardware address, speaks without IP.
type Addition struct {
	Source      string   `json:"source"`
	Destination string   `json:"destination,omitempty"`
	Services    []string `json:"services,omitempty"`
	Names       []string `json:"names,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	BytesOut    uint64   `json:"bytes_out,omitempty"`
	MACs        []string `json:"macs,omitempty"`
	Role        string   `json:"role,omitempty"`
	Tunnel      string   `json:"tunnel,omitempty"`
	Asked       []string `json:"asked,omitempty"`
}

// The roles of an Addition.
const (
	RoleHost     = "host"
	RoleResolver = "resolver"
	RoleDHCP     = "dhcp-server"
	RoleRouter   = "router"
)

// anyone stands in Asked for all addresses.
const anyone = "*"

// permits reports whether an addition is about services in the upper part of the map.
func (a *Addition) permits() bool {
	return a.Destination != "" && len(a.Services) > 0 && !a.qualifies()
}

// qualifies reports whether an addition says more about a service that the map has.
func (a *Addition) qualifies() bool { return len(a.Names) > 0 || a.BytesOut > 0 }

// standsAlone reports whether an addition says something without services.
func (a *Addition) standsAlone() bool {
	return len(a.MACs) > 0 || a.Role != "" || a.Tunnel != "" || len(a.Asked) > 0
}

// additionKey tells apart what cannot be one addition.
type additionKey struct {
	src, dst                     Host
	service, owner, role, tunnel string
	volume                       bool
}

func (a *Addition) key() additionKey {
	k := additionKey{HostNamed(a.Source), hostOrNone(a.Destination), "", a.Owner, a.Role, a.Tunnel, a.BytesOut > 0}
	if a.qualifies() {
		k.service = strings.Join(a.Services, "\x00")
	}
	return k
}

// hostOrNone is HostNamed, and the zero Host for the empty name.
func hostOrNone(name string) Host {
	if name == "" {
		return Host{}
	}
	return HostNamed(name)
}

// joinAdditions puts additions together: each thing once, in an order that does not depend on theirs.
func joinAdditions(lists ...[]Addition) []Addition {
	all := map[additionKey]*Addition{}
	for _, list := range lists {
		for i := range list {
			a := &list[i]
			k := a.key()
			t := all[k]
			if t == nil {
				t = &Addition{Source: k.src.String(), Destination: k.dst.String(), Owner: a.Owner, Role: a.Role, Tunnel: a.Tunnel}
				all[k] = t
			}
			t.Services = unionText(t.Services, a.Services)
			t.Names = unionText(t.Names, a.Names)
			t.MACs = unionText(t.MACs, a.MACs)
			t.Asked = unionText(t.Asked, a.Asked)
			t.BytesOut = max(t.BytesOut, a.BytesOut)
		}
	}
	out := []Addition{}
	for _, t := range all {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Addition) int {
		x, y := a.key(), b.key()
		return cmp.Or(x.src.Compare(y.src), x.dst.Compare(y.dst), cmp.Compare(x.service, y.service), cmp.Compare(x.owner, y.owner),
			cmp.Compare(x.role, y.role), cmp.Compare(x.tunnel, y.tunnel), cmp.Compare(a.BytesOut, b.BytesOut))
	})
	return out
}

// unionText returns what stands in either list, sorted, nil for nothing.
func unionText(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// joinAcceptances puts acceptances together, by their ids.
func joinAcceptances(lists ...[]Acceptance) []Acceptance {
	all := map[string]*Acceptance{}
	var ids []string
	for _, list := range lists {
		for _, a := range list {
			t := all[a.ID]
			if t == nil {
				t = &Acceptance{ID: a.ID}
				all[a.ID] = t
				ids = append(ids, a.ID)
			}
			t.Title, t.Note = max(t.Title, a.Title), max(t.Note, a.Note)
			t.others = uniteOthers(t.others, a.others)
			t.Adds = joinAdditions(t.Adds, a.Adds)
		}
	}
	slices.Sort(ids)
	var out []Acceptance
	for _, id := range ids {
		out = append(out, *all[id])
	}
	return out
}

// Accept adds what an accepted finding needs. It returns what is new, in the order of Diff: nothing where
// all of it was there. A Note that is not empty replaces the one from before.
func (m *Map) Accept(a Acceptance) []Change {
	if m.Meta == nil {
		m.Meta = &Meta{Format: FormatVersion}
	}
	before := map[fact]struct{}{}
	m.acceptedFacts(before)
	added := map[fact]struct{}{}
	for _, d := range joinAdditions(a.Adds) {
		if !d.permits() {
			continue
		}
		src, dst := HostNamed(d.Source), hostOrNone(d.Destination)
		for _, s := range d.Services {
			if _, ok := m.pairs.find(src, dst, s); !ok {
				m.pairs.Add(src, dst, 0, s)
				added[fact{src, dst, s}] = struct{}{}
			}
		}
	}
	for i := range m.Meta.Accepted {
		if old := &m.Meta.Accepted[i]; old.ID == a.ID && a.Note != "" {
			old.Note = ""
		}
	}
	m.Meta.Accepted = joinAcceptances(m.Meta.Accepted, []Acceptance{a})
	after := map[fact]struct{}{}
	m.acceptedFacts(after)
	for f := range after {
		if _, ok := before[f]; !ok && !m.learnedFact(f) {
			added[f] = struct{}{}
		}
	}
	return changesOf(nil, added)
}

// acceptedFacts adds what was accepted, but for what stands in the upper part of the map.
func (m *Map) acceptedFacts(into map[fact]struct{}) {
	if m.Meta == nil {
		return
	}
	for _, a := range m.Meta.Accepted {
		for i := range a.Adds {
			a.Adds[i].facts(into)
		}
	}
}

// facts adds what an addition says that is no pair's service.
func (a *Addition) facts(into map[fact]struct{}) {
	src, dst := HostNamed(a.Source), hostOrNone(a.Destination)
	add := func(format string, args ...any) {
		into[fact{src, dst, fmt.Sprintf(format, args...)}] = struct{}{}
	}
	for _, service := range a.Services {
		for _, n := range a.Names {
			if a.Owner != "" {
				n += " at " + a.Owner
			}
			add("%s with %s", service, n)
		}
		if a.BytesOut > 0 {
			add("%s with %d bytes out", service, a.BytesOut)
		}
		if a.Destination == "" {
			add("%s", service)
		}
	}
	for _, mac := range a.MACs {
		add("mac %s", mac)
	}
	if a.Role != "" {
		add("%s", a.Role)
	}
	if a.Tunnel != "" {
		add("tunnel %s", a.Tunnel)
	}
	for _, asked := range a.Asked {
		add("asks for %s", asked)
	}
}

// Lines returns what the addition adds to a map, as Diff tells it.
func (a *Addition) Lines() []Change {
	added := map[fact]struct{}{}
	a.facts(added)
	if a.permits() {
		for _, s := range a.Services {
			added[fact{HostNamed(a.Source), hostOrNone(a.Destination), s}] = struct{}{}
		}
	}
	return changesOf(nil, added)
}

// learnedFact reports whether training showed what was accepted.
func (m *Map) learnedFact(f fact) bool {
	r := m.Evidence.Record(f.src)
	text, ok := strings.CutPrefix(f.what, "mac ")
	if r == nil || !ok {
		return false
	}
	mac, ok := parseMAC(text)
	return ok && slices.Contains(r.MACs, mac)
}

// keepAccepted drops what was accepted and no longer stands in the upper part of the map.
func (m *Map) keepAccepted() {
	if m.Meta == nil {
		return
	}
	for i := range m.Meta.Accepted {
		a := &m.Meta.Accepted[i]
		for n := range a.Adds {
			d := &a.Adds[n]
			src, dst := HostNamed(d.Source), hostOrNone(d.Destination)
			if d.permits() || d.qualifies() {
				d.Services = slices.DeleteFunc(d.Services, func(s string) bool { _, ok := m.pairs.find(src, dst, s); return !ok })
			}
		}
		a.Adds = slices.DeleteFunc(a.Adds, func(d Addition) bool { return len(d.Services) == 0 && !d.standsAlone() })
	}
	m.Meta.Accepted = joinAcceptances(slices.DeleteFunc(m.Meta.Accepted, func(a Acceptance) bool { return len(a.Adds) == 0 }))
}

// check says what is wrong with an addition; nil for nothing.
func (a *Addition) check() error {
	if a.Source == "" {
		return fmt.Errorf("an addition without a source")
	}
	for _, text := range a.MACs {
		if _, ok := parseMAC(text); !ok {
			return fmt.Errorf("%q is no hardware address", text)
		}
	}
	for _, text := range a.Asked {
		if _, err := netip.ParseAddr(text); err != nil && text != anyone {
			return fmt.Errorf("%q is no address", text)
		}
	}
	if slices.Contains(a.Services, "") {
		return fmt.Errorf("an addition with an empty service")
	}
	return nil
}
