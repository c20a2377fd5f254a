package flags

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"servmap/servmap"

	"gopkg.in/yaml.v3"
)

// clauseKeys are the keys of a clause of allow and deny.
var clauseKeys = []string{"from", "to", "service", "port", "note", "until"}

// setClauses keeps the list of clauses until the whole configuration is read: they may name hosts of it.
func setClauses(name string) func(*Options, *yaml.Node) error {
	return func(o *Options, value *yaml.Node) error {
		if isNull(value) {
			return nil
		}
		if value.Kind != yaml.SequenceNode {
			return fmt.Errorf("line %d: %s: expected a list of what is to match", value.Line, name)
		}
		o.clauses[name] = value.Content
		return nil
	}
}

// readClauses reads the clauses of allow and deny.
func (o *Options) readClauses() error {
	for _, l := range []struct {
		name string
		into *[]*servmap.Clause
	}{{"allow", &o.Clauses.Allow}, {"deny", &o.Clauses.Deny}} {
		for i, item := range o.clauses[l.name] {
			c := &servmap.Clause{Name: fmt.Sprintf("%s %d", l.name, i+1)}
			if item.Kind != yaml.MappingNode {
				return fmt.Errorf("line %d: %s: expected some of %s", item.Line, l.name, strings.Join(clauseKeys, ", "))
			}
			if err := o.readClause(c, item); err != nil {
				return err
			}
			if c.From == nil && c.To == nil && c.Service == "" && c.Port == 0 {
				return fmt.Errorf("line %d: %s: it would match every flow: name from, to, service or port", item.Line, l.name)
			}
			*l.into = append(*l.into, c)
		}
	}
	return nil
}

func (o *Options) readClause(c *servmap.Clause, item *yaml.Node) error {
	return eachKey(item, clauseKeys, func(key string, value *yaml.Node) (err error) {
		word := value.Value
		switch {
		case key == "from" || key == "to":
		case value.Kind != yaml.ScalarNode || word == "":
			return fmt.Errorf("line %d: %s: expected a word", value.Line, key)
		}
		switch key {
		case "from":
			c.From, err = o.readPlace(value, false)
		case "to":
			c.To, err = o.readPlace(value, true)
		case "service":
			c.Service = word
		case "port":
			var port uint64
			if port, err = strconv.ParseUint(word, 10, 16); err != nil || port == 0 {
				err = fmt.Errorf("%q: expected a number from 1 to 65535", word)
			}
			c.Port = uint16(port)
		case "note":
			c.Note = word
		case "until":
			c.Until, err = parseUntil(word)
		}
		if err != nil {
			err = fmt.Errorf("line %d: %s: %w", value.Line, key, err)
		}
		return err
	})
}

// parseUntil reads a time, in nanoseconds since 1970: a date stands for its end, in UTC.
func parseUntil(word string) (int64, error) {
	if t, err := time.Parse(time.DateOnly, word); err == nil {
		return t.AddDate(0, 0, 1).UnixNano(), nil
	}
	t, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return 0, fmt.Errorf("%q: expected a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z", word)
	}
	return t.UnixNano(), nil
}

// readPlace reads one end of flows, or a list of several. outside tells that it may be a domain.
func (o *Options) readPlace(value *yaml.Node, outside bool) (servmap.Place, error) {
	var words []string
	switch value.Kind {
	case yaml.ScalarNode:
		words = []string{value.Value}
	case yaml.SequenceNode:
		if value.Decode(&words) != nil {
			words = nil
		}
	}
	if len(words) == 0 || slices.Contains(words, "") {
		return nil, fmt.Errorf("expected an address, a network, a name under hosts:, a word of the map or a domain, or a list of these")
	}
	var place servmap.Place
	for _, w := range words {
		if n, ok := o.Hosts.Find(w); ok {
			place = append(place, named(n)...)
			continue
		}
		s, err := parseSpot(w, outside)
		if err != nil {
			return nil, err
		}
		place = append(place, s)
	}
	return place, nil
}

// named returns what a name of the user's own stands for.
func named(n servmap.Name) (place servmap.Place) {
	for _, a := range n.Addrs {
		place = append(place, servmap.Spot{Network: netip.PrefixFrom(a, a.BitLen())})
	}
	for _, p := range n.Networks {
		place = append(place, servmap.Spot{Network: p})
	}
	for _, m := range n.MACs {
		place = append(place, servmap.Spot{MAC: m})
	}
	return place
}

// places are the words of the map that a clause may name.
var places = []servmap.Host{servmap.Remote, servmap.Multicast, servmap.Broadcast, servmap.Any}

// parseSpot reads an address, a network, a word of the map or a domain.
func parseSpot(word string, outside bool) (servmap.Spot, error) {
	if n, err := parseNetwork(word); err == nil {
		return servmap.Spot{Network: n}, nil
	}
	if h := servmap.HostNamed(word); slices.Contains(places, h) {
		return servmap.Spot{Word: h}, nil
	}
	if _, err := netip.ParseAddr(word); err == nil || strings.ContainsAny(word, "/: ") || !strings.Contains(word, ".") {
		return servmap.Spot{}, fmt.Errorf("%q: expected an address, a network, a name under hosts:, remote, multicast, broadcast, * or a domain", word)
	}
	if last := word[strings.LastIndexByte(strings.TrimSuffix(word, "."), '.')+1:]; strings.Trim(last, "0123456789.") == "" {
		return servmap.Spot{}, fmt.Errorf("%q: it is neither a whole address nor a network such as 10.0.0.0/24", word)
	}
	if !outside {
		return servmap.Spot{}, fmt.Errorf("%q: a domain says whom a flow goes to, not whom it comes from", word)
	}
	return servmap.Spot{Domain: strings.ToLower(strings.Trim(strings.TrimPrefix(word, "*."), "."))}, nil
}
