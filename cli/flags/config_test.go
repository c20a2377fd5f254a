package flags

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"servmap/report"
	"servmap/servmap"
	"servmap/servmap/findings"
	"servmap/servmap/identity"
)

// originalConfig is what the program's ancestor was configured with, indented
// by tabs as some editors do.
const originalConfig = `{
	"servmap_file": "services_map.json",
	"report_file": "report.json",
	"out_file": "flows.csv",
	"device_ips": ["10.42.0.130", "10.42.0.131"],
	"soft_error": "DNS/TLS application never used",
	"unknown_proto_error": "unknown protocol",
	"app_name_error": "protocol never used",
	"dst_ip_error": "unknown destination",
	"src_ip_error": "unknown source",
	"no_error": "-"
}`

func TestParseConfig(t *testing.T) {
	tests := []struct {
		name, text string
		want       func(o *Options)
	}{
		{"empty", "", func(*Options) {}},
		{"comments alone", "# nothing\n", func(*Options) {}},
		{"null", "~\n", func(*Options) {}},
		{"the original's", originalConfig, func(o *Options) {
			o.MapFile, o.ReportFile, o.OutFile = "services_map.json", "report.json", "flows.csv"
			o.Settings.DeviceIPs = []netip.Addr{netip.MustParseAddr("10.42.0.130"), netip.MustParseAddr("10.42.0.131")}
			o.Wording = originalWording
		}},
		{"everything", `
device_ips: 10.42.0.130
local_networks: [10.0.0.0/8, fd00::/8]
multicast: remote
idle_timeout: 30
active_timeout: 1h
ignore_vlan: true
unknown: ignore
identity: address
non_ip: ignore
max_flows: 5000
fail_on: minor
applications_file: apps.txt
rules:
  - {application: Plant, network: 10.9.0.0/16}
  - application: Wiki
    domain: wiki.example
  - {application: Relay, port: 9999, transport: udp}
`, func(o *Options) {
			o.Settings = servmap.Settings{
				DeviceIPs:       []netip.Addr{netip.MustParseAddr("10.42.0.130")},
				LocalNetworks:   []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
				MulticastRemote: true, IdleTimeout: 30 * time.Second, ActiveTimeout: time.Hour, IgnoreVLAN: true,
				IgnoreUnknown: true, ByAddress: true, IgnoreNonIP: true,
			}
			o.Ingest.Flows.MaxFlows, o.FailOn, o.FailLevel, o.ApplicationsFile = 5000, servmap.Minor, findings.Critical, "apps.txt"
			o.Rules = []Rule{{Application: "Plant", Network: "10.9.0.0/16"}, {Application: "Wiki", Domain: "wiki.example"},
				{Application: "Relay", Port: 9999, Transport: "udp"}}
		}},
		{"no devices", "device_ips:\nidle_timeout: 0\n", func(o *Options) { o.Settings.IdleTimeout = 0 }},
		{"a level", "fail_on: low\n", func(o *Options) { o.FailLevel = findings.Low }},
		{"never", "fail_on: never\n", func(o *Options) { o.FailLevel = findings.Critical + 1 }},
		{"hosts", "hosts:\n  tv: 10.42.0.130\n  nas: [10.42.0.5, '02:00:00:00:00:05', 'fe80::5', 10.42.9.7/24, 10.42.9.1/32]\n  my phone: 02-00-00-00-00-77\n", func(o *Options) {
			o.Hosts = servmap.NewNames([]servmap.Name{
				{Name: "tv", Addrs: []netip.Addr{netip.MustParseAddr("10.42.0.130")}},
				{Name: "nas", Addrs: []netip.Addr{netip.MustParseAddr("10.42.0.5"), netip.MustParseAddr("fe80::5"), netip.MustParseAddr("10.42.9.1")},
					MACs: []identity.MAC{{2, 0, 0, 0, 0, 5}}, Networks: []netip.Prefix{netip.MustParsePrefix("10.42.9.0/24")}},
				{Name: "my phone", MACs: []identity.MAC{{2, 0, 0, 0, 0, 0x77}}},
			})
		}},
		{"watch", "watch: [tv, 10.0.0.1]\n", func(o *Options) { o.Watch = []string{"tv", "10.0.0.1"} }},
		{"no hosts", "hosts:\n", func(*Options) {}},
		{"an anchor", "local_networks: &n [10.0.0.0/8]\n", func(o *Options) {
			o.Settings.LocalNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, want := defaults(), defaults()
			if err := parseConfig(got, []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			tt.want(want)
			got.configured = want.configured // TestAdoptSettings looks at those
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestBadConfigs(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "fail_on: major\ndevice_ip: 1.2.3.4\n", `line 2: unknown key "device_ip"; the nearest known one is "device_ips"`},
		{"unknown key of a rule", "rules:\n- {application: X, domian: y.example}\n", `line 2: unknown key "domian"; the nearest known one is "domain"`},
		{"a list", "- device_ips\n", "line 1: expected keys and values"},
		{"a word", "hello\n", "line 1: expected keys and values"},
		{"no YAML", "a: [\n", "yaml: line 1: did not find expected node content"},
		{"key twice", "fail_on: major\nfail_on: minor\n", `line 2: the key "fail_on" stands in line 1 already`},
		{"multicast", "multicast: local\n", `line 1: multicast: "local": expected remote or multicast`},
		{"fail_on", "fail_on: always\n", `line 1: fail_on: "always": expected critical, high, medium, low, info, major, minor or never`},
		{"timeout", "idle_timeout: soon\n", `line 1: idle_timeout: "soon" is no time span: seconds, or a number with a unit such as 2m`},
		{"VLAN", "ignore_vlan: yes\n", `line 1: ignore_vlan: "yes": expected true or false`},
		{"number of flows", "max_flows: -1\n", `line 1: max_flows: "-1": expected a whole number, 0 or more`},
		{"number of flows is a word", "max_flows: many\n", `line 1: max_flows: "many": expected a whole number, 0 or more`},
		{"rules are a word", "rules: X\n", "line 1: rules: expected a list of rules"},
		{"rule's port", "rules: [{application: X, port: 70000}]\n", `line 1: port: expected a number up to 65535, found "70000"`},
		{"devices by name", "device_ips: {a: 10.0.0.1}\n", "line 1: device_ips: expected a list of words"},
		{"a list for a word", "no_error: [1]\n", "line 1: no_error: expected a word"},
		{"device", "device_ips: [10.0.0.1, me]\n", `line 1: device_ips: "me" is no IP address`},
		{"network", "local_networks: [10.0.0.0/40]\n", `line 1: local_networks: "10.0.0.0/40" is no network such as 10.0.0.0/8`},
		{"rule is a word", "rules: [X]\n", "line 1: a rule has an application and a domain, network or port"},
		{"rule without name", "rules: [{port: 5}]\n", "line 1: rules: a rule names no application"},
		{"rule of two kinds", "rules: [{application: X, port: 5, domain: a.example}]\n", "line 1: rules: the rule for X needs exactly one of domain, network and port"},
		{"rule of no kind", "rules: [{application: X}]\n", "line 1: rules: the rule for X needs exactly one of domain, network and port"},
		{"rule's network", "rules: [{application: X, network: here}]\n", `line 1: rules: "here" is no network such as 10.0.0.0/8`},
		{"hosts are a list", "hosts: [tv]\n", "line 1: hosts: expected names, and an address, a hardware address or a network of each, or a list of them"},
		{"host's address", "hosts:\n  tv: 10.0.0.256\n", `line 2: hosts: tv: expected an address, a hardware address or a network such as 10.0.0.0/24, or a list of them, found "10.0.0.256"`},
		{"host's addresses", "hosts:\n  tv: [10.0.0.1,\n    {a: b}]\n", `line 3: hosts: tv: expected an address, a hardware address or a network such as 10.0.0.0/24, or a list of them, found ""`},
		{"host of nothing", "hosts: {tv: []}\n", "line 1: hosts: tv: the list is empty"},
		{"host with a group's hardware address", "hosts: {tv: '01:00:5e:00:00:01'}\n", `line 1: hosts: tv: expected an address, a hardware address or a network such as 10.0.0.0/24, or a list of them, found "01:00:5e:00:00:01"`},
		{"host's name is a word of the map", "hosts: {remote: 10.0.0.1}\n", `line 1: hosts: "remote" cannot be a name: it means something else in a map, or cannot be printed`},
		{"host's name commands a terminal", `hosts: {"a\x1b[2J": 10.0.0.1}`, `line 1: hosts: "a\x1b[2J" cannot be a name: it means something else in a map, or cannot be printed`},
		{"host twice", "hosts:\n  tv: 10.0.0.1\n  tv: 10.0.0.2\n", `line 3: the name "tv" stands in line 2 already`},
		{"rule's transport", "rules: [{application: X, port: 5, transport: ip}]\n", `line 1: rules: the rule for X has the transport "ip": expected tcp, udp or sctp`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := parseConfig(defaults(), []byte(tt.text)); err == nil || err.Error() != tt.want {
				t.Errorf("\ngot  %v\nwant %s", err, tt.want)
			}
		})
	}
}

var originalWording = report.Wording{
	servmap.None:                "-",
	servmap.DNSOrTLSApplication: "DNS/TLS application never used",
	servmap.ProtocolNeverUsed:   "protocol never used",
	servmap.UnknownDestination:  "unknown destination",
	servmap.UnknownSource:       "unknown source",
	servmap.UnknownProtocol:     "unknown protocol",
}

// TestEveryKeyIsDocumented wants each key in docs/configuration.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Keys() {
		if !strings.Contains(string(text), "`"+f.Key+"`") {
			t.Errorf("docs/configuration.md has no `%s`", f.Key)
		}
	}
}

// TestTable holds what the table of flags promises.
func TestTable(t *testing.T) {
	keys := map[string]bool{}
	for i := range table {
		f := &table[i]
		switch {
		case f.Name == "" && f.Key == "":
			t.Errorf("row %d has neither name nor key", i)
		case (f.Set == nil) == (f.SetNode == nil):
			t.Errorf("%s%s: exactly one of Set and SetNode is wanted", f.Name, f.Key)
		case f.Usage == "":
			t.Errorf("%s%s has no usage", f.Name, f.Key)
		case f.Name != "" && f.For == 0:
			t.Errorf("no command has %s", f.Name)
		case f.Key != "" && keys[f.Key]:
			t.Errorf("the key %s stands twice", f.Key)
		}
		keys[f.Key] = true
		for j := range table[:i] {
			if g := &table[j]; f.Name != "" && g.For&f.For != 0 && (g.Name == f.Name || f.Short != "" && g.Short == f.Short) {
				t.Errorf("%s stands twice for a command", f.Name)
			}
		}
	}
}
