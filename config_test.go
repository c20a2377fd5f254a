package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"servmap/report"
	"servmap/servmap"
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
	span := func(d time.Duration) *duration { v := duration(d); return &v }
	flows := 5000
	tests := []struct {
		name, text string
		want       config
	}{
		{"empty", "", config{}},
		{"comments alone", "# nothing\n", config{}},
		{"null", "~\n", config{}},
		{"the original's", originalConfig, config{
			ServmapFile: "services_map.json", ReportFile: "report.json", OutFile: "flows.csv",
			DeviceIPs: list{"10.42.0.130", "10.42.0.131"}, SoftError: "DNS/TLS application never used",
			UnknownProtoError: "unknown protocol", AppNameError: "protocol never used", DstIPError: "unknown destination",
			SrcIPError: "unknown source", NoError: "-",
		}},
		{"everything", `
device_ips: 10.42.0.130
local_networks: [10.0.0.0/8, fd00::/8]
multicast: remote
idle_timeout: 30
active_timeout: 1h
max_flows: 5000
fail_on: minor
applications_file: apps.txt
rules:
  - {application: Plant, network: 10.9.0.0/16}
  - application: Wiki
    domain: wiki.example
  - {application: Relay, port: 9999, transport: udp}
`, config{
			DeviceIPs: list{"10.42.0.130"}, LocalNetworks: list{"10.0.0.0/8", "fd00::/8"}, Multicast: "remote",
			IdleTimeout: span(30 * time.Second), ActiveTimeout: span(time.Hour), MaxFlows: &flows, FailOn: "minor", ApplicationsFile: "apps.txt",
			Rules: []rule{{Application: "Plant", Network: "10.9.0.0/16"}, {Application: "Wiki", Domain: "wiki.example"},
				{Application: "Relay", Port: 9999, Transport: "udp"}},
		}},
		{"no devices", "device_ips:\nidle_timeout: 0\n", config{IdleTimeout: span(0)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseConfig([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
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
		{"key twice", "fail_on: major\nfail_on: minor\n", `line 2: mapping key "fail_on" already defined at line 1`},
		{"multicast", "multicast: local\n", `multicast is "local": expected remote or multicast`},
		{"fail_on", "fail_on: always\n", `fail_on: "always": expected major, minor or never`},
		{"timeout", "idle_timeout: soon\n", `line 1: "soon" is no time span: seconds, or a number with a unit such as 2m`},
		{"number of flows", "max_flows: -1\n", "max_flows is -1: expected 0 or more"},
		{"number of flows is a word", "max_flows: many\n", "line 1: expected a whole number, found `many`"},
		{"rules are a word", "rules: X\n", "line 1: expected a list of rules, found `X`"},
		{"rule's port", "rules: [{application: X, port: 70000}]\n", "line 1: expected a number up to 65535, found `70000`"},
		{"devices by name", "device_ips: {a: 10.0.0.1}\n", "line 1: expected a list of words"},
		{"a list for a word", "no_error: [1]\n", "line 1: expected a word"},
		{"device", "device_ips: [10.0.0.1, me]\n", `device_ips: "me" is no IP address`},
		{"network", "local_networks: [10.0.0.0/40]\n", `local_networks: "10.0.0.0/40" is no network such as 10.0.0.0/8`},
		{"rule is a word", "rules: [X]\n", "line 1: a rule has an application and a domain, network or port"},
		{"rule without name", "rules: [{port: 5}]\n", "rules: a rule names no application"},
		{"rule of two kinds", "rules: [{application: X, port: 5, domain: a.example}]\n", "rules: the rule for X needs exactly one of domain, network and port"},
		{"rule of no kind", "rules: [{application: X}]\n", "rules: the rule for X needs exactly one of domain, network and port"},
		{"rule's network", "rules: [{application: X, network: here}]\n", `rules: "here" is no network such as 10.0.0.0/8`},
		{"rule's transport", "rules: [{application: X, port: 5, transport: ip}]\n", `rules: the rule for X has the transport "ip": expected tcp, udp or sctp`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseConfig([]byte(tt.text)); err == nil || err.Error() != tt.want {
				t.Errorf("\ngot  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestWording(t *testing.T) {
	c, err := parseConfig([]byte(originalConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := report.Wording{
		servmap.None:                "-",
		servmap.DNSOrTLSApplication: "DNS/TLS application never used",
		servmap.ProtocolNeverUsed:   "protocol never used",
		servmap.UnknownDestination:  "unknown destination",
		servmap.UnknownSource:       "unknown source",
		servmap.UnknownProtocol:     "unknown protocol",
	}
	if got := *c.wording(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheOriginalsConfigurationWorks(t *testing.T) {
	dir := folder(t)
	write(t, dir, "config.json", originalConfig)
	if got := runIn(t, dir, "", "train", "-q", "--config", "config.json", "base.pcap"); got != (result{}) {
		t.Fatalf("train: %+v", got)
	}
	got := runIn(t, dir, "", "check", "-q", "--config", "config.json", "suspect.pcap")
	want := "" +
		"  1. 10.42.0.130     --> 10.42.0.1       , DNS                  | -\n" +
		"  2. 10.42.0.130     --> remote          , ICMP                 | protocol never used\n" +
		"  3. 10.42.0.130     --> 10.42.0.96      , Unknown              | unknown destination\n" +
		"  4. remote          --> 10.42.0.130     , ICMP                 | unknown source\n" +
		"  5. 10.42.0.130     --> 10.42.0.1       , Unknown              | unknown protocol\n"
	if got != (result{want, "", 1}) {
		t.Errorf("got %+v, want\n%s", got, want)
	}
	if r := read(t, dir, "report.json"); !strings.Contains(r, `"UNKNOWN SOURCE IP"`) || strings.Contains(r, "unknown source") {
		t.Errorf("the report does not keep the verdicts' names:\n%s", r)
	}
	if got := runIn(t, dir, "", "flows", "-q", "--config", "config.json", "base.pcap"); got != (result{}) || !strings.HasPrefix(read(t, dir, "flows.csv"), "id,") {
		t.Errorf("flows did not write to out_file: %+v", got)
	}
	t.Run("flags win", func(t *testing.T) {
		got := runIn(t, dir, "", "check", "-q", "--config", "config.json", "--device", "10.42.0.96", "--report", "other.json", "suspect.pcap")
		if strings.Count(got.stdout, "\n") != 1 || !strings.Contains(read(t, dir, "other.json"), `"tot_flows": 1,`) {
			t.Errorf("%+v: want the one flow of 10.42.0.96", got)
		}
	})
	t.Run("found in the working directory", func(t *testing.T) {
		write(t, dir, "servmap.yaml", "no_error: fine\nfail_on: never\n")
		if got := runIn(t, dir, "", "check", "-q", "suspect.pcap"); got.status != 0 || !strings.Contains(got.stdout, "| fine\n") {
			t.Errorf("%+v", got)
		}
	})
}

func TestUsersOwnNames(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.pcap", pcap(t,
		frame{0, "udp", "10.0.0.1:40000", "10.0.0.2:53", "", dnsQuery("printer.lab.example")},
		frame{1, "udp", "10.0.0.1:40001", "10.0.0.2:9999", "", "\x01\x02\x03\x04"},
		frame{2, "icmp", "10.0.0.1", "10.9.0.1", "", "ping"},
		frame{3, "udp", "10.0.0.1:40002", "10.0.0.2:53", "", dnsQuery("wiki.example")},
	))
	write(t, dir, "apps.txt", "LabWiki\n\twiki.example\n")
	write(t, dir, "own.yaml", "applications_file: apps.txt\nrules:\n"+
		"- {application: Lab, domain: lab.example}\n- {application: Relay, port: 9999, transport: udp}\n- {application: Plant, network: 10.9.0.0/16}\n")
	got := runIn(t, dir, "", "flows", "-q", "--config", "own.yaml", "--format", "text", "a.pcap")
	var labels []string
	for _, line := range strings.Split(strings.TrimSpace(got.stdout), "\n") {
		_, after, _ := strings.Cut(line, " , ")
		label, _, _ := strings.Cut(after, " ")
		labels = append(labels, label)
	}
	if want := []string{"DNS.Lab", "Relay", "ICMP.Plant", "DNS.LabWiki"}; !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %q, want %q\n%+v", labels, want, got)
	}
	if list := runIn(t, dir, "", "protocols", "--config", "own.yaml", "--format", "csv"); !strings.Contains(list.stdout, "\nLabWiki,application,") {
		t.Errorf("protocols does not list the user's own: %+v", list.stderr)
	}
}
