package servmap

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are what shapes a map besides the captures.
type Settings struct {
	// LocalNetworks keep their addresses; empty means DefaultLocalNetworks.
	LocalNetworks []netip.Prefix
	// DeviceIPs, where there are any, are the hosts whose flows count.
	DeviceIPs []netip.Addr
	// MulticastRemote folds multicast and broadcast into remote.
	MulticastRemote bool
	// IdleTimeout and ActiveTimeout end flows; 0 is never.
	IdleTimeout, ActiveTimeout time.Duration
	// IgnoreVLAN leaves VLAN tags out of what tells flows apart.
	IgnoreVLAN bool
	// IgnoreUnknown leaves flows that were not recognised out of the map, and attempts and replies
	// like any other flow, as the first program of this kind did.
	IgnoreUnknown bool
	// ByAddress takes every address for a host, whatever its MAC.
	ByAddress bool
	// IgnoreNonIP leaves hosts that speak no IP out of account.
	IgnoreNonIP bool
}

// Normal returns the settings with networks and addresses sorted, each once,
// and the default networks where there are none.
func (s Settings) Normal() Settings {
	networks := slices.Clone(s.LocalNetworks)
	if len(networks) == 0 {
		networks = DefaultLocalNetworks()
	}
	for i := range networks {
		networks[i] = networks[i].Masked()
	}
	slices.SortFunc(networks, comparePrefixes)
	s.LocalNetworks = slices.Compact(networks)
	devices := slices.Clone(s.DeviceIPs)
	slices.SortFunc(devices, netip.Addr.Compare)
	s.DeviceIPs = slices.Compact(devices)
	return s
}

// Adopt makes s the settings of a map that does not say with which it was made.
func (m *Map) Adopt(s Settings) {
	if m.Meta == nil {
		m.Meta = &Meta{Format: FormatVersion}
	}
	if len(m.Meta.Settings.LocalNetworks) == 0 {
		m.Meta.Settings = s.Normal()
	}
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// Differences names the settings in which now differs from those that the map
// was made with, each as a clause that says both values; nil where they are the
// same, or the map does not say.
func (m *Map) Differences(now Settings) []string {
	if m.Meta == nil || len(m.Meta.Settings.LocalNetworks) == 0 {
		return nil
	}
	s := m.Meta.Settings.Normal()
	now = now.Normal()
	var out []string
	differ := func(name, was, is string) {
		if was != is {
			out = append(out, fmt.Sprintf("%s is %s, the map's %s", name, is, was))
		}
	}
	differ("local_networks", joinText(s.LocalNetworks), joinText(now.LocalNetworks))
	differ("device_ips", joinText(s.DeviceIPs), joinText(now.DeviceIPs))
	differ("multicast", groupName(s.MulticastRemote), groupName(now.MulticastRemote))
	differ("idle_timeout", s.IdleTimeout.String(), now.IdleTimeout.String())
	differ("active_timeout", s.ActiveTimeout.String(), now.ActiveTimeout.String())
	differ("unknown", unknownName(s.IgnoreUnknown), unknownName(now.IgnoreUnknown))
	differ("identity", identityName(s.ByAddress), identityName(now.ByAddress))
	differ("non_ip", nonIPName(s.IgnoreNonIP), nonIPName(now.IgnoreNonIP))
	differ("ignore_vlan", strconv.FormatBool(s.IgnoreVLAN), strconv.FormatBool(now.IgnoreVLAN))
	return out
}

func joinText[T fmt.Stringer](list []T) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.String()
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// either returns the word of a setting.
func either(set bool, yes, no string) string {
	if set {
		return yes
	}
	return no
}

func unknownName(ignore bool) string     { return either(ignore, "ignore", "learn") }
func identityName(byAddress bool) string { return either(byAddress, "address", "mac") }
func nonIPName(ignore bool) string       { return either(ignore, "ignore", "learn") }

func groupName(remote bool) string {
	if remote {
		return "remote"
	}
	return "multicast"
}
