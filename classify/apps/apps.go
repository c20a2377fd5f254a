// Package apps names the application behind a host name or an address, from
// tables that are part of the program and from the user's own rules.
package apps

//go:generate go run ./gen

import (
	_ "embed" // for the tables
	"io"
	"net/netip"
	"slices"
	"sync"
)

// Match is an application found, and where it comes from. The zero Match is
// "nothing found".
type Match struct {
	// App is the application's name: "NetFlix".
	App string
	// Category is the category of the name or network that matched, which
	// may differ from its application's: a connectivity check of Google's.
	Category string
	// User is set where a rule of the user's own matched.
	User bool
}

// Table maps host names and addresses to applications. It is immutable and
// may be used by several goroutines. A Table made by With or Load lies on top
// of another: its own rules win, however short, over those below.
type Table struct {
	below   *Table
	user    bool
	targets []target
	names   *nameIndex
	nets    *netIndex
	// categories holds the applications that the table's sections declare.
	categories map[string]string
}

// target is what a rule leads to.
type target struct{ app, category string }

//go:embed domains.bin
var domainsPacked string

//go:embed networks.bin
var networksPacked string

var builtin struct {
	names, nets sync.Once
	table       Table
}

// Default returns the built-in table. It costs nothing until it is asked
// about a name for the first time.
func Default() *Table { return &builtin.table }

// ready reads the built-in names on first use.
func (t *Table) ready() {
	if t != &builtin.table {
		return
	}
	builtin.names.Do(func() {
		if err := t.unpackNames(domainsPacked); err != nil {
			panic("apps: " + err.Error()) // a test reads the table
		}
	})
}

func (t *Table) readyNets() {
	if t != &builtin.table {
		return
	}
	builtin.nets.Do(func() {
		nets, err := unpackNetworks(networksPacked)
		if err != nil {
			panic("apps: " + err.Error()) // a test reads the table
		}
		t.nets = nets
	})
}

// ByName returns the application that owns the host name: that of its longest
// suffix in the table. Case, a trailing dot and a port do not matter. Address
// literals never match. user is set where a rule of the user's own matched.
func (t *Table) ByName(host string) (app string, user, ok bool) {
	m, ok := t.FindName(host)
	return m.App, m.User, ok
}

// ByAddress returns the application whose owner announces the address: that
// of the longest network in the table. Zones do not matter; a mapped IPv4
// address counts as IPv4. user is set where a rule of the user's own matched.
func (t *Table) ByAddress(a netip.Addr) (app string, user, ok bool) {
	a = a.Unmap().WithZone("")
	for ; t != nil; t = t.below {
		t.readyNets()
		if app, ok := t.nets.find(a); ok {
			return app, t.user, true
		}
	}
	return "", false, false
}

// UserNetworks reports whether any rule of the user's own names a network.
func (t *Table) UserNetworks() bool {
	for ; t != nil; t = t.below {
		if t.user && !t.nets.empty() {
			return true
		}
	}
	return false
}

// FindName is ByName with all that is known of the match.
func (t *Table) FindName(host string) (Match, bool) {
	host, ok := hostOnly(host)
	if !ok {
		return Match{}, false
	}
	for ; t != nil; t = t.below {
		t.ready()
		if i, ok := t.names.find(host); ok {
			return Match{t.targets[i].app, t.targets[i].category, t.user}, true
		}
	}
	return Match{}, false
}

// FindAddress is ByAddress with all that is known of the match.
func (t *Table) FindAddress(a netip.Addr) (Match, bool) {
	app, user, ok := t.ByAddress(a)
	if !ok {
		return Match{}, false
	}
	category, _ := t.Category(app)
	return Match{app, category, user}, true
}

// Category returns the category of an application in nfstream's spelling. It
// knows the applications of the table alone, not the protocols.
func (t *Table) Category(app string) (string, bool) {
	for ; t != nil; t = t.below {
		t.ready()
		if c, ok := t.categories[app]; ok {
			return c, true
		}
	}
	return "", false
}

// Names returns the applications of the table, sorted, each once.
func (t *Table) Names() []string {
	var out []string
	for ; t != nil; t = t.below {
		t.ready()
		for name := range t.categories {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Load returns base with the rules of a user's own file on top. The file has
// the form of domains.txt, where a category may be missing, and may hold
// networks too. Name is its name for errors, which tell the line and what was
// expected in it.
func Load(base *Table, r io.Reader, name string) (*Table, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	p := parser{user: true, base: base}
	if err := p.read(string(text), name); err != nil {
		return nil, err
	}
	return p.table(base), nil
}

// With returns the table with rules on top: application by domain suffix (in
// any form that domains.txt knows), and application by network in CIDR
// notation or as a single address. An error names the rule and what was
// expected.
func (t *Table) With(domains, networks map[string]string) (*Table, error) {
	p := parser{user: true, base: t}
	for _, m := range []struct {
		rules map[string]string
		add   func(entry, category string) error
	}{{domains, p.addName}, {networks, p.addNetwork}} {
		for _, entry := range sortedKeys(m.rules) {
			err := p.open(m.rules[entry], "")
			if err == nil {
				err = m.add(entry, "")
			}
			if err != nil {
				return nil, &RuleError{Rule: entry + ": " + m.rules[entry], Err: err}
			}
		}
	}
	return p.table(t), nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
