package servmap

import (
	"net/netip"
	"time"

	"servmap/flows"

	"github.com/gaissmai/bart"
)

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

// Perimeter tells which addresses the map keeps, and which flows count: it
// turns the endpoints of flows into the hosts of the map.
type Perimeter struct {
	local       bart.Lite
	devices     map[netip.Addr]struct{}
	groupRemote bool
	// original, byAddress and ignoreNonIP are Settings.IgnoreUnknown, ByAddress and IgnoreNonIP.
	original, byAddress, ignoreNonIP bool
	idle                             time.Duration
}

// NewPerimeter returns the Perimeter of the settings; where they name no local
// networks, DefaultLocalNetworks hold.
func NewPerimeter(s Settings) *Perimeter {
	p := &Perimeter{
		groupRemote: s.MulticastRemote,
		original:    s.IgnoreUnknown, byAddress: s.ByAddress, ignoreNonIP: s.IgnoreNonIP, idle: s.IdleTimeout,
	}
	networks := s.LocalNetworks
	if len(networks) == 0 {
		networks = DefaultLocalNetworks()
	}
	for _, n := range networks {
		p.local.Insert(n.Masked())
	}
	if len(s.DeviceIPs) > 0 {
		p.devices = make(map[netip.Addr]struct{}, len(s.DeviceIPs))
		for _, a := range s.DeviceIPs {
			p.devices[a] = struct{}{}
		}
	}
	return p
}

// Includes reports whether the flow is to be learned or checked at all: always,
// unless devices are named and neither end is one of them.
func (p *Perimeter) Includes(f *flows.Flow) bool {
	return p.devices == nil || p.device(f.Src) || p.device(f.Dst)
}

// Ends returns the hosts of a flow's source and destination.
func (p *Perimeter) Ends(f *flows.Flow) (src, dst Host) {
	return p.Host(f.Src, false), p.Host(f.Dst, f.Broadcast)
}

// Host returns the host that stands for an address. Broadcast says that the
// address was the destination of a frame to ff:ff:ff:ff:ff:ff: then IPv4
// addresses are broadcast addresses, a local network's own among them.
func (p *Perimeter) Host(a netip.Addr, broadcast bool) Host {
	if p.device(a) {
		return Host{addr: a}
	}
	group := Host{}
	switch {
	case flows.IsLimitedBroadcast(a), broadcast && a.Is4():
		group = Broadcast
	case a.IsMulticast():
		group = Multicast
	case a.IsLoopback(), a.IsUnspecified(), p.local.Contains(a):
		return Host{addr: a}
	default:
		return Remote
	}
	if p.groupRemote {
		return Remote
	}
	return group
}

func (p *Perimeter) device(a netip.Addr) bool {
	_, ok := p.devices[a]
	return ok
}
