package servmap

import (
	"iter"
	"slices"
	"strings"

	"servmap/flows"
)

// met is what a check met of its map: services of pairs, and hosts.
type met struct {
	// uses holds services by used.key, hosts a bit for each host by its number.
	uses  map[uint64]struct{}
	hosts []uint64
}

// Follow makes the Checker remember what it meets of the map. It must be called before the first flow.
func (c *Checker) Follow() {
	c.met = &met{map[uint64]struct{}{}, make([]uint64, c.m.pairs.hosts.keys.n/64+1)}
}

// came notes that a host showed itself.
func (c *Checker) came(h Host) {
	if c.met == nil {
		return
	}
	if n, ok := c.m.pairs.hosts.find(h); ok {
		c.met.hosts[n/64] |= 1 << (n % 64)
	}
}

// meet notes that a known flow went from one host to another, as the map names the two.
func (c *Checker) meet(src, dst Host, f *flows.Flow, j *Judgement) {
	if c.met == nil || j.SrcConflict || j.DstConflict {
		return
	}
	k := c.m.pairs.look(src, dst)
	if !j.Attempt {
		c.came(dst)
	}
	if j.named && k.uses(j.number) {
		c.met.uses[used{pair: k.pair, application: j.number}.key()] = struct{}{}
		return
	}
	if c.meetAny(&k, func(a string) bool { return c.fits(&k, a, f, j) }) {
		return
	}
	if j.Attempt {
		return
	}
	back := c.m.pairs.look(dst, src) // what it replies to, or is the rest of
	m := master(j.Service)
	c.meetAny(&back, func(a string) bool {
		return a == j.Service || f.Protocol == protoTCP && (master(a) == m && Recognised(f) || c.hasPort(&back, a, f.SrcPort))
	})
}

// meetAny notes those services of a pair for which is holds. It reports whether there was any.
func (c *Checker) meetAny(k *Knowledge, is func(a string) bool) (found bool) {
	k.UsesAny(func(a string) bool {
		if is(a) {
			found = true
			c.met.uses[used{pair: k.pair, application: k.lists.numbers[a]}.key()] = struct{}{}
		}
		return false
	})
	return found
}

// fits reports whether a flow whose service the pair does not list can be an instance of one that it
// lists: by its port, or by what stands for many.
func (c *Checker) fits(k *Knowledge, a string, f *flows.Flow, j *Judgement) bool {
	port := ServerPort(f)
	switch {
	case standsFor(a, j.Service), a == f.Application:
		return true
	case IsServicePattern(a):
		return false
	case !IsUnknown(a):
		return c.hasPort(k, a, port)
	case a == anyUnknownUDP:
		return f.Protocol == protoUDP && IsUnknown(j.Service)
	case f.Protocol != protoTCP && f.SrcPort != 0 && (a == c.services.unrecognised(f.Protocol, f.SrcPort) || a == c.services.unrecognised(f.Protocol, f.DstPort)):
		return true
	}
	return a == c.services.unrecognised(f.Protocol, port) || c.hasPort(k, a, port)
}

// hasPort reports whether training saw a service of a pair at a port.
func (c *Checker) hasPort(k *Knowledge, a string, port uint16) bool {
	u := c.m.Evidence.of(k, a)
	return u != nil && u.hasPort(port)
}

// A Part is a part of the map that a check can meet: a source's use of a service at a destination.
type Part struct {
	Src, Dst Host
	Service  string
	// Met is set where a flow of it came.
	Met bool
	// Use is what training knows of it, nil for nothing.
	Use *Use
}

// Parts goes through what the map has and a check can meet, in the order of the map file: not what was
// only tried, what patterns permit, and what no device takes part in. Where hosts have several addresses,
// what is done from one is done from all: it is told once. The Part is borrowed. Follow must have been
// called.
func (c *Checker) Parts() iter.Seq[*Part] {
	return func(yield func(*Part) bool) {
		p := &c.m.pairs
		var part Part
		for s := range p.SortedSources() {
			srcs := c.Addresses(s.Host)
			if isPattern(s.Host) {
				continue
			}
			for pair := range p.SortedPairs(s) {
				if IsAttempts(pair.Dst) || isPattern(pair.Dst) || !c.perimeter.device(s.Host.addr) && !c.perimeter.device(pair.Dst.addr) && c.perimeter.devices != nil {
					continue
				}
				dsts := c.Addresses(pair.Dst)
				for _, service := range pair.Applications {
					part = Part{Src: s.Host, Dst: pair.Dst, Service: service}
					if c.part(&part, srcs, dsts) && !yield(&part) {
						return
					}
				}
			}
		}
	}
}

// part fills a part in. It reports whether it is the first of those that are the same to hosts with these
// addresses.
func (c *Checker) part(part *Part, srcs, dsts []Host) (first bool) {
	first = true
	found := false
	for _, s := range srcs {
		for _, d := range dsts {
			n, ok := c.m.pairs.find(s, d, part.Service)
			if !ok {
				continue
			}
			if s == part.Src && d == part.Dst {
				part.Use = c.m.Evidence.Use(s, d, part.Service)
				first = !found
			}
			found = true
			_, met := c.met.uses[n.key()]
			part.Met = part.Met || met
		}
	}
	return first
}

// isPattern reports whether a key of the map stands for many hosts that are not told apart.
func isPattern(h Host) bool {
	return !h.IsAddress() && (h == Any || strings.Contains(h.String(), "/"))
}

// mostAddresses is how many addresses of a host are taken for one.
const mostAddresses = 8

// Addresses returns the addresses of the map that are the same host's, by its hardware addresses, sorted:
// at least the one that is given.
func (c *Checker) Addresses(h Host) []Host {
	out := []Host{h}
	r := c.m.Evidence.Record(h)
	if r == nil {
		return out
	}
	for _, mac := range r.MACs {
		if _, shared := c.shared[mac]; shared {
			continue
		}
		for _, a := range c.owners[mac] {
			if o := (Host{addr: a}); len(out) < mostAddresses && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, Host.Compare)
	return out
}

// IsThing reports whether a key of the map is one host, which a check can miss.
func (c *Checker) IsThing(h Host) bool {
	if h.IsAddress() {
		return !h.addr.IsUnspecified()
	}
	for _, key := range c.m.resolved.macs {
		if key == h {
			return true
		}
	}
	return false
}

// Came reports whether a host showed itself at any of its addresses. Follow must have been called.
func (c *Checker) Came(h Host) bool {
	return slices.ContainsFunc(c.Addresses(h), func(h Host) bool {
		n, ok := c.m.pairs.hosts.find(h)
		return ok && c.met.hosts[n/64]&(1<<(n%64)) != 0
	})
}

// Span returns the times of the first packet and of the last packet of the flows that were judged, in
// nanoseconds since 1970.
func (c *Checker) Span() (first, last int64) { return c.start, c.end }
