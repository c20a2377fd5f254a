package flags

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap"
	"servmap/servmap/identity"

	"gopkg.in/yaml.v3"
)

// setHosts reads a mapping of names to what they stand for.
func setHosts(o *Options, value *yaml.Node) error {
	o.Hosts = nil
	if isNull(value) {
		return nil
	}
	if value.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: hosts: expected names, and an address, a hardware address or a network of each, or a list of them", value.Line)
	}
	seen := map[string]int{}
	var names []servmap.Name
	for i := 0; i+1 < len(value.Content); i += 2 {
		key, what := value.Content[i], value.Content[i+1]
		if line, twice := seen[key.Value]; twice {
			return fmt.Errorf("line %d: the name %q stands in line %d already", key.Line, key.Value, line)
		}
		seen[key.Value] = key.Line
		if err := checkHostName(key); err != nil {
			return fmt.Errorf("line %d: hosts: %w", key.Line, err)
		}
		name, err := readHost(key.Value, what)
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	o.Hosts = servmap.NewNames(names)
	return nil
}

// longestHostName is the longest name of a host in bytes.
const longestHostName = 255

// checkHostName refuses what cannot be told from other keys of a map, or is not fit to be printed.
func checkHostName(key *yaml.Node) error {
	name := key.Value
	switch {
	case key.Kind != yaml.ScalarNode:
		return fmt.Errorf("expected a name")
	case len(name) > longestHostName:
		return fmt.Errorf("a name of %d bytes; %d is the most", len(name), longestHostName)
	case servmap.IsReserved(name), safetext.String(name) != name, strings.TrimSpace(name) != name:
		return fmt.Errorf("%q cannot be a name: it means something else in a map, or cannot be printed", name)
	}
	return nil
}

// readHost reads an address, a hardware address, a network, or a list of such.
func readHost(name string, value *yaml.Node) (servmap.Name, error) {
	n := servmap.Name{Name: name}
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	for _, item := range items {
		if item.Kind != yaml.ScalarNode || !addHost(&n, item.Value) {
			return n, fmt.Errorf("line %d: hosts: %s: expected an address, a hardware address or a network such as 10.0.0.0/24, or a list of them, found %q", item.Line, name, item.Value)
		}
	}
	if len(items) == 0 {
		return n, fmt.Errorf("line %d: hosts: %s: the list is empty", value.Line, name)
	}
	return n, nil
}

// addHost adds what a word says that a name stands for.
func addHost(n *servmap.Name, word string) bool {
	if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
		n.Addrs = append(n.Addrs, a.Unmap())
		return true
	}
	if p, err := netip.ParsePrefix(word); err == nil {
		if p = p.Masked(); p.IsSingleIP() {
			n.Addrs = append(n.Addrs, p.Addr())
		} else {
			n.Networks = append(n.Networks, p)
		}
		return true
	}
	mac, err := net.ParseMAC(word)
	if err != nil || len(mac) != len(identity.MAC{}) || !identity.IsHosts(identity.MAC(mac)) {
		return false
	}
	n.MACs = append(n.MACs, identity.MAC(mac))
	return true
}

// Watched returns what watch: in the configuration lists: addresses, hardware addresses, networks, and names
// under hosts:. The error is one line.
func (o *Options) Watched() (out []servmap.Name, err error) {
	for _, word := range o.Watch {
		n, ok := o.Hosts.Find(word)
		if !ok {
			n = servmap.Name{Name: word}
			ok = addHost(&n, word)
		}
		if !ok {
			return nil, fmt.Errorf("watch: %q: expected an address, a hardware address, a network, or a name under hosts:%s", word, Suggest(word, o.Hosts.All()))
		}
		out = append(out, n)
	}
	return out, nil
}
