package report

import (
	"net/netip"
	"strconv"
	"strings"

	"servmap/report/rows"
	"servmap/servmap"
)

// PolicyFormats are the formats of `servmap policy`, the default first.
var PolicyFormats = []Format[*servmap.Policy]{
	{Name: "nftables", New: single(writeNftables)},
	{Name: "kubernetes", New: single(writeKubernetes)},
	{Name: "csv", New: single(writePolicyCSV)},
}

// ruleTitle is a rule as the map has it, for a comment: one line of safe characters.
func ruleTitle(r *servmap.PolicyRule) string {
	s := r.Src.String() + " -> " + r.Dst.String() + " " + r.Service
	for _, n := range ruleNotes(r) {
		s += ", " + n
	}
	return rows.Name(s)
}

// ruleNotes tell what a filter of packets cannot hold.
func ruleNotes(r *servmap.PolicyRule) (out []string) {
	if r.Added {
		out = append(out, "not in the map but needed")
	}
	if r.Guessed {
		out = append(out, "no evidence of ports")
	}
	if len(r.Domains) > 0 {
		out = append(out, "domains "+strings.Join(r.Domains, " "))
	}
	return out
}

// protocolName is the name of an IP protocol: "tcp", "udp", "sctp", else its number, "any" for 0.
func protocolName(n uint8) string {
	switch n {
	case 0:
		return "any"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 132:
		return "sctp"
	}
	return strconv.Itoa(int(n))
}

// hasPorts reports whether packets of an IP protocol have ports.
func hasPorts(n uint8) bool { return n == 6 || n == 17 || n == 132 }

// portList joins ports.
func portList(ports []uint16, sep string) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(int(p))
	}
	return strings.Join(words, sep)
}

// families are the versions of IP that a rule may be about, in their order.
func families(r *servmap.PolicyRule) (four, six bool) {
	four, six = true, true
	for _, h := range [...]servmap.Host{r.Src, r.Dst} {
		a := h.Addr()
		if n, ok := servmap.NetworkOf(h); ok {
			a = n.Addr()
		}
		switch {
		case h == servmap.Broadcast, a.Is4():
			six = false
		case a.Is6():
			four = false
		}
	}
	return four, six
}

// prefixesOf returns those of networks that are of a version of IP.
func prefixesOf(networks []netip.Prefix, four bool) (out []netip.Prefix) {
	for _, n := range networks {
		if n.Addr().Is4() == four {
			out = append(out, n.Masked())
		}
	}
	return out
}
