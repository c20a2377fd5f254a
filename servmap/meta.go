package servmap

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"servmap/flows/safetext"
)

// FormatVersion is the newest format of the map that this program writes and
// reads.
const FormatVersion = 1

// metaKey is the reserved key of the map file, which no host can have.
const metaKey = "@servmap"

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
	return out
}

func joinText[T fmt.Stringer](list []T) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.String()
	}
	return "[" + strings.Join(names, ", ") + "]"
}

func groupName(remote bool) string {
	if remote {
		return "remote"
	}
	return "multicast"
}

// Capture says where a part of the map came from.
type Capture struct {
	// Name is the file's name without its folder, "-" for standard input.
	Name string `json:"name"`
	// SHA256 is the hash, in hexadecimal, of the file as stored; empty where it
	// was piped or live.
	SHA256 string `json:"sha256,omitempty"`
	// Packets and Flows are what was learned from it.
	Packets uint64 `json:"packets"`
	Flows   uint64 `json:"flows"`
	// First and Last are packet times; zero where there was no packet.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Meta is what the map itself remembers.
type Meta struct {
	// Format is the version of the file's format.
	Format int
	// Settings are those of the first training.
	Settings Settings
	// Captures are what the map was learned from, sorted by first time, then
	// by hash.
	Captures []Capture
}

// Add lists captures. A name that is no UTF-8, which JSON cannot hold, is listed as people see it.
func (m *Meta) Add(captures ...Capture) {
	for _, c := range captures {
		if !utf8.ValidString(c.Name) {
			c.Name = safetext.String(c.Name)
		}
		m.Captures = append(m.Captures, c)
	}
	slices.SortStableFunc(m.Captures, func(a, b Capture) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Name, b.Name))
	})
}

// Listed returns the name under which a capture with that hash was learned
// already.
func (m *Meta) Listed(sha256 string) (name string, ok bool) {
	if m == nil || sha256 == "" {
		return "", false
	}
	for i := range m.Captures {
		if strings.EqualFold(m.Captures[i].SHA256, sha256) {
			return m.Captures[i].Name, true
		}
	}
	return "", false
}

// metaFile is the value of the reserved key.
type metaFile struct {
	Format   int           `json:"format"`
	Settings *settingsFile `json:"settings"`
	Captures []Capture     `json:"captures"`
}

type settingsFile struct {
	LocalNetworks []netip.Prefix `json:"local_networks"`
	DeviceIPs     []netip.Addr   `json:"device_ips"`
	Multicast     string         `json:"multicast"`
	Idle          float64        `json:"idle_timeout"`
	Active        float64        `json:"active_timeout"`
}

func (m *Meta) file() metaFile {
	s := m.Settings.Normal()
	if s.DeviceIPs == nil {
		s.DeviceIPs = []netip.Addr{}
	}
	captures := m.Captures
	if captures == nil {
		captures = []Capture{}
	}
	return metaFile{m.Format, &settingsFile{s.LocalNetworks, s.DeviceIPs, groupName(s.MulticastRemote),
		s.IdleTimeout.Seconds(), s.ActiveTimeout.Seconds()}, captures}
}

func (f metaFile) meta() *Meta {
	m := &Meta{Format: f.Format, Captures: f.Captures}
	if s := f.Settings; s != nil {
		m.Settings = Settings{s.LocalNetworks, s.DeviceIPs, s.Multicast == "remote", seconds(s.Idle), seconds(s.Active)}
	}
	return m
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
