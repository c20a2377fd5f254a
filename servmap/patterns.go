package servmap

import (
	"iter"
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
)

// Any is the host of a map's key "*", which stands for every host.
var Any = HostNamed("*")

// anyService stands for every service; behind a protocol, anyApplication stands for the protocol and all
// applications on top of it.
const (
	anyService     = "*"
	anyApplication = ".*"
)

// IsServicePattern reports whether a service of a map stands for several: "*", "TLS.*".
func IsServicePattern(service string) bool {
	return service == anyService || strings.HasSuffix(service, anyApplication)
}

// standsFor reports whether a service of a map, or of a rule, stands for a flow's: itself, or as a pattern.
func standsFor(named, service string) bool {
	protocol, all := strings.CutSuffix(named, anyApplication)
	return named == service || named == anyService || all && protocol == master(service)
}

// NetworkOf returns the network that a map's key names, as in "10.0.1.0/24".
func NetworkOf(h Host) (netip.Prefix, bool) {
	if h.IsAddress() || h == (Host{}) || strings.IndexByte(h.word.Value(), '/') < 0 {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(h.word.Value())
	return p, err == nil
}

// patterns are the keys and services of a map that stand for several.
type patterns struct {
	networks bart.Table[[]Host]
	// byNetwork tells that there are networks, any that there is "*", services that there are patterns of
	// services.
	byNetwork, any, services bool
}

// patterns finds those of the map.
func (p *Pairs) patterns() *patterns {
	t := &patterns{}
	for _, w := range p.hosts.words {
		h := Host{word: w}
		if h == Any {
			t.any = true
		}
		if n, ok := NetworkOf(h); ok {
			t.byNetwork = true
			same, _ := t.networks.Get(n.Masked())
			t.networks.Insert(n.Masked(), append(same, h))
		}
	}
	for _, name := range p.lists.names {
		t.services = t.services || IsServicePattern(name)
	}
	return t
}

// hosts goes through a host and the patterns that stand for it: the narrowest network first, "*" last.
func (t *patterns) hosts(h Host) iter.Seq[Host] {
	return func(yield func(Host) bool) {
		if !yield(h) {
			return
		}
		if t.byNetwork && h.IsAddress() {
			for _, same := range t.networks.Supernets(netip.PrefixFrom(h.addr, h.addr.BitLen())) {
				for _, n := range same {
					if !yield(n) {
						return
					}
				}
			}
		}
		if t.any && !IsAttempts(h) {
			yield(Any)
		}
	}
}

// pattern returns the number of the pattern of services by which a pair may use a service.
func (k *Knowledge) pattern(service string) (uint32, bool) {
	if !k.Pair {
		return 0, false
	}
	for _, name := range [...]string{anyService, master(service) + anyApplication} {
		if n, ok := k.lists.numbers[name]; ok && k.lists.has(k.list, n) {
			return n, true
		}
	}
	return 0, false
}
