package findings

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"servmap/flows"
)

// What an expression may hold: how many conversations a group tells apart, how many terms there are, and how many
// ports of clients a term lists. Beyond that expressions get wider.
const (
	mostTalks   = 256
	mostTerms   = 12
	mostClients = 8
)

// talk is what tells the packets of flows apart: a conversation, or with parts left out several.
type talk struct {
	protocol uint8
	// vlan is set where the frames have a VLAN tag, tunnel where the packets are inside a tunnel.
	vlan, tunnel bool
	src, dst     netip.Addr // not valid for any
	// service is the destination's port, valid iff ported.
	service uint16
	ported  bool
}

// talks are the conversations of a group's flows, with the ports of their clients.
type talks struct {
	order   []talk
	clients map[talk]*list[uint16]
	more    bool
}

// add adds a flow.
func (t *talks) add(f *flows.Flow) {
	k := talk{protocol: f.Protocol, vlan: f.VLAN != 0, tunnel: f.Tunnel != 0, src: f.Src, dst: f.Dst, service: f.DstPort}
	k.ported = f.DstPort != 0 || f.SrcPort != 0
	t.put(k, f.SrcPort)
}

func (t *talks) put(k talk, client uint16) {
	l := t.clients[k]
	if l == nil {
		if len(t.order) == mostTalks {
			t.more = true
			return
		}
		if t.clients == nil {
			t.clients = map[talk]*list[uint16]{}
		}
		l = &list[uint16]{}
		t.clients[k], t.order = l, append(t.order, k)
	}
	if len(l.values) <= mostClients { // one more tells that there are too many
		l.add(client)
	}
}

// addAll adds those of another group.
func (t *talks) addAll(o *talks) {
	for _, k := range o.order {
		for _, c := range o.clients[k].values {
			t.put(k, c)
		}
	}
	t.more = t.more || o.more
}

// wider returns the conversations with parts left out.
func (t *talks) wider(leave func(*talk)) []talk {
	var out []talk
	for _, k := range t.order {
		leave(&k)
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// The ways to leave parts out, the narrowest first.
var widenings = []func(*talk){
	func(k *talk) { k.service, k.ported = 0, false },
	func(k *talk) { k.src = netip.Addr{} },
	func(k *talk) { k.dst = netip.Addr{} },
	func(k *talk) { k.src, k.service, k.ported = netip.Addr{}, 0, false },
	func(k *talk) { k.dst, k.service, k.ported = netip.Addr{}, 0, false },
}

// expressions returns what selects the packets of the group's flows: filter in the language of --filter, capture in that
// of tcpdump and tshark, empty where that cannot say it. Exact is unset where other packets match, too.
func (g *group) expressions(fragmented func(a, b netip.Addr) bool) (filter, capture string, exact bool) {
	t := &g.talks
	switch {
	case g.class == aboutTunnel:
		return g.tunnelExpression()
	case len(t.order) == 0:
		s := g.frameExpression()
		return s, s, s != ""
	}
	terms, exact := t.order, !t.more
	if len(terms) > mostTerms || t.more {
		exact = false
		for _, leave := range widenings {
			if terms = t.wider(leave); len(terms) <= mostTerms {
				break
			}
		}
		if len(terms) > mostTerms || t.more && !terms[0].src.IsValid() && !terms[0].dst.IsValid() {
			return "", "", false
		}
	}
	var tagged, plain, seen []string
	tunnel := false
	for _, k := range terms {
		var clients []uint16
		if l := t.clients[k]; l != nil && k.ported {
			if clients = l.values; len(clients) > mostClients {
				clients, exact = nil, false
			}
		}
		s := k.text(clients)
		seen, tunnel = append(seen, s), tunnel || k.tunnel
		if k.src.IsValid() && k.dst.IsValid() && fragmented(k.src, k.dst) {
			s = fmt.Sprintf("(%s or %s)", s, k.fragments())
		}
		if k.vlan {
			tagged = append(tagged, s)
		} else {
			plain = append(plain, s)
		}
	}
	filter = joinOr(seen)
	if !tunnel {
		if len(tagged) > 0 { // last, since what stands behind vlan is looked for behind the tag
			plain = append(plain, "(vlan and "+joinOr(tagged)+")")
		}
		capture = joinOr(plain)
	}
	return filter, capture, exact
}

// FlowFilter selects the packets of a flow, in the language of --filter, and those of others between the same endpoints.
func FlowFilter(f *flows.Flow) string {
	var t talks
	t.add(f)
	return t.order[0].text([]uint16{f.SrcPort})
}

// carriers are the IP protocols of the tunnels that have one of their own.
var carriers = map[string]string{"GRE": "proto 47", "PPTP": "proto 47", "ERSPAN": "proto 47", "IP-in-IP": "(proto 4 or proto 41)", "EtherIP": "proto 97", "MPLS-in-IP": "proto 137"}

// tunnelExpression selects what goes between the ends of a tunnel.
func (g *group) tunnelExpression() (filter, capture string, exact bool) {
	a, b := g.src.addresses.values, g.dst.addresses.values
	if len(a)+len(b) > mostTerms || len(a) == 0 || len(b) == 0 {
		return "", "", false
	}
	hosts := func(list []netip.Addr) string {
		var terms []string
		for _, h := range list {
			terms = append(terms, "host "+h.WithZone("").String())
		}
		return joinOr(terms)
	}
	s := hosts(a) + " and " + hosts(b)
	carrier := carriers[g.role]
	if carrier != "" {
		s += " and " + carrier
	}
	return s, s, carrier != "" && (len(a) == 1 || len(b) == 1)
}

// joinOr joins terms, in parentheses where there are several.
func joinOr(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " or ") + ")"
}

// protocolWords are those of tcpdump for IP protocols; the last is for IPv6.
var protocolWords = map[uint8][2]string{6: {"tcp", "tcp"}, 17: {"udp", "udp"}, 132: {"sctp", "sctp"}, 1: {"icmp", "ip6 proto 1"}, 58: {"ip proto 58", "icmp6"}}

// text is the talk as a term in parentheses.
func (k *talk) text(clients []uint16) string {
	six := 0
	if !k.src.Is4() && !k.dst.Is4() {
		six = 1
	}
	word := protocolWords[k.protocol][six]
	if word == "" {
		word = fmt.Sprintf("%s proto %d", [2]string{"ip", "ip6"}[six], k.protocol)
	}
	parts := []string{word}
	for _, a := range []netip.Addr{k.src, k.dst} {
		if a.IsValid() && (a != k.src || len(parts) == 1) {
			parts = append(parts, "host "+a.WithZone("").String())
		}
	}
	if k.ported {
		switch {
		case len(clients) == 1 && clients[0] == k.service:
			parts = append(parts, fmt.Sprintf("src port %d and dst port %d", k.service, k.service))
		default:
			parts = append(parts, fmt.Sprintf("port %d", k.service))
			if len(clients) > 0 {
				var ports []string
				for _, c := range clients {
					ports = append(ports, fmt.Sprintf("port %d", c))
				}
				parts = append(parts, joinOr(ports))
			}
		}
	}
	return "(" + strings.Join(parts, " and ") + ")"
}

// fragments is a term for the fragments between two hosts whose ports stand in their first one alone, which tcpdump does
// not remember.
func (k *talk) fragments() string {
	if k.src.Is4() {
		return fmt.Sprintf("(ip proto %d and host %s and host %s and ip[6:2] & 0x1fff != 0)", k.protocol, k.src, k.dst)
	}
	return fmt.Sprintf("(ip6 proto 44 and host %s and host %s)", k.src, k.dst)
}

// frameExpression selects the frames of a host without IP, or those by which it claims an address.
func (g *group) frameExpression() string {
	var terms []string
	for _, e := range g.frames {
		for _, m := range g.src.macs.values {
			terms = append(terms, fmt.Sprintf("(ether proto 0x%04x and ether src %s)", e, net.HardwareAddr(m[:])))
		}
	}
	if len(g.frames) == 0 {
		for _, c := range g.claims.values {
			terms = append(terms, fmt.Sprintf("(arp and ether src %s)", net.HardwareAddr(c.mac[:])))
		}
	}
	if len(terms) == 0 || len(terms) > mostTerms {
		return ""
	}
	return joinOr(terms)
}

// Expression returns what selects the packets of the finding's flows, and whether it is in the language of tcpdump and
// tshark (pcap-filter), or else in that of --filter, which looks into tunnels. It is empty where the finding has no
// packets, or too many hosts to name.
func (f *Finding) Expression() (expression string, tcpdump bool) {
	if f.Capture != "" {
		return f.Capture, true
	}
	return f.Filter, false
}

// IsWide reports whether the expression also selects packets of other flows.
func (f *Finding) IsWide() bool { return f.IsCut("filter") }
