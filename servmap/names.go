package servmap

import (
	"net/netip"
	"slices"
	"strings"
	"unique"

	"servmap/servmap/identity"
)

// A Name stands for hosts in the keys of a map, and is what people see of them.
type Name struct {
	Name string
	// Addrs, MACs and Networks are what it stands for; together at least one.
	Addrs    []netip.Addr
	MACs     []identity.MAC
	Networks []netip.Prefix
}

// size is how much a name stands for: of several names of a host, people see the one that says most.
func (n *Name) size() int { return len(n.Addrs) + len(n.MACs) }

// Names are the user's own names of hosts. A nil *Names has none.
type Names struct {
	list  map[string]*Name
	addrs map[netip.Addr]*Name
	macs  map[identity.MAC]*Name
}

// NewNames returns the names of a list; of a name that comes twice, the last counts. Where several stand
// for a host, people see the one that stands for the fewest addresses, of these the first by alphabet.
func NewNames(list []Name) *Names {
	n := &Names{map[string]*Name{}, map[netip.Addr]*Name{}, map[identity.MAC]*Name{}}
	for i := range list {
		n.list[list[i].Name] = &list[i]
	}
	for _, name := range n.list {
		for _, a := range name.Addrs {
			better(n.addrs, a, name)
		}
		for _, m := range name.MACs {
			better(n.macs, m, name)
		}
	}
	return n
}

// better puts a name in place of one that says less.
func better[K comparable](names map[K]*Name, k K, n *Name) {
	if old := names[k]; old == nil || n.size() < old.size() || n.size() == old.size() && n.Name < old.Name {
		names[k] = n
	}
}

// named returns what a name stands for, nil where it is none.
func (n *Names) named(name string) *Name {
	if n == nil {
		return nil
	}
	return n.list[name]
}

// Find returns what a name stands for.
func (n *Names) Find(name string) (Name, bool) {
	found := n.named(name)
	if found == nil {
		return Name{}, false
	}
	return *found, true
}

// All lists the names, sorted.
func (n *Names) All() []string {
	if n == nil {
		return nil
	}
	var out []string
	for name := range n.list {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Of returns the name of the host that has an address or one of the hardware addresses, or "". A network
// that a name stands for names no single host.
func (n *Names) Of(a netip.Addr, macs []identity.MAC) string {
	if n == nil {
		return ""
	}
	if name := n.addrs[a]; name != nil {
		return name.Name
	}
	for _, m := range macs {
		if name := n.macs[m]; name != nil {
			return name.Name
		}
	}
	return ""
}

// IsReserved reports whether a word means something else as a key of a map than a name: an address or a
// network, a hardware address, or a word of the map's own.
func IsReserved(word string) bool {
	h := HostNamed(word)
	_, isMAC := parseMAC(word)
	return h.IsAddress() || isMAC || h == Remote || h == Multicast || h == Broadcast || IsAttempts(h) || word == "" || strings.ContainsAny(word, "/*%") || strings.HasPrefix(word, "@")
}

// resolved is how the keys of a map that are names were resolved.
type resolved struct {
	// names is the key of each address that has it by a name alone.
	names map[netip.Addr]Host
	// macs is the key of each hardware address for which the map has no address.
	macs map[identity.MAC]Host
}

// add adds what was resolved of another map.
func (r *resolved) add(o *resolved) {
	for a, h := range o.names {
		r.name(a, h)
	}
	for m, h := range o.macs {
		r.mac(m, h)
	}
}

func (r *resolved) name(a netip.Addr, h Host) {
	if r.names == nil {
		r.names = map[netip.Addr]Host{}
	}
	if old, ok := r.names[a]; !ok || h.Compare(old) < 0 {
		r.names[a] = h
	}
}

func (r *resolved) mac(m identity.MAC, h Host) {
	if r.macs == nil {
		r.macs = map[identity.MAC]Host{}
	}
	if old, ok := r.macs[m]; !ok || h.Compare(old) < 0 {
		r.macs[m] = h
	}
}

// Key returns the host as the map is keyed: by its name where only that stands in the file.
func (m *Map) Key(h Host) Host {
	if k, ok := m.resolved.names[h.addr]; ok {
		return k
	}
	return h
}

// resolve puts what they stand for in place of the keys that are names: addresses, networks, and the
// addresses that the map knows of hardware addresses. Of a name with hardware addresses that the map
// knows no address of, the key stays too.
func (m *Map) resolve(n *Names) {
	if !slices.ContainsFunc(m.pairs.hosts.words, func(w unique.Handle[string]) bool { return n.named(w.Value()) != nil }) {
		return
	}
	old := m.pairs
	m.pairs = Pairs{Limits: old.Limits, repeated: old.repeated}
	owners := m.addressesOf()
	expanded := map[Host][]Host{}
	hosts := func(h Host) []Host {
		if h.IsAddress() {
			return []Host{h}
		}
		list, ok := expanded[h]
		if !ok {
			list = m.expand(n, h, owners, &old)
			expanded[h] = list
		}
		return list
	}
	for s := range old.Sources() {
		for _, src := range hosts(s.Host) {
			m.pairs.AddSource(src)
			for p := range old.Pairs(s) {
				for _, dst := range hosts(p.Dst) {
					m.pairs.join(src, dst, p.Bytes, p.Applications)
				}
			}
		}
	}
	m.resolveAccepted(func(name string) []Host { return hosts(hostOrNone(name)) })
}

// resolveAccepted puts what they stand for in place of the names in what was accepted.
func (m *Map) resolveAccepted(hosts func(name string) []Host) {
	if m.Meta == nil {
		return
	}
	for i := range m.Meta.Accepted {
		a := &m.Meta.Accepted[i]
		var adds []Addition
		for _, d := range a.Adds {
			for _, src := range hosts(d.Source) {
				for _, dst := range hosts(d.Destination) {
					one := d
					one.Source, one.Destination = src.String(), dst.String()
					adds = append(adds, one)
				}
			}
		}
		a.Adds = adds
	}
}

// Named returns the keys of the map that are names, sorted.
func (m *Map) Named(n *Names) (keys []string) {
	for _, w := range m.pairs.hosts.words {
		if n.named(w.Value()) != nil {
			keys = append(keys, w.Value())
		}
	}
	slices.Sort(keys)
	return keys
}

// addressesOf returns the addresses that the map knows of each hardware address that is a host's own.
func (m *Map) addressesOf() map[identity.MAC][]netip.Addr {
	out := map[identity.MAC][]netip.Addr{}
	if m.Evidence == nil {
		return out
	}
	for a, h := range m.Evidence.Hosts {
		for _, mac := range h.MACs {
			if _, shared := slices.BinarySearchFunc(m.Evidence.Shared, mac, compareMACs); !shared {
				out[mac] = append(out[mac], a)
			}
		}
	}
	return out
}

// expand returns what a key that is no address stands for, sorted: itself where it is no name.
func (m *Map) expand(n *Names, h Host, owners map[identity.MAC][]netip.Addr, old *Pairs) []Host {
	name := n.named(h.String())
	if name == nil {
		return []Host{h}
	}
	var out []Host
	addrs := slices.Clone(name.Addrs)
	for _, mac := range name.MACs {
		addrs = append(addrs, owners[mac]...)
		if len(owners[mac]) == 0 {
			m.resolved.mac(mac, h)
			out = append(out, h)
		}
	}
	for _, a := range addrs {
		out = append(out, Host{addr: a})
		if !old.has(Host{addr: a}) {
			m.resolved.name(a, h)
		}
	}
	for _, p := range name.Networks {
		out = append(out, HostNamed(p.String()))
	}
	slices.SortFunc(out, Host.Compare)
	return slices.Compact(out)
}

// join adds a pair as a whole to what the two have already.
func (p *Pairs) join(src, dst Host, bytes uint64, applications []string) {
	if p.AddPair(src, dst, bytes, applications) {
		return
	}
	for _, a := range applications {
		p.add(src, dst, 0, a)
	}
}
