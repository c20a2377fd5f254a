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
	AddressConflict Kind = iota
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
	"address-conflict", "new-role", "tunnel", "new-host", "scan", "attempt", "housekeeping", "new-protocol", "first-contact",
	"new-server", "inbound", "new-client", "new-unknown", "new-application", "new-remote", "volume", "moved", "missing",
}

// String names the kind: "new-host".
func (k Kind) String() string { return kindNames[k] }

// KindNames lists the kinds, in their order.
func KindNames() []string { return slices.Clone(kindNames[:]) }

// KindNamed returns the kind of that name.
func KindNamed(name string) (Kind, bool) {
	i := slices.Index(kindNames[:], name)
	return Kind(max(i, 0)), i >= 0
}
