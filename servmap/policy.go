package servmap

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"servmap/classify"
)

// Policy is what a map permits, as a filter of packets can be told it.
type Policy struct {
	// Rules stand in the order of the map, those that it does not have after them.
	Rules []PolicyRule
	// Hosts are those that the policy is about; none is all of them.
	Hosts []netip.Addr
	// Inside are the networks and addresses that are not "remote", GroupsRemote is Settings.MulticastRemote.
	Inside       []netip.Prefix
	GroupsRemote bool
	// Unwritten are the hosts of the map that have no address, so that no rule can name them.
	Unwritten []string

	bySource  map[Host][]int
	byPattern []int
	perimeter *Perimeter
}

// PolicyRule permits a service from a source to a destination.
type PolicyRule struct {
	// Src and Dst are addresses, networks, or the words of the map.
	Src, Dst Host
	Service  string
	// Traffic is what the service looks like: one of these.
	Traffic []Packets
	// Guessed is set where no evidence tells the ports.
	Guessed bool
	// Domains are those that were met outside, sorted; none where there may be others.
	Domains []string
	// Added is set where the map does not have it: DNS and DHCP, which hosts need.
	Added bool
}

// Packets are those of an IP protocol, 0 for any, to some ports, none for all. Besides TCP, they may also come from one
// of the ports and go to one from EphemeralPorts on.
type Packets struct {
	Protocol uint8
	Ports    []uint16
}

// EphemeralPorts is the first port that no service is expected on.
const EphemeralPorts = leastEphemeral

// BackPorts are those of the ports from which the traffic may also come.
func (t *Packets) BackPorts() (out []uint16) {
	if t.Protocol == protoTCP {
		return nil
	}
	for _, p := range t.Ports {
		if p < leastEphemeral && p != 0 {
			out = append(out, p)
		}
	}
	return out
}

// NewPolicy returns the policy of a map that was made with the settings, about some hosts or, without any, all.
func NewPolicy(m *Map, s Settings, protocols []*classify.Protocol, hosts []netip.Addr) *Policy {
	s = s.Normal()
	p := &Policy{Hosts: hosts, GroupsRemote: s.MulticastRemote, perimeter: NewPerimeter(s), bySource: map[Host][]int{}}
	p.Inside = append(p.Inside, s.LocalNetworks...)
	for _, a := range s.DeviceIPs {
		p.Inside = append(p.Inside, netip.PrefixFrom(a, a.BitLen()))
	}
	known := map[string]*classify.Protocol{}
	for _, k := range protocols {
		known[k.Name] = k
	}
	for src := range m.pairs.SortedSources() {
		for pair := range m.pairs.SortedPairs(src) {
			if !p.canWrite(src.Host) || !p.canWrite(pair.Dst) {
				continue
			}
			for _, service := range pair.Applications {
				p.addRule(policyRule(m.Evidence.Use(src.Host, pair.Dst, service), src.Host, pair.Dst, service, known))
			}
		}
	}
	p.need(m.Evidence, known)
	for i := range p.Rules {
		if src := p.Rules[i].Src; src.IsAddress() {
			p.bySource[src] = append(p.bySource[src], i)
		} else {
			p.byPattern = append(p.byPattern, i)
		}
	}
	return p
}

// canWrite reports whether a key of the map names addresses, and keeps those that do not.
func (p *Policy) canWrite(h Host) bool {
	_, network := NetworkOf(h)
	switch {
	case h.IsAddress(), network, h == Any, h == Remote, h == Multicast, h == Broadcast, IsAttempts(h):
		return true
	}
	if name := h.String(); !slices.Contains(p.Unwritten, name) {
		p.Unwritten = append(p.Unwritten, name)
	}
	return false
}

// addRule adds a rule, made narrower by the hosts that the policy is about.
func (p *Policy) addRule(r PolicyRule) {
	if len(r.Traffic) == 0 {
		return
	}
	if len(p.Hosts) == 0 {
		p.Rules = append(p.Rules, r)
		return
	}
	src := r.Src
	for _, a := range p.Hosts {
		if h := AddrHost(a); Stands(src, h) {
			one := r
			one.Src = h
			p.Rules = append(p.Rules, one)
		}
	}
	if src.IsAddress() && slices.Contains(p.Hosts, src.addr) {
		return
	}
	for _, a := range p.Hosts {
		if h := AddrHost(a); Stands(r.Dst, h) {
			one := r
			one.Dst = h
			p.Rules = append(p.Rules, one)
		}
	}
}

// Stands reports whether a key of the map stands for a host: itself, its network, "*", or what was only tried.
func Stands(key, h Host) bool {
	switch {
	case key == h, key == Any:
		return true
	case key == AttemptsLocal:
		return h.IsAddress()
	case key == AttemptsRemote:
		return h == Remote
	}
	n, ok := NetworkOf(key)
	return ok && h.IsAddress() && n.Contains(h.addr)
}

// policyRule returns the rule of a service. The use may be nil.
func policyRule(u *Use, src, dst Host, service string, known map[string]*classify.Protocol) PolicyRule {
	r := PolicyRule{Src: src, Dst: dst, Service: service}
	if IsUnknown(service) {
		r.Traffic = unknownTraffic(service)
		return r
	}
	r.Traffic = knownTraffic(u, known[master(service)], service == anyService)
	r.Guessed = u == nil && slices.ContainsFunc(r.Traffic, func(t Packets) bool {
		return t.Protocol == protoTCP || t.Protocol == protoUDP || t.Protocol == protoSCTP
	})
	if u != nil && dst == Remote && !u.More {
		for _, peer := range u.Peers {
			if Domain(peer.Name) == "" {
				r.Domains = nil // some had no name
				break
			}
			r.Domains = append(r.Domains, peer.Name)
		}
	}
	return r
}

// unknownTraffic reads "Unknown:tcp/5007"; what it cannot read is no traffic.
func unknownTraffic(service string) []Packets {
	transport, port, _ := strings.Cut(strings.TrimPrefix(service, unknownPrefix), "/")
	if transport == "udp" && port == anyService {
		return []Packets{{Protocol: protoUDP}}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil
	}
	switch transport {
	case "tcp":
		return []Packets{{protoTCP, []uint16{uint16(n)}}}
	case "udp":
		return []Packets{{protoUDP, []uint16{uint16(n)}}}
	case "sctp":
		return []Packets{{protoSCTP, []uint16{uint16(n)}}}
	case "ip":
		if n < 256 {
			return []Packets{{Protocol: uint8(n)}}
		}
	}
	return nil
}

// transportNumbers are the numbers of the transports of classify.
var transportNumbers = []struct {
	transport classify.Transport
	number    uint8
}{{classify.TCP, protoTCP}, {classify.UDP, protoUDP}, {classify.SCTP, protoSCTP}}

// knownTraffic returns what a recognised service looks like. Of a protocol that is a user's own it is anything that
// has ports.
func knownTraffic(u *Use, k *classify.Protocol, any bool) (out []Packets) {
	if any {
		return []Packets{{}}
	}
	if k == nil {
		k = &classify.Protocol{Transport: classify.TCP | classify.UDP | classify.SCTP}
	}
	for _, t := range transportNumbers {
		if k.Transport&t.transport == 0 {
			continue
		}
		ports := usualPorts(k, t.transport)
		if u != nil {
			ports = u.Ports
		}
		if len(ports) == mostListed {
			ports = nil // there may have been more
		}
		out = append(out, Packets{t.number, ports})
	}
	for _, n := range k.IPProtocols {
		out = append(out, Packets{Protocol: n})
	}
	return out
}

// usualPorts returns the ports of a protocol on a transport, sorted: the less usual ones where there are no others.
func usualPorts(k *classify.Protocol, t classify.Transport) []uint16 {
	ports := slices.Clone(k.Ports)
	switch t {
	case classify.TCP:
		ports = append(ports, k.TCPPorts...)
	case classify.UDP:
		ports = append(ports, k.UDPPorts...)
	}
	if len(ports) == 0 {
		ports = slices.Clone(k.AlsoPorts)
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
