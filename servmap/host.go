// Package servmap keeps the services map: which host talked to which, and with
// which applications. It learns the map from flows and judges flows by it.
package servmap

import (
	"cmp"
	"net/netip"
	"strings"
	"unique"
)

// Host is an endpoint as the map names it: an address, or a word that stands
// for many, such as "remote". Exactly one field is set. Hosts are compared with
// ==, which takes no look at the word's letters.
type Host struct {
	addr netip.Addr
	word unique.Handle[string]
}

// The words that stand for many addresses.
var (
	Remote    = Host{word: unique.Make("remote")}
	Multicast = Host{word: unique.Make("multicast")}
	Broadcast = Host{word: unique.Make("broadcast")}
)

// HostNamed returns the host that the map's key s names: an address in any of
// its spellings, or any other word as it stands.
func HostNamed(s string) Host {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return Host{addr: a}
	}
	return Host{word: unique.Make(s)}
}

// AppendAddr appends the text of an address to dst: dotted decimal, or RFC 5952
// for IPv6; nothing for the zero Addr. Everything the program prints of an
// address comes from here.
func AppendAddr(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return dst
	}
	return a.AppendTo(dst)
}

// AppendTo appends the host's name, as it stands in the map, to dst.
func (h Host) AppendTo(dst []byte) []byte {
	if h.addr.IsValid() {
		return AppendAddr(dst, h.addr)
	}
	if h == (Host{}) {
		return dst
	}
	return append(dst, h.word.Value()...)
}

// String returns the host's name as it stands in the map.
func (h Host) String() string { return string(h.AppendTo(nil)) }

// Compare orders hosts as the map file does: IPv4 by number, IPv6 by number,
// then words alphabetically; the zero Host comes first.
func (h Host) Compare(o Host) int {
	switch {
	case h == (Host{}) || o == (Host{}):
		return cmp.Compare(len(h.String()), len(o.String()))
	case h.addr.IsValid() && o.addr.IsValid():
		return h.addr.Compare(o.addr)
	case h.addr.IsValid():
		return -1
	case o.addr.IsValid():
		return 1
	}
	return strings.Compare(h.String(), o.String())
}
