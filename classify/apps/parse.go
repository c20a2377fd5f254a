package apps

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// maxFile is the largest file of names that is read, in bytes.
const maxFile = 64 << 20

// maxLabel is the longest label with a *, in bytes: 63 (RFC 1035, section 2.3.4) and the *.
const maxLabel = 64

// maxTargets is how many applications and categories one file may name.
const maxTargets = none

const noTarget = -1

// RuleError is what is wrong with one rule.
type RuleError struct {
	// File and Line say where the rule stands; Line counts from 1. They are empty and 0 for a rule
	// given to With.
	File string
	Line int
	// Rule is its text.
	Rule string
	// Err says what was expected.
	Err error
}

// Error tells place, rule and what was expected.
func (e *RuleError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("rule %q: %v", e.Rule, e.Err)
	}
	return fmt.Sprintf("%s:%d: %q: %v", e.File, e.Line, e.Rule, e.Err)
}

// Unwrap returns Err.
func (e *RuleError) Unwrap() error { return e.Err }

var (
	errOpen     = errors.New("expected the name of an application at the margin before indented names")
	errHeader   = errors.New("expected NAME or NAME CATEGORY at the margin")
	errEntry    = errors.New("expected one name, and at most its category after it")
	errName     = errors.New("expected a domain, such as example.com for all names in it, or a pattern: example.*, cdn*.example.com, dns.**")
	errNetwork  = errors.New("expected a network such as 192.0.2.0/24 or 2001:db8::/32")
	errAlone    = errors.New("expected the network alone: it has its application's category")
	errHostBits = errors.New("expected no bits set beyond the length of the network")
	errApp      = errors.New("expected letters, digits, '-' and '_' in the name of an application")
	errMany     = fmt.Errorf("expected at most %d applications, and as many names with a *", maxTargets)
	errLarge    = fmt.Errorf("expected a file of at most %d bytes", maxFile)
)

// parser reads files of names and networks.
type parser struct {
	user       bool
	base       *Table // where a name without a category finds it
	app        string
	category   string // of the section
	targets    []target
	current    int // target of the section, or noTarget
	categories map[string]string
	names      []nameRule
	globs      int
	nets       []netRule
}

// table returns what was read as a table on top of base.
func (p *parser) table(base *Table) *Table {
	return &Table{below: base, user: p.user, targets: p.targets, names: newNameIndex(p.names),
		nets: newNetIndex(p.nets, p.targets), categories: p.categories}
}

// read adds the rules of text.
func (p *parser) read(text, file string) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: %w", file, errLarge)
	}
	if p.names == nil {
		// Most lines are a name of some 14 bytes.
		p.names = make([]nameRule, 0, len(text)/14)
	}
	for line := 1; text != ""; line++ {
		var l string
		l, text, _ = strings.Cut(text, "\n")
		if err := p.line(l); err != nil {
			return &RuleError{File: file, Line: line, Rule: strings.TrimSpace(l), Err: err}
		}
	}
	return nil
}

// line reads one line of a file.
func (p *parser) line(l string) error {
	first, rest := word(l)
	if first == "" {
		return nil
	}
	second, rest := word(rest)
	over, _ := word(rest)
	if l[0] != ' ' && l[0] != '\t' {
		if over != "" {
			return errHeader
		}
		return p.open(first, second)
	}
	switch {
	case over != "":
		return errEntry
	case p.app == "":
		return errOpen
	case first == "(payload)":
		return nil
	}
	err := p.addName(first, second)
	if err == errName && (strings.ContainsAny(first, "/:") || isAddress(first)) {
		return p.addNetwork(first, second)
	}
	return err
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// word cuts the first word off a line; a comment is no word.
func word(s string) (first, rest string) {
	i := 0
	for i < len(s) && blank(s[i]) {
		i++
	}
	j := i
	for j < len(s) && !blank(s[j]) && s[j] != '#' {
		j++
	}
	if j < len(s) && s[j] == '#' {
		return s[i:j], ""
	}
	return s[i:j], s[j:]
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// open starts the section of an application.
func (p *parser) open(app, category string) error {
	if !wellNamed(app) {
		return errApp
	}
	if category == "" {
		category = "Unspecified"
		if c, ok := p.categories[app]; ok {
			category = c
		} else if c, ok := p.base.Category(app); ok {
			category = c
		}
	} else if !knownCategory(category) {
		return errCategory
	}
	if p.categories == nil {
		p.categories = make(map[string]string, 256)
	}
	p.app, p.category, p.current = app, category, noTarget
	p.categories[app] = category
	return nil
}

// wellNamed reports whether an application's name can be half of a label: the dot
// parts master and application, and a space ends it.
func wellNamed(app string) bool {
	for i := range len(app) {
		c := app[i] | 0x20
		if (c < 'a' || c > 'z') && (app[i] < '0' || app[i] > '9') && app[i] != '-' && app[i] != '_' {
			return false
		}
	}
	return app != ""
}

// target returns the number of the section's application with the category, or with
// its own where that is empty.
func (p *parser) target(category string) (uint16, error) {
	own := category == "" || category == p.category
	if own && p.current != noTarget {
		return uint16(p.current), nil
	}
	if own {
		category = p.category
	} else if !knownCategory(category) {
		return 0, errCategory
	}
	if len(p.targets) == maxTargets {
		return 0, errMany
	}
	if own {
		p.current = len(p.targets)
	}
	p.targets = append(p.targets, target{p.app, category})
	return uint16(len(p.targets) - 1), nil
}

// addName adds a name to the section.
func (p *parser) addName(entry, category string) error {
	r, err := parseName(entry)
	if err != nil {
		return err
	}
	if r.target, err = p.target(category); err != nil {
		return err
	}
	if r.glob != "" {
		if p.globs++; p.globs >= none {
			return errMany
		}
	}
	p.names = append(p.names, r)
	return nil
}

// addNetwork adds a network or a single address to the section.
func (p *parser) addNetwork(entry, category string) error {
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		a, err := netip.ParseAddr(entry)
		if err != nil || a.Zone() != "" {
			return errNetwork
		}
		prefix = netip.PrefixFrom(a, a.BitLen())
	}
	if prefix != prefix.Masked() {
		return errHostBits
	}
	if prefix.Addr().Is4In6() {
		return errNetwork
	}
	if category != "" {
		return errAlone
	}
	t, err := p.target("")
	if err != nil {
		return err
	}
	p.nets = append(p.nets, netRule{prefix, t})
	return nil
}

// parseName takes an entry of a file of names apart.
func parseName(s string) (nameRule, error) {
	star, upper, ok := scanName(s)
	if !ok {
		return nameRule{}, errName
	}
	if upper {
		s = strings.ToLower(s)
	}
	if !star {
		return nameRule{kind: kindSuffix, base: s}, nil
	}
	if base, ok := strings.CutSuffix(s, ".*"); ok && strings.IndexByte(base, '*') < 0 {
		return nameRule{kind: kindAnyTLD, base: base}, nil
	}
	glob, base, _ := strings.Cut(s, ".")
	kind := kindGlob
	if base == "**" {
		kind, base = kindFirst, ""
	} else if b, ok := strings.CutPrefix(base, "**."); ok {
		kind, base = kindFirst, b
	}
	if strings.IndexByte(base, '*') >= 0 || strings.Count(glob, "*") > 1 || glob == "*" || len(glob) > maxLabel || (base == "" && kind == kindGlob) {
		return nameRule{}, errName
	}
	return nameRule{kind: kind, base: base, glob: glob}, nil
}

// The classes of the bytes of an entry.
const (
	classOther = 1 << iota // a-z, '-', '_' and what is not ASCII
	classDigit
	classUpper
	classStar
	classDot
)

var nameClass = func() (class [256]uint8) {
	for c := range class {
		switch {
		case 'a' <= c && c <= 'z', c == '-', c == '_', c >= 0x80:
			class[c] = classOther
		case '0' <= c && c <= '9':
			class[c] = classDigit
		case 'A' <= c && c <= 'Z':
			class[c] = classUpper
		case c == '*':
			class[c] = classStar
		case c == '.':
			class[c] = classDot
		}
	}
	return class
}()

// scanName reports whether s has the letters of a host name or pattern, labels that are not empty, and
// a last label that is not a number; and whether it holds a star or upper case.
func scanName(s string) (star, upper, ok bool) {
	if len(s) > maxHost {
		return false, false, false
	}
	var all, label uint8 // classes seen, in s and in the label
	for i := range len(s) {
		class := nameClass[s[i]]
		if class == 0 || class == classDot && label == 0 {
			return false, false, false
		}
		all |= class
		label |= class
		if class == classDot {
			label = 0
		}
	}
	return all&classStar != 0, all&classUpper != 0, label != 0 && label != classDigit
}
