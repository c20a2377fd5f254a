// Package servmap keeps the services map: which host talked to which, and with
// which applications. It learns the map from flows and judges flows by it.
package servmap

import (
	"net/netip"
	"strings"
	"unique"

	"servmap/flows"

	"github.com/gaissmai/bart"
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
// then words alphabetically.
func (h Host) Compare(o Host) int {
	switch {
	case h.addr.IsValid() && o.addr.IsValid():
		return h.addr.Compare(o.addr)
	case h.addr.IsValid():
		return -1
	case o.addr.IsValid():
		return 1
	}
	return strings.Compare(h.String(), o.String())
}

// DefaultLocalNetworks are the networks whose addresses the map keeps where
// the user names none: RFC 1918, RFC 4193, and link-local (RFC 3927, RFC 4291).
func DefaultLocalNetworks() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("fc00::/7"),
		netip.MustParsePrefix("fe80::/10"),
	}
}

// Folder turns the endpoints of flows into the hosts of the map.
type Folder struct {
	local       bart.Lite
	devices     map[netip.Addr]struct{}
	groupRemote bool
}

// NewFolder returns a Folder for the settings; where they name no local
// networks, DefaultLocalNetworks hold.
func NewFolder(s Settings) *Folder {
	f := &Folder{groupRemote: s.MulticastRemote}
	networks := s.LocalNetworks
	if len(networks) == 0 {
		networks = DefaultLocalNetworks()
	}
	for _, p := range networks {
		f.local.Insert(p.Masked())
	}
	if len(s.DeviceIPs) > 0 {
		f.devices = make(map[netip.Addr]struct{}, len(s.DeviceIPs))
		for _, a := range s.DeviceIPs {
			f.devices[a] = struct{}{}
		}
	}
	return f
}

// Concerns reports whether the flow is to be learned or checked at all: always,
// unless devices are named and neither end is one of them.
func (f *Folder) Concerns(fl *flows.Flow) bool {
	return f.devices == nil || f.device(fl.Src) || f.device(fl.Dst)
}

// Ends returns the hosts of a flow's source and destination.
func (f *Folder) Ends(fl *flows.Flow) (src, dst Host) {
	return f.Fold(fl.Src, false), f.Fold(fl.Dst, fl.Broadcast)
}

// Fold returns the host that stands for an address. Broadcast says that the
// address was the destination of a frame to ff:ff:ff:ff:ff:ff: then IPv4
// addresses are broadcast addresses, a local network's own among them.
func (f *Folder) Fold(a netip.Addr, broadcast bool) Host {
	if f.device(a) {
		return Host{addr: a}
	}
	group := Host{}
	switch {
	case a == limitedBroadcast, broadcast && a.Is4():
		group = Broadcast
	case a.IsMulticast():
		group = Multicast
	case a.IsLoopback(), a.IsUnspecified(), f.local.Contains(a):
		return Host{addr: a}
	default:
		return Remote
	}
	if f.groupRemote {
		return Remote
	}
	return group
}

// limitedBroadcast is 255.255.255.255 (RFC 919, section 7).
var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func (f *Folder) device(a netip.Addr) bool {
	_, ok := f.devices[a]
	return ok
}
