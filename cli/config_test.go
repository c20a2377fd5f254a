package cli

import (
	"reflect"
	"strings"
	"testing"
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
