package servmap

import (
	"slices"

	"servmap/classify"
	"servmap/flows"
)

// Permits reports whether the policy lets a flow pass. What is about none of its hosts passes, and so does the rest of a
// connection of TCP that began before the capture.
func (p *Policy) Permits(f *flows.Flow) bool {
	if !p.perimeter.Includes(f) || !p.isAbout(f) {
		return true
	}
	src, dst := p.perimeter.Ends(f)
	if p.finds(src, dst, f.Protocol, f.SrcPort, f.DstPort) {
		return true
	}
	return f.Protocol == protoTCP && !f.Certain && p.finds(dst, src, f.Protocol, f.DstPort, f.SrcPort)
}

// isAbout reports whether an end of the flow is one of the hosts that the policy is about.
func (p *Policy) isAbout(f *flows.Flow) bool {
	return len(p.Hosts) == 0 || slices.Contains(p.Hosts, f.Src) || slices.Contains(p.Hosts, f.Dst)
}

// finds reports whether there is a rule for a packet.
func (p *Policy) finds(src, dst Host, protocol uint8, from, to uint16) bool {
	fits := func(i int) bool {
		r := &p.Rules[i]
		return Stands(r.Src, src) && Stands(r.Dst, dst) && slices.ContainsFunc(r.Traffic, func(t Packets) bool { return t.fits(protocol, from, to) })
	}
	return slices.ContainsFunc(p.bySource[src], fits) || slices.ContainsFunc(p.byPattern, fits)
}

// fits reports whether a packet is of the traffic.
func (t *Packets) fits(protocol uint8, from, to uint16) bool {
	switch {
	case t.Protocol == 0:
		return true
	case t.Protocol != protocol:
		return false
	case len(t.Ports) == 0 || slices.Contains(t.Ports, to):
		return true
	}
	return to >= leastEphemeral && slices.Contains(t.BackPorts(), from)
}

// A Dropped collects what a policy would drop, in the lines of Diff.
type Dropped struct {
	Policy   *Policy
	services services
	facts    map[fact]struct{}
	// Flows counts the flows.
	Flows uint64
}

// Add adds a flow, if the policy drops it.
func (d *Dropped) Add(f *flows.Flow) {
	if d.Policy.Permits(f) {
		return
	}
	if d.facts == nil {
		d.facts = map[fact]struct{}{}
	}
	d.Flows++
	src, dst := d.Policy.perimeter.Ends(f)
	if IsAttempt(f, dst) {
		dst = Attempted(dst)
	}
	d.facts[fact{src, dst, d.services.of(f)}] = struct{}{}
}

// Changes returns what was dropped, sorted.
func (d *Dropped) Changes() []Change { return changesOf(d.facts, nil) }

// need adds what the map does not have and hosts need: DNS at the resolvers that others ask, and DHCP of the servers that
// it knows.
func (p *Policy) need(e *Evidence, known map[string]*classify.Protocol) {
	if e == nil {
		return
	}
	var resolvers []Host
	for _, u := range e.Uses {
		if u.Dst.IsAddress() && u.Answered && master(u.Service) == "DNS" && slices.Contains(u.Ports, 53) && !slices.Contains(resolvers, u.Dst) {
			resolvers = append(resolvers, u.Dst)
		}
	}
	slices.SortFunc(resolvers, Host.Compare)
	for _, src := range p.lacking(func(r *PolicyRule) bool { return r.Dst == Remote }, "DNS") {
		for _, dst := range resolvers {
			if src != dst && src.addr.Is4() == dst.addr.Is4() {
				p.add(src, dst, "DNS", 53, known)
			}
		}
	}
	for _, src := range p.lacking(func(r *PolicyRule) bool { return r.Src.addr.Is4() }, "DHCP") {
		for _, server := range e.DHCP {
			if server.Is4() && !e.IsDHCP(src.addr) {
				p.add(src, AddrHost(server), "DHCP", 67, known)
				p.add(AddrHost(server), src, "DHCP", 68, known)
			}
		}
	}
}

// lacking returns the sources that are single hosts and have a rule that counts, but none of the protocol.
func (p *Policy) lacking(counts func(*PolicyRule) bool, protocol string) (out []Host) {
	has := map[Host]bool{}
	for i := range p.Rules {
		r := &p.Rules[i]
		if !r.Src.IsAddress() || r.Src.addr.IsUnspecified() || len(p.Hosts) > 0 && !slices.Contains(p.Hosts, r.Src.addr) {
			continue
		}
		if counts(r) && !slices.Contains(out[max(0, len(out)-1):], r.Src) {
			out = append(out, r.Src)
		}
		if master(r.Service) == protocol {
			has[r.Src] = true
		}
	}
	slices.SortFunc(out, Host.Compare)
	return slices.DeleteFunc(slices.Compact(out), func(h Host) bool { return has[h] })
}

// add adds a rule that the map does not have.
func (p *Policy) add(src, dst Host, service string, port uint16, known map[string]*classify.Protocol) {
	r := PolicyRule{Src: src, Dst: dst, Service: service, Added: true, Traffic: knownTraffic(&Use{Ports: []uint16{port}}, known[service], false)}
	p.Rules = append(p.Rules, r)
}
