package graph

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"servmap/servmap"
	"servmap/servmap/vendors"
)

// OfMap returns the graph of what a map permits.
func OfMap(m *servmap.Map) *Graph {
	b := newBuilder()
	for s := range m.Pairs().SortedSources() {
		for p := range m.Pairs().SortedPairs(s) {
			l := b.line(s.Host, p.Dst, Known)
			l.Bytes = p.Bytes
			for _, a := range p.Applications {
				b.service(l, a)
			}
		}
	}
	if e := m.Evidence; e != nil {
		b.uses(e)
		b.records(e)
	}
	b.roles(m.Evidence)
	return b.graph()
}

// uses adds what is known of services beyond their names.
func (b *builder) uses(e *servmap.Evidence) {
	for _, u := range e.Uses {
		l := b.lines[lineKey{u.Src, u.Dst, Known}]
		if l == nil {
			continue
		}
		s := b.service(l, u.Service)
		for i, c := range u.Counts {
			s.Bytes += c.Out + c.In
			s.Flows += uint64(c.Flows)
			day := dayText(e.Events[c.Event].Day)
			if i == 0 || day < s.First {
				s.First = day
			}
			s.Last = max(s.Last, day)
		}
		l.Flows += s.Flows
		s.Ports = u.Ports
		for _, p := range u.Peers {
			s.Peers = append(s.Peers, p.Name)
		}
	}
}

// dayText returns a day, counted from 1970, as a date.
func dayText(day int32) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly)
}

// records adds what is known of hosts.
func (b *builder) records(e *servmap.Evidence) {
	for key, h := range b.hosts {
		r := e.Record(key)
		if r == nil {
			continue
		}
		h.Name = r.Name
		for _, mac := range r.MACs {
			h.MACs = append(h.MACs, net.HardwareAddr(mac[:]).String())
			if v := vendors.Of(mac); v != "" && h.Vendor == "" && len(r.MACs) == 1 {
				h.Vendor = v
			}
		}
	}
}

// The roles of hosts, in the order in which they are told.
const (
	roleGateway  = "gateway"
	roleDHCP     = "DHCP"
	roleResolver = "resolver"
	roleServer   = "server"
)

// fewClients is from how many clients on a host is a server.
const fewClients = 2

// chatter is what hosts of a network answer each other without serving anybody.
var chatter = []string{"DNS", "DHCP", "DHCPV6", "ICMP", "ICMPV6", "IGMP", "MDNS", "LLMNR", "SSDP", "NetBIOS", "ARP"}

// roles finds out what hosts do for others.
func (b *builder) roles(e *servmap.Evidence) {
	clients := map[servmap.Host]int{}
	resolves := map[servmap.Host]bool{}
	leases := map[servmap.Host]bool{}
	for k, l := range b.lines {
		if !k.dst.IsAddress() || k.src == k.dst {
			continue
		}
		serves := false
		for i := range l.Services {
			switch f := servmap.Family(l.Services[i].Name); {
			case f == "DNS":
				resolves[k.dst] = resolves[k.dst] || l.Mark == Known
			case f == "DHCP":
				leases[k.dst] = leases[k.dst] || l.Mark == Known
			case !slices.Contains(chatter, f):
				serves = true
			}
		}
		if serves {
			clients[k.dst]++
		}
	}
	for key, h := range b.hosts {
		if !key.IsAddress() {
			continue
		}
		add := func(is bool, role string) {
			if is {
				h.Roles = append(h.Roles, role)
			}
		}
		add(e != nil && hasAddr(e.Routers, key.Addr()), roleGateway)
		add(e != nil && e.IsDHCP(key.Addr()) || leases[key], roleDHCP)
		add(resolves[key], roleResolver)
		add(clients[key] >= fewClients, roleServer)
	}
}

func hasAddr(list []netip.Addr, a netip.Addr) bool { return slices.Contains(list, a) }
