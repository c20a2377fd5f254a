// Package flags holds the one table of what a user can set, on the command line
// or in the configuration file. Parsing, help, shell completion, the man page
// and the keys of the configuration all derive from it.
package flags

import (
	"strings"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// Flag is one thing that a user can set: a flag, a key of the configuration, or
// both.
type Flag struct {
	// Name is the long name without dashes, empty for what only the
	// configuration has; Short is a letter, or empty.
	Name, Short string
	// Key is the key in the configuration file, empty where there is none.
	Key string
	// Value stands for the value in help, as FILE does; empty is a switch that
	// takes none.
	Value string
	// Usage is a clause for help. Where it holds Value, that word is marked.
	Usage string
	// Default is what help shows as the default.
	Default string
	// Choices are the values there are, nil where there are too many. Without
	// a Default, the first is it.
	Choices []string
	// Many is set where the flag may be repeated, or the key hold a list.
	Many bool
	// Live is set where the flag needs a live capture.
	Live bool
	// For are the commands that have the flag; every command heeds the keys
	// that its options use.
	For Commands
	// Set puts the values into the options: one, but for Many. It is called
	// with those of the configuration first, then with those of the command
	// line, which win. The error is a clause about the value.
	Set func(o *Options, values []string) error
	// SetNode is Set for keys whose values are more than words.
	SetNode func(o *Options, value *yaml.Node) error
}

// Commands is a set of commands.
type Commands uint32

// The commands that have flags.
const (
	Train Commands = 1 << iota
	Check
	Flows
	Info
	Report
	Protocols
	Interfaces
	Diff
	Merge
	Accept
	Prune
	Lint
	Graph
	Policy
	Extract

	// Capturing are the commands that read captures.
	Capturing = Train | Check | Flows | Info | Graph | Extract
	// Listing are the commands that list what the program knows by itself.
	Listing = Protocols | Interfaces
)

// Of returns the flags of a command, in the order of its help.
func Of(c Commands) []*Flag {
	var out []*Flag
	for i := range table {
		if f := &table[i]; f.Name != "" && f.For&c != 0 {
			out = append(out, f)
		}
	}
	return out
}

// Keys returns what the configuration can set, in the order of the table.
func Keys() []*Flag {
	var out []*Flag
	for i := range table {
		if f := &table[i]; f.Key != "" {
			out = append(out, f)
		}
	}
	return out
}

// Words are the names as they are typed: "--output", "-o".
func (f *Flag) Words() []string {
	words := []string{"--" + f.Name}
	if f.Short != "" {
		words = append(words, "-"+f.Short)
	}
	return words
}

// DefaultText is what help shows as the default, empty where there is none.
func (f *Flag) DefaultText() string {
	if f.Default == "" && f.Choices != nil {
		return f.Choices[0]
	}
	return f.Default
}

// TakesValue reports whether a value follows the flag.
func (f *Flag) TakesValue() bool { return f.Value != "" }

// Urfave returns the flag as the package that parses and prints help wants it.
func (f *Flag) Urfave() cli.Flag {
	usage := strings.Replace(f.Usage, f.Value, "`"+f.Value+"`", 1)
	if f.Value == "" || !strings.Contains(f.Usage, f.Value) {
		usage = f.Usage
	}
	var aliases []string
	if f.Short != "" {
		aliases = []string{f.Short}
	}
	switch {
	case !f.TakesValue():
		return &cli.BoolFlag{Name: f.Name, Aliases: aliases, Usage: usage}
	case f.Many:
		return &cli.StringSliceFlag{Name: f.Name, Aliases: aliases, Usage: usage, DefaultText: f.Default}
	}
	s := &cli.StringFlag{Name: f.Name, Aliases: aliases, Usage: usage, DefaultText: f.Default}
	if f.Default == "" && f.Choices != nil {
		s.Value = f.Choices[0]
	}
	return s
}
