package servmap

import (
	"slices"
	"strings"

	"servmap/classify"
	"servmap/flows"
)

// lookUp finds out whether the map knows that one of the sources uses the service at one of the
// destinations: they are the flow's ends, and the other addresses of their hosts.
func (c *Checker) lookUp(f *flows.Flow, j *Judgement, srcs, dsts []Host) {
	for _, s := range srcs {
		for _, d := range dsts {
			k := c.m.pairs.look(s, d)
			if !k.Pair && j.Attempt {
				if a := c.m.pairs.look(s, Attempted(d)); a.Pair && c.uses(&a, true, f, j) {
					j.known = true
				}
			}
			if s == srcs[0] && d == dsts[0] || k.Pair && !j.Known.Pair {
				k.Source = k.Source || j.Known.Source
				j.Known = k
			}
			j.Known.Source = j.Known.Source || k.Source
			if k.Pair && c.uses(&k, false, f, j) || j.Attempt && c.tried(s, d, f, j) || c.answers(s, d, f, j) {
				j.Known, j.known = k, true
				c.peer(&k, d, f, j)
			}
			if j.known {
				c.carryOn(s, d, j)
				c.meet(s, d, f, j)
				return
			}
		}
	}
}

// carryOn remembers that a known flow went between two hosts.
func (c *Checker) carryOn(src, dst Host, j *Judgement) {
	if len(c.continued) < mostRecords && !j.accepted {
		c.continued[ends{src, dst}] = struct{}{}
	}
}

// tried reports whether the source is known to have tried the service somewhere like here.
func (c *Checker) tried(src, dst Host, f *flows.Flow, j *Judgement) bool {
	k := c.m.pairs.look(src, Attempted(dst))
	return k.Pair && c.uses(&k, true, f, j)
}

// uses reports whether the map knows that a pair uses the flow's service. attempts tells that the pair
// is one of a source and its attempts.
func (c *Checker) uses(k *Knowledge, attempts bool, f *flows.Flow, j *Judgement) bool {
	switch {
	case c.grants.permits(k, j, attempts):
		return true
	case !c.grants.anyEvident(k):
		return false
	case !IsUnknown(j.Service):
		return c.m.older && k.Uses(c.services.unrecognised(f.Protocol, ServerPort(f)))
	case f.Protocol == protoUDP && k.Uses(anyUnknownUDP):
		return true
	case f.Protocol != protoTCP && f.SrcPort != 0 && (c.often(k, f.Protocol, f.SrcPort) || c.often(k, f.Protocol, f.DstPort)):
		return true
	case c.m.Evidence == nil || c.m.Evidence.Older && !c.hasUse(k): // as maps without ports have it, but for attempts, which always have them
		return !attempts && (f.Application == classify.Unknown || k.Uses(f.Application))
	}
	// Without payload, and from the middle, a service shows by its port alone.
	if j.Attempt || f.Protocol == protoTCP && !f.Certain && c.early(f) {
		return k.UsesAny(func(a string) bool {
			u := c.m.Evidence.of(k, a)
			return u != nil && u.hasPort(ServerPort(f))
		})
	}
	return false
}

func (u *Use) hasPort(port uint16) bool {
	_, ok := slices.BinarySearch(u.Ports, port)
	return ok
}

// hasUse reports whether there is evidence of anything that a pair uses.
func (c *Checker) hasUse(k *Knowledge) bool {
	return k.UsesAny(func(a string) bool { return c.m.Evidence.of(k, a) != nil })
}

// often reports whether training saw a pair use a port at least twice for what was not recognised.
func (c *Checker) often(k *Knowledge, protocol uint8, port uint16) bool {
	name := c.services.unrecognised(protocol, port)
	if c.m.Evidence == nil || !k.Uses(name) {
		return k.Uses(name)
	}
	u, flows := c.m.Evidence.of(k, name), uint32(0)
	if u != nil {
		for i := range u.Counts {
			flows += u.Counts[i].Flows
		}
	}
	return flows >= 2
}

// early reports whether the flow begins within the idle timeout of the input's start.
func (c *Checker) early(f *flows.Flow) bool { return f.First()-c.start <= c.idle }

// answers reports whether the flow is the reply to, or the middle or the end of, what the map knows the
// other way round.
func (c *Checker) answers(src, dst Host, f *flows.Flow, j *Judgement) bool {
	if f.Certain || f.Protocol != protoTCP && !Recognised(f) {
		return false
	}
	_, continues := c.continued[ends{dst, src}]
	if !continues && !c.early(f) {
		return false
	}
	back := c.m.pairs.look(dst, src)
	if !back.Pair {
		return false
	}
	if c.grants.usesAny(&back, func(a string) bool { return a == j.Service }) {
		return true
	}
	if f.Protocol == protoTCP && Recognised(f) { // what is left of a connection shows no name
		m := master(j.Service)
		return c.grants.usesAny(&back, func(a string) bool { return master(a) == m })
	}
	if f.Protocol != protoTCP || c.m.Evidence == nil {
		return false
	}
	return back.UsesAny(func(a string) bool {
		u := c.m.Evidence.of(&back, a)
		return u != nil && u.hasPort(f.SrcPort)
	})
}

// peer finds out whether the source uses a service with a domain or an owner that the map does not know.
func (c *Checker) peer(k *Knowledge, dst Host, f *flows.Flow, j *Judgement) {
	if dst != Remote && master(j.Service) != "DNS" || j.Attempt || !j.named {
		return
	}
	if f.Info.ServerName() == "" && f.Confidence != classify.ByAddress && strings.IndexByte(f.Application, '.') < 0 {
		return // nothing names the other end
	}
	asked := askedName{k.pair, j.number, f.Info.ServerName(), f.Owner}
	seen := &c.asked[(uint(k.pair)*31+uint(j.number)*7+uint(len(asked.name)))%uint(len(c.asked))]
	if *seen == asked {
		return
	}
	u := c.m.Evidence.by(k, j.number)
	if u == nil || u.More || len(u.Peers) == 0 {
		return
	}
	if d := Peer(f); d != "" {
		if _, known := u.peer(d); !known {
			j.NewPeer = !c.grants.meets(j, d, "")
			return
		}
		u.Met = true
		if c.isForeign(f, dst, d, j) {
			j.Foreign = !c.grants.meets(j, d, f.Owner)
			return
		}
	}
	*seen = asked
}

// askedName is a name that a pair asked for with a service, both by their numbers. Without a name, the
// service says who owns the address.
type askedName struct {
	pair, service uint32
	name, owner   string
}

// isForeign reports whether a name is met at an address that neither DNS gave for it nor an owner has at
// whom the map knows it.
func (c *Checker) isForeign(f *flows.Flow, dst Host, domain string, j *Judgement) bool {
	if !isOwned(f, dst, j.Service) {
		return false
	}
	owners := c.m.Evidence.Names[domain]
	return len(owners) > 0 && len(owners) < mostListed && !slices.Contains(owners, f.Owner) && Domain(f.Resolved) != domain
}
