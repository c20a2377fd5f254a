package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestReorder(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"check a.pcap --map m.json b.pcap", "check --map m.json -- a.pcap b.pcap"},
		{"check --map=m.json -", "check --map=m.json -- -"},
		{"check a -m m.json --anomalies b -q", "check -m m.json --anomalies -q -- a b"},
		{"flows -- -a --format", "flows -- -a --format"},
		{"flows a -- -q b", "flows -- a -q b"},
		{"flows -format csv a", "flows -format csv -- a"},
		{"flows --format -- a", "flows --format -- -- a"},
		{"flows a --help --nonsense", "help flows"},
		{"train -h", "help train"},
		{"--version", "version"},
	} {
		got, err := reorder(strings.Fields(tt.args))
		if err != nil || !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: %q, %v, want %s", tt.args, got, err, tt.want)
		}
	}
}

// TestHostileNames follows names that would command a terminal from the packet
// to every output.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	evil := "a\x1b[2J\x07.\u202e\u009b"
	write(t, dir, "a.pcap", pcap(t,
		frame{0, "udp", "10.0.0.1:40000", "10.0.0.2:53", "", dnsQuery(evil)},
		frame{1, "tcp", "10.0.0.1:40001", "10.0.0.2:80", "A", "GET / HTTP/1.1\r\nHost: " + evil + "\r\nUser-Agent: =1+" + evil + "\r\n\r\n"},
		frame{2, "udp", "10.0.0.1:40002", "10.0.0.2:1900", "", "M-SEARCH * HTTP/1.1\r\nHOST: " + evil + "\r\nMAN: \"ssdp:discover\"\r\nST: " + evil + "\r\n\r\n"},
	))
	write(t, dir, "map.json", "{\"10.0.0.1\": {\"10.0.0.2\": [1, \"\\u001b[2J\"]}, \"\\u001b[3J\": {}}")
	write(t, dir, "report.json", "{\"NONE\": {\"\\u001b[2J\": {\"tot_bytes\": 1, \"\\u009b\": [1, \"\\u001b[2J\", \"=1\"]}}}")
	var runs []string
	for _, f := range []string{"csv", "ndjson", "table", "text"} {
		runs = append(runs, "flows a.pcap --format "+f, "check a.pcap --map map.json --format "+f)
	}
	for _, f := range []string{"csv", "json", "table", "text"} {
		runs = append(runs, "report report.json --format "+f)
	}
	found := false
	for _, args := range append(runs, "train a.pcap --append -o map.json") {
		got := runIn(t, dir, "", strings.Fields(args)...)
		for _, r := range got.stdout + got.stderr {
			if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e {
				t.Errorf("%s: %q reaches the terminal:\n%q", args, r, got.stdout+got.stderr)
				break
			}
		}
		found = found || strings.Contains(got.stdout, `a\x1b[2J`)
	}
	if !found {
		t.Error("none of the names came through at all")
	}
	if strings.Contains(read(t, dir, "map.json"), "\x1b") {
		t.Error("the map holds an escape character")
	}
}
