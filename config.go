package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"servmap/report"
	"servmap/servmap"

	"gopkg.in/yaml.v3"
)

// defaultConfig is read where it is there and --config is not given.
const defaultConfig = "servmap.yaml"

// config is the configuration file. A field that is nil or empty is not set.
type config struct {
	DeviceIPs        list      `yaml:"device_ips"`
	LocalNetworks    list      `yaml:"local_networks"`
	Multicast        string    `yaml:"multicast"`
	IdleTimeout      *duration `yaml:"idle_timeout"`
	ActiveTimeout    *duration `yaml:"active_timeout"`
	MaxFlows         *int      `yaml:"max_flows"`
	MaxHosts         *int      `yaml:"max_hosts"`
	MaxPairs         *int      `yaml:"max_pairs"`
	FailOn           string    `yaml:"fail_on"`
	ServmapFile      string    `yaml:"servmap_file"`
	ReportFile       string    `yaml:"report_file"`
	OutFile          string    `yaml:"out_file"`
	ApplicationsFile string    `yaml:"applications_file"`
	Rules            []rule    `yaml:"rules"`

	// How text output calls the verdicts.
	SoftError         string `yaml:"soft_error"`
	UnknownProtoError string `yaml:"unknown_proto_error"`
	AppNameError      string `yaml:"app_name_error"`
	DstIPError        string `yaml:"dst_ip_error"`
	SrcIPError        string `yaml:"src_ip_error"`
	NoError           string `yaml:"no_error"`

	// file is where it came from, empty where there is none; named says that the
	// command line names it.
	file  string
	named bool
}

// rule is a name of the user's own for what matches: exactly one of Domain
// (a suffix), Network and Port is set.
type rule struct {
	Application string `yaml:"application"`
	Domain      string `yaml:"domain"`
	Network     string `yaml:"network"`
	Port        uint16 `yaml:"port"`
	Transport   string `yaml:"transport"`
}

// list is a list of words; one alone may stand without brackets.
type list []string

// UnmarshalYAML takes a sequence or a single word.
func (l *list) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Tag != "!!null" && n.Value != "" {
			*l = list{n.Value}
		}
		return nil
	}
	return n.Decode((*[]string)(l))
}

// duration is a time span: seconds as a number, or Go's notation, "2m30s".
type duration time.Duration

// UnmarshalYAML takes what parseDuration takes.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := parseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = duration(v)
	return nil
}

// parseDuration reads seconds, or a duration with a unit; not negative.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if seconds, numeric := strconv.ParseFloat(s, 64); numeric == nil && seconds < 1e9 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time span: seconds, or a number with a unit such as 2m", s)
	}
	return d, nil
}

// loadConfig reads the configuration file; without a path, the default one,
// which need not be there.
func loadConfig(path string) (*config, error) {
	name := path
	if name == "" {
		name = defaultConfig
	}
	data, err := readConfig(name, path != "")
	if path == "" && errors.Is(err, os.ErrNotExist) {
		return &config{}, nil
	}
	if err != nil {
		return nil, usageError(describe(err))
	}
	c, err := parseConfig(data)
	if err != nil {
		return nil, usageError(name + ": " + strings.TrimPrefix(err.Error(), "yaml: "))
	}
	c.file, c.named = name, path != ""
	c.warnWording()
	return c, nil
}

func parseConfig(data []byte) (*config, error) {
	if json.Valid(data) { // JSON may be indented by tabs, YAML may not
		data = bytes.ReplaceAll(data, []byte{'\t'}, []byte{' '})
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	c := &config{}
	if len(document.Content) == 0 {
		return c, nil
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return c, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: expected keys and values", root.Line)
	}
	if err := knownKeys(root, reflect.TypeOf(*c)); err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && err != io.EOF {
		return nil, plainYAML(err)
	}
	return c, c.validate()
}

// plainYAML gives the first of the package's errors in one line, without the
// program's own types.
func plainYAML(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) || len(wrong.Errors) == 0 {
		return err
	}
	text := wrong.Errors[0]
	line, rest, isType := strings.Cut(text, ": cannot unmarshal ")
	at := strings.LastIndex(rest, " into ")
	if !isType || at < 0 {
		return errors.New(text)
	}
	_, value, _ := strings.Cut(rest[:at], " ")
	for _, kind := range []struct{ name, expected string }{
		{"[]main.rule", "a list of rules"}, {"[]string", "a list of words"}, {"string", "a word"},
		{"uint16", "a number up to 65535"}, {"int", "a whole number"},
	} {
		if rest[at+len(" into "):] == kind.name {
			text = line + ": expected " + kind.expected
			if value != "" {
				text += ", found " + value
			}
			break
		}
	}
	return errors.New(text)
}

// knownKeys refuses a key that no field of t has, and names the nearest.
func knownKeys(n *yaml.Node, t reflect.Type) error {
	var known []string
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name == "" { // not a key
			continue
		}
		known = append(known, name)
		fields[name] = t.Field(i).Type
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		ft, ok := fields[key.Value]
		if !ok {
			best, _ := nearest(key.Value, known)
			return fmt.Errorf("line %d: unknown key %q; the nearest known one is %q", key.Line, key.Value, best)
		}
		if ft == reflect.TypeFor[[]rule]() && value.Kind == yaml.SequenceNode {
			for _, item := range value.Content {
				if item.Kind != yaml.MappingNode {
					return fmt.Errorf("line %d: a rule has an application and a domain, network or port", item.Line)
				}
				if err := knownKeys(item, ft.Elem()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// validate looks at the values that are words with a meaning.
func (c *config) validate() error {
	if c.Multicast != "" && c.Multicast != "multicast" && c.Multicast != "remote" {
		return fmt.Errorf("multicast is %q: expected remote or multicast", c.Multicast)
	}
	if c.FailOn != "" {
		if _, err := parseFailOn(c.FailOn); err != nil {
			return fmt.Errorf("fail_on: %w", err)
		}
	}
	for _, limit := range []struct {
		key   string
		value *int
	}{{"max_flows", c.MaxFlows}, {"max_hosts", c.MaxHosts}, {"max_pairs", c.MaxPairs}} {
		if limit.value != nil && *limit.value < 0 {
			return fmt.Errorf("%s is %d: expected 0 or more", limit.key, *limit.value)
		}
	}
	if _, err := parseAddrs(c.DeviceIPs); err != nil {
		return fmt.Errorf("device_ips: %w", err)
	}
	if _, err := parseNetworks(c.LocalNetworks); err != nil {
		return fmt.Errorf("local_networks: %w", err)
	}
	for i := range c.Rules {
		if err := c.Rules[i].validate(); err != nil {
			return fmt.Errorf("rules: %w", err)
		}
	}
	return nil
}

func (r *rule) validate() error {
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

// wording returns what text output calls the verdicts.
func (c *config) wording() *report.Wording {
	return &report.Wording{
		servmap.None:                c.NoError,
		servmap.DNSOrTLSApplication: c.SoftError,
		servmap.ProtocolNeverUsed:   c.AppNameError,
		servmap.UnknownDestination:  c.DstIPError,
		servmap.UnknownSource:       c.SrcIPError,
		servmap.UnknownProtocol:     c.UnknownProtoError,
	}
}

func parseAddrs(words []string) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, w := range words {
		a, err := netip.ParseAddr(w)
		if err != nil {
			return nil, fmt.Errorf("%q is no IP address", w)
		}
		out = append(out, a.WithZone(""))
	}
	return out, nil
}

func parseNetworks(words []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, w := range words {
		p, err := parseNetwork(w)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// parseNetwork reads a network, 10.0.0.0/8, or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is no network such as 10.0.0.0/8", s)
}

// parseFailOn returns the least severity that counts.
func parseFailOn(s string) (servmap.Severity, error) {
	switch s {
	case "major":
		return servmap.Major, nil
	case "minor":
		return servmap.Minor, nil
	case "never":
		return servmap.Major + 1, nil
	}
	return 0, fmt.Errorf("%q: expected major, minor or never", s)
}

// describe gives an error of the file system as "name: reason".
func describe(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Path + ": " + path.Err.Error()
	}
	return err.Error()
}
