package servmap

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
const FormatVersion = 2

// metaKey is the reserved key of the map file, which no host can have.
const metaKey = "@servmap"

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

// ID identifies the capture among all: by its hash or, where it was piped or live, by a hash of what
// is known of it.
func (c *Capture) ID() string {
	if len(c.SHA256) >= idLength {
		return strings.ToLower(c.SHA256[:idLength])
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %d %d", c.Name, c.Packets, c.Flows, c.First.UnixNano(), c.Last.UnixNano()))
	return hex.EncodeToString(sum[:idLength/2])
}

// idLength is the length of a capture's identifier in hexadecimal digits.
const idLength = 16

// Meta is what the map itself remembers.
type Meta struct {
	// Format is the version of the file's format.
	Format int
	// Settings are those of the first training.
	Settings Settings
	// Vocabulary identifies the labels that flows could have; empty where it is not known.
	Vocabulary string
	// Captures are what the map was learned from, sorted by first time, then
	// by hash.
	Captures []Capture
	// Accepted are the findings that somebody accepted, sorted by id.
	Accepted []Acceptance
	// others are keys that this program does not know, settings and captures such of the settings and of
	// single captures. They are kept as they were read.
	others, settings []other
	captures         map[Capture][]other
}

// Add lists captures. A name that is no UTF-8, which JSON cannot hold, is listed as people see it.
func (m *Meta) Add(captures ...Capture) {
	for _, c := range captures {
		if !utf8.ValidString(c.Name) {
			c.Name = safetext.String(c.Name)
		}
		m.Captures = append(m.Captures, c)
	}
	m.sort()
}

// sort sorts the captures by first time, then by hash and name.
func (m *Meta) sort() {
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
	Format     int               `json:"format"`
	Vocabulary string            `json:"vocabulary,omitempty"`
	Settings   json.RawMessage   `json:"settings"`
	Captures   []json.RawMessage `json:"captures"`
	Accepted   []json.RawMessage `json:"accepted,omitempty"`
}

type settingsFile struct {
	LocalNetworks []netip.Prefix `json:"local_networks"`
	DeviceIPs     []netip.Addr   `json:"device_ips"`
	Multicast     string         `json:"multicast"`
	Idle          float64        `json:"idle_timeout"`
	Active        float64        `json:"active_timeout"`
	IgnoreVLAN    bool           `json:"ignore_vlan,omitempty"`
	Unknown       string         `json:"unknown,omitempty"`
	Identity      string         `json:"identity,omitempty"`
	NonIP         string         `json:"non_ip,omitempty"`
}

// file returns the settings as the map file has them.
func (s Settings) file() settingsFile {
	s = s.Normal()
	if s.DeviceIPs == nil {
		s.DeviceIPs = []netip.Addr{}
	}
	return settingsFile{s.LocalNetworks, s.DeviceIPs, groupName(s.MulticastRemote), s.IdleTimeout.Seconds(), s.ActiveTimeout.Seconds(), s.IgnoreVLAN,
		unknownName(s.IgnoreUnknown), identityName(s.ByAddress), nonIPName(s.IgnoreNonIP)}
}

// settings returns what the map file has as Settings.
func (s *settingsFile) settings() Settings {
	return Settings{
		s.LocalNetworks, s.DeviceIPs, s.Multicast == "remote", seconds(s.Idle), seconds(s.Active), s.IgnoreVLAN,
		s.Unknown == "ignore", s.Identity == "address", s.NonIP == "ignore",
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
