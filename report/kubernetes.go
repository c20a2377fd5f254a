package report

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"servmap/servmap"
)

// writeKubernetes writes a NetworkPolicy (networking.k8s.io/v1) for each host. Its pods have the label servmap/host.
func writeKubernetes(w io.Writer, _ *Style, p *servmap.Policy) error {
	out := bufio.NewWriter(w)
	for i, a := range podAddresses(p) {
		if i > 0 {
			fmt.Fprintln(out, "---")
		}
		name := podLabel(a)
		fmt.Fprintf(out, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: servmap-%s\nspec:\n  podSelector:\n    matchLabels:\n      servmap/host: %q\n  policyTypes: [Ingress, Egress]\n", name, name)
		h := servmap.AddrHost(a)
		writePodSide(out, p, "ingress", "from", h, func(r *servmap.PolicyRule) (own, peer servmap.Host) { return r.Dst, r.Src })
		writePodSide(out, p, "egress", "to", h, func(r *servmap.PolicyRule) (own, peer servmap.Host) { return r.Src, r.Dst })
	}
	return out.Flush()
}

// podLabel is an address as a label's value and part of a name may have it: without colons.
func podLabel(a netip.Addr) string { return strings.ReplaceAll(a.StringExpanded(), ":", "-") }

// podAddresses are the hosts of a policy that are single addresses, sorted.
func podAddresses(p *servmap.Policy) (out []netip.Addr) {
	for i := range p.Rules {
		for _, h := range [...]servmap.Host{p.Rules[i].Src, p.Rules[i].Dst} {
			if a := h.Addr(); h.IsAddress() && !a.IsUnspecified() && (len(p.Hosts) == 0 || slices.Contains(p.Hosts, a)) {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

// writePodSide writes the rules of one direction of a host.
func writePodSide(out io.Writer, p *servmap.Policy, direction, word string, h servmap.Host, ends func(*servmap.PolicyRule) (own, peer servmap.Host)) {
	any := false
	for i := range p.Rules {
		r := &p.Rules[i]
		own, peer := ends(r)
		if !servmap.Stands(own, h) {
			continue
		}
		ports, all := podPorts(r)
		if len(ports) == 0 && !all {
			continue
		}
		if !any {
			any = true
			fmt.Fprintf(out, "  %s:\n", direction)
		}
		fmt.Fprintf(out, "    # %s\n", ruleTitle(r))
		lead := "    - "
		if peers := podPeers(p, peer, h.Addr().Is4()); len(peers) > 0 {
			fmt.Fprintf(out, "%s%s:\n", lead, word)
			for _, line := range peers {
				fmt.Fprintf(out, "        - %s\n", line)
			}
			lead = "      "
		}
		if len(ports) > 0 {
			fmt.Fprintf(out, "%sports:\n", lead)
			for _, line := range ports {
				fmt.Fprintf(out, "        - %s\n", line)
			}
		} else if lead == "    - " {
			fmt.Fprintln(out, "    - {}")
		}
	}
	if !any {
		fmt.Fprintf(out, "  %s: []\n", direction)
	}
}

// podPorts lists what a rule permits of TCP, UDP and SCTP, which are all that a NetworkPolicy knows; all tells that it
// permits everything.
func podPorts(r *servmap.PolicyRule) (out []string, all bool) {
	for _, t := range r.Traffic {
		switch name := strings.ToUpper(protocolName(t.Protocol)); {
		case t.Protocol == 0:
			return nil, true
		case !hasPorts(t.Protocol):
		case len(t.Ports) == 0:
			out = append(out, "{protocol: "+name+"}")
		default:
			for _, port := range t.Ports {
				if port != 0 {
					out = append(out, fmt.Sprintf("{protocol: %s, port: %d}", name, port))
				}
			}
		}
	}
	return out, false
}

// podPeers lists the other end of a rule; none is everybody.
func podPeers(p *servmap.Policy, h servmap.Host, four bool) []string {
	local, groups := nftInside(p, four)
	all, group := "::/0", "ff00::/8"
	if four {
		all, group = "0.0.0.0/0", "224.0.0.0/4"
	}
	block := func(cidr string) string { return fmt.Sprintf("ipBlock: {cidr: %q}", cidr) }
	switch h {
	case servmap.Any:
		return nil
	case servmap.Remote, servmap.AttemptsRemote:
		var except []string
		for _, n := range append(local, groups...) {
			except = append(except, fmt.Sprintf("%q", podBlock(n)))
		}
		return []string{fmt.Sprintf("ipBlock: {cidr: %q, except: [%s]}", all, strings.Join(except, ", "))}
	case servmap.AttemptsLocal:
		out := []string{"podSelector: {}"}
		for _, n := range local {
			out = append(out, block(podBlock(n)))
		}
		return out
	case servmap.Multicast:
		return []string{block(group)}
	case servmap.Broadcast:
		return []string{block("255.255.255.255/32")}
	}
	if h.IsAddress() {
		return []string{fmt.Sprintf("podSelector: {matchLabels: {servmap/host: %q}}", podLabel(h.Addr())), block(podBlock(h.String()))}
	}
	n, _ := servmap.NetworkOf(h)
	return []string{block(n.Masked().String())}
}

// podBlock is an address or a network as a network.
func podBlock(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()).String()
	}
	return s
}
