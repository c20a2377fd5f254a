package servmap

import (
	"net/netip"
	"strings"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap/identity"
)

// Clause is a rule of the user's own: what it allows is known, what it denies is a finding, whatever the map
// says. A flow must match every field that is set.
type Clause struct {
	// Name says where the clause stands: "deny 2".
	Name string
	// From and To are the flow's ends, nil for any.
	From, To Place
	// Service is a service ("TLS" is every "TLS.X", too) or an application ("Dropbox"); empty is any.
	Service string
	// Port is the server's; 0 is any.
	Port uint16
	// Note says why there is the clause.
	Note string
	// Until is the packet time, in nanoseconds since 1970, from which on the clause no longer counts; 0 is
	// never.
	Until int64
	// Matched counts the flows that it decided, Late those that it would have, before Until.
	Matched, Late uint64
}

// Clauses are what is allowed and what is denied. What is denied is denied, allowed or not.
type Clauses struct{ Allow, Deny []*Clause }

// Place is a set of ends of flows: one of several is enough.
type Place []Spot

// Spot is an address or network, a word of the map, a domain or a hardware address: exactly one is set.
type Spot struct {
	Network netip.Prefix
	// Word is a host of the map that is no address: Remote, Multicast, Broadcast, or Any.
	Word Host
	// Domain is the domain of a name outside, in lower case: subdomains, and questions for it, belong to it.
	Domain string
	// MAC is a hardware address; not set where it is zero.
	MAC identity.MAC
}

// has reports whether an end of a flow is one of the place's: by its address as seen, by the host of the map
// that it stands for, or by the name of the other end.
func (p Place) has(a netip.Addr, h Host, f *flows.Flow, server bool) bool {
	mac := f.SrcMAC
	if server {
		mac = f.DstMAC
	}
	for i := range p {
		s := &p[i]
		switch {
		case s.Network.IsValid():
			if s.Network.Contains(a) || h.IsAddress() && s.Network.Contains(h.addr) {
				return true
			}
		case s.MAC != identity.MAC{}:
			if f.HasMAC && s.MAC == mac && h.IsAddress() {
				return true
			}
		case s.Domain != "":
			if server && (isWithin(f.Info.ServerName(), s.Domain) || isWithin(f.Resolved, s.Domain)) {
				return true
			}
		case s.Word == h || s.Word == Any:
			return true
		}
	}
	return false
}

// isWithin reports whether a name is a domain or one of its subdomains.
func isWithin(name, domain string) bool {
	name = strings.TrimSuffix(name, ".")
	if len(name) < len(domain) || !strings.EqualFold(name[len(name)-len(domain):], domain) {
		return false
	}
	return len(name) == len(domain) || name[len(name)-len(domain)-1] == '.'
}

// matches reports whether a flow is one that the clause is about. It counts those from Until on.
func (c *Clause) matches(k *Case) bool {
	f := k.Flow
	switch {
	case c.From != nil && !c.From.has(f.Src, k.Src, f, false), c.To != nil && !c.To.has(f.Dst, k.Dst, f, true),
		c.Port != 0 && c.Port != ServerPort(f) && c.Port != f.DstPort, c.Service != "" && !covers(c.Service, k.Service):
		return false
	case c.Until != 0 && f.First() >= c.Until:
		c.Late++
		return false
	}
	c.Matched++
	return true
}

// covers reports whether the service of a clause stands for that of a flow.
func covers(named, service string) bool {
	if standsFor(named, service) || named == Application(service) {
		return true
	}
	if IsUnknown(service) {
		ports, any := strings.CutSuffix(named, anyService)
		return named == classify.Unknown || any && IsUnknown(ports) && strings.HasPrefix(service, ports)
	}
	return master(service) == named
}

// Clone returns clauses that count by themselves.
func (c *Clauses) Clone() Clauses {
	clone := func(list []*Clause) (out []*Clause) {
		for _, k := range list {
			one := *k
			one.Late, one.Matched = 0, 0
			out = append(out, &one)
		}
		return out
	}
	return Clauses{clone(c.Allow), clone(c.Deny)}
}

// Count adds what a clone has counted.
func (c *Clauses) Count(clone *Clauses) {
	for i, k := range clone.Allow {
		c.Allow[i].Late, c.Allow[i].Matched = c.Allow[i].Late+k.Late, c.Allow[i].Matched+k.Matched
	}
	for i, k := range clone.Deny {
		c.Deny[i].Late, c.Deny[i].Matched = c.Deny[i].Late+k.Late, c.Deny[i].Matched+k.Matched
	}
}

// denies returns the clause that denies a flow, nil for none.
func (c *Clauses) denies(k *Case) *Clause { return first(c.Deny, k) }

// allows returns the clause that allows a flow, nil for none.
func (c *Clauses) allows(k *Case) *Clause { return first(c.Allow, k) }

func first(list []*Clause, k *Case) *Clause {
	for _, c := range list {
		if c.matches(k) {
			return c
		}
	}
	return nil
}

// apply lets the user's own rules decide about a flow.
func (c *Checker) apply(j *Judgement) {
	if len(c.Clauses.Deny) > 0 {
		if j.Denied = c.Clauses.denies(&j.Case); j.Denied != nil {
			return
		}
	}
	if len(c.Clauses.Allow) > 0 && c.Clauses.allows(&j.Case) != nil {
		j.known, j.Granted = true, true
		j.NewPeer, j.Foreign, j.SrcMoved, j.DstMoved = false, false, false, false
	}
}
