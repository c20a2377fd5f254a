package findings

import "slices"

// Level says how much a finding matters.
type Level uint8

// The levels.
const (
	Info Level = iota
	Low
	Medium
	High
	Critical
	levels = iota
)

var levelNames = [levels]string{"info", "low", "medium", "high", "critical"}

// String names the level: "high".
func (l Level) String() string { return levelNames[l] }

// LevelNames lists the levels, the highest first.
func LevelNames() []string {
	names := slices.Clone(levelNames[:])
	slices.Reverse(names)
	return names
}

// LevelNamed returns the level of that name.
func LevelNamed(name string) (Level, bool) {
	i := slices.Index(levelNames[:], name)
	return Level(max(i, 0)), i >= 0
}

// Kind is the kind of a finding.
type Kind uint8

// The kinds, in the order in which they apply.
const (
	Denied Kind = iota
	AddressConflict
	NewRole
	Tunnel
	NewHost
	Scan
	Attempt
	Housekeeping
	NewProtocol
	FirstContact
	NewServer
	Inbound
	NewClient
	NewUnknown
	NewApplication
	NewRemote
	Volume
	Moved
	Missing
	kinds = iota
)

// kindNames are the kinds as output and configuration have them.
var kindNames = [kinds]string{
	"denied", "address-conflict", "new-role", "tunnel", "new-host", "scan", "attempt", "housekeeping", "new-protocol", "first-contact",
	"new-server", "inbound", "new-client", "new-unknown", "new-application", "new-remote", "volume", "moved", "missing",
}

// kindMeanings say when a kind applies (section 14).
var kindMeanings = [kinds]string{
	Denied:          "A rule of the user's own forbids it",
	AddressConflict: "A known address has another hardware address, or a hardware address sends from two addresses at once",
	NewRole:         "Another gateway, resolver or DHCP server",
	Tunnel:          "A tunnel between ends that the map does not know",
	NewHost:         "A host that is not known by address, hardware address or lease",
	Scan:            "One source tries many hosts or ports",
	Attempt:         "Nobody answered",
	Housekeeping:    "ARP, DHCP, ICMP, mDNS and the like of known hosts",
	NewProtocol:     "A protocol that no host used in this direction before",
	FirstContact:    "A host that never left the local networks does",
	NewServer:       "A known host answers with a service that nobody used there before",
	Inbound:         "A connection from outside is answered, and its service was not known for that",
	NewClient:       "A host uses a known service of another for the first time",
	NewUnknown:      "A service that nothing recognises, on a port that is new for the host",
	NewApplication:  "Another application of a protocol that the pair uses",
	NewRemote:       "A known service with a name or an owner of addresses that is new",
	Volume:          "A known service sends much more than ever in training",
	Moved:           "A known hardware address with a new address",
	Missing:         "The map has it, and it did not come",
}

// Meaning says when the kind applies, in a clause that begins a sentence.
func (k Kind) Meaning() string { return kindMeanings[k] }

// String names the kind: "new-host".
func (k Kind) String() string { return kindNames[k] }

// KindNames lists the kinds, in their order.
func KindNames() []string { return slices.Clone(kindNames[:]) }

// KindNamed returns the kind of that name.
func KindNamed(name string) (Kind, bool) {
	i := slices.Index(kindNames[:], name)
	return Kind(max(i, 0)), i >= 0
}
