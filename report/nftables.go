package report

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"servmap/servmap"
)

// nftHead begins the rules. Discovery of neighbours is what ARP is to IPv4, which the table does not see.
const nftHead = `
	chain permitted {
		ct state established,related accept
		icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
`

// nftTail ends the rules. What comes in is judged before it is routed, so that the rules hold for a router's own services and for
// what it forwards.
const nftTail = `	}

	chain received {
		type filter hook prerouting priority filter; policy drop;
		iif "lo" accept
		jump permitted
	}

	chain sent {
		type filter hook output priority filter; policy drop;
		oif "lo" accept
		jump permitted
	}
}
`

// writeNftables writes a table of nft(8).
func writeNftables(w io.Writer, _ *Style, p *servmap.Policy) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "table inet servmap\ndelete table inet servmap\n\ntable inet servmap {\n")
	for _, four := range [...]bool{true, false} {
		local, groups := nftInside(p, four)
		writeNftSet(out, "local", four, local)
		writeNftSet(out, "inside", four, append(local, groups...))
	}
	fmt.Fprint(out, nftHead)
	writeNftHosts(out, p.Hosts)
	for i := range p.Rules {
		r := &p.Rules[i]
		fmt.Fprintf(out, "\n\t\t# %s\n", ruleTitle(r))
		four, six := families(r)
		for _, f := range [...]struct{ four, is bool }{{true, four}, {false, six}} {
			if f.is {
				writeNftRule(out, r, f.four)
			}
		}
	}
	fmt.Fprint(out, nftTail)
	return out.Flush()
}

// writeNftHosts lets pass what is about none of the hosts.
func writeNftHosts(out io.Writer, hosts []netip.Addr) {
	if len(hosts) == 0 {
		return
	}
	for _, four := range [...]bool{true, false} {
		var list []string
		for _, a := range hosts {
			if a.Is4() == four {
				list = append(list, a.String())
			}
		}
		ip := nftIP(four)
		if len(list) == 0 {
			fmt.Fprintf(out, "\t\tmeta nfproto ipv%s accept\n", nftVersion(four))
			continue
		}
		set := strings.Join(list, ", ")
		fmt.Fprintf(out, "\t\t%s saddr != { %s } %s daddr != { %s } accept\n", ip, set, ip, set)
	}
}

func nftVersion(four bool) string {
	if four {
		return "4"
	}
	return "6"
}

func nftIP(four bool) string {
	if four {
		return "ip"
	}
	return "ip6"
}

// writeNftSet writes a set of networks.
func writeNftSet(out io.Writer, name string, four bool, elements []string) {
	v := nftVersion(four)
	fmt.Fprintf(out, "\tset %s%s {\n\t\ttype ipv%s_addr; flags interval; auto-merge\n\t\telements = { %s }\n\t}\n", name, v, v, strings.Join(elements, ", "))
}

// nftInside lists what is local, and what is a group and therefore not outside.
func nftInside(p *servmap.Policy, four bool) (local, groups []string) {
	local, groups = []string{"::", "::1"}, []string{"ff00::/8"}
	if four {
		local, groups = []string{"0.0.0.0", "127.0.0.0/8"}, []string{"224.0.0.0/4", "255.255.255.255"}
	}
	if p.GroupsRemote {
		groups = nil
	}
	for _, n := range prefixesOf(p.Inside, four) {
		local = append(local, n.String())
	}
	return local, groups
}

// writeNftRule writes the lines of a rule for a version of IP.
func writeNftRule(out io.Writer, r *servmap.PolicyRule, four bool) {
	for _, from := range nftEnds(r.Src, "saddr", four) {
		for _, to := range nftEnds(r.Dst, "daddr", four) {
			for i := range r.Traffic {
				for _, packets := range nftPackets(&r.Traffic[i]) {
					line := strings.Join(strings.Fields(from+" "+to+" "+packets), " ")
					if !strings.HasPrefix(line, "ip") {
						line = strings.TrimSpace("meta nfproto ipv" + nftVersion(four) + " " + line)
					}
					fmt.Fprintf(out, "\t\t%s accept\n", line)
				}
			}
		}
	}
}

// nftEnds returns the matches of one end, of which each is a line.
func nftEnds(h servmap.Host, side string, four bool) []string {
	match := nftIP(four) + " " + side + " "
	switch h {
	case servmap.Any:
		return []string{""}
	case servmap.Remote, servmap.AttemptsRemote:
		return []string{match + "!= @inside" + nftVersion(four)}
	case servmap.AttemptsLocal:
		return []string{match + "@local" + nftVersion(four)}
	case servmap.Broadcast:
		return []string{match + "255.255.255.255", "meta pkttype broadcast"}
	case servmap.Multicast:
		if four {
			return []string{match + "224.0.0.0/4"}
		}
		return []string{match + "ff00::/8"}
	}
	return []string{match + h.String()}
}

// nftPackets returns the matches of packets, of which each is a line.
func nftPackets(t *servmap.Packets) (out []string) {
	name := protocolName(t.Protocol)
	switch {
	case t.Protocol == 0:
		return []string{""}
	case len(t.Ports) == 0 || !hasPorts(t.Protocol):
		return []string{"meta l4proto " + name}
	}
	out = append(out, name+" dport { "+portList(t.Ports, ", ")+" }")
	if back := t.BackPorts(); len(back) > 0 {
		out = append(out, fmt.Sprintf("%s sport { %s } %s dport %d-65535", name, portList(back, ", "), name, servmap.EphemeralPorts))
	}
	return out
}
