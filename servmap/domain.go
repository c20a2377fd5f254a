package servmap

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Domain returns the registrable domain of a host name, in lower case: "example.co.uk" of
// "www.example.co.uk". It is empty for addresses, and for names without a dot.
func Domain(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || len(name) > mostDomain || strings.IndexByte(name, '.') < 0 {
		return ""
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return ""
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name // a public suffix itself
	}
	return d
}

// mostDomain is the longest host name in bytes (RFC 1035, section 2.3.4).
const mostDomain = 255
