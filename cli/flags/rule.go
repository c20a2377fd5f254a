package flags

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/report/rows"
	"servmap/servmap/findings"

	"gopkg.in/yaml.v3"
)

// Rule is a name of the user's own for what matches: exactly one of Domain (a
// suffix), Network and Port is set.
type Rule struct {
	Application string
	Domain      string
	Network     string
	Port        uint16
	// Transport is tcp, udp or sctp, in any case; empty is each.
	Transport string
}

// ruleKeys are the keys of a rule.
var ruleKeys = []string{"application", "domain", "network", "port", "transport"}

// setRules reads the list of rules.
func setRules(o *Options, value *yaml.Node) error {
	o.Rules = nil
	if isNull(value) {
		return nil
	}
	if value.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: rules: expected a list of rules", value.Line)
	}
	for _, item := range value.Content {
		if item.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: a rule has an application and a domain, network or port", item.Line)
		}
		r, err := readRule(item)
		if err != nil {
			return err
		}
		if err := r.validate(); err != nil {
			return fmt.Errorf("line %d: rules: %w", item.Line, err)
		}
		o.Rules = append(o.Rules, r)
	}
	return nil
}

func readRule(n *yaml.Node) (r Rule, err error) {
	err = eachKey(n, ruleKeys, func(key string, value *yaml.Node) error {
		if value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: %s: expected a word", value.Line, key)
		}
		switch key {
		case "application":
			r.Application = value.Value
		case "domain":
			r.Domain = value.Value
		case "network":
			r.Network = value.Value
		case "transport":
			r.Transport = value.Value
		case "port":
			port, err := strconv.ParseUint(value.Value, 10, 16)
			if err != nil {
				return fmt.Errorf("line %d: port: expected a number up to 65535, found %q", value.Line, value.Value)
			}
			r.Port = uint16(port)
		}
		return nil
	})
	return r, err
}

func (r *Rule) validate() error {
	if r.Application == "" {
		return errors.New("a rule names no application")
	}
	n := 0
	for _, set := range []bool{r.Domain != "", r.Network != "", r.Port != 0} {
		if set {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("the rule for %s needs exactly one of domain, network and port", r.Application)
	}
	if r.Network != "" {
		if _, err := parseNetwork(r.Network); err != nil {
			return err
		}
	}
	switch strings.ToLower(r.Transport) {
	case "", "tcp", "udp", "sctp":
		return nil
	}
	return fmt.Errorf("the rule for %s has the transport %q: expected tcp, udp or sctp", r.Application, r.Transport)
}

// Transports are those that a rule for a port holds for.
func (r *Rule) Transports() []classify.Transport {
	all := []classify.Transport{classify.TCP, classify.UDP, classify.SCTP}
	for _, t := range all {
		if strings.EqualFold(r.Transport, t.String()) {
			return []classify.Transport{t}
		}
	}
	return all
}

// setLevels reads a mapping of kinds of findings to levels.
func setLevels(o *Options, value *yaml.Node) error {
	o.Levels = nil
	if isNull(value) {
		return nil
	}
	if value.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: levels: expected kinds of findings and their levels", value.Line)
	}
	o.Levels = map[findings.Kind]findings.Level{}
	return eachKey(value, findings.KindNames(), func(key string, value *yaml.Node) error {
		kind, _ := findings.KindNamed(key)
		level, ok := findings.LevelNamed(value.Value)
		if !ok || value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: %s: %q: expected %s", value.Line, key, value.Value, rows.List(findings.LevelNames()))
		}
		o.Levels[kind] = level
		return nil
	})
}
