package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsageErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "base.pcap", pcap(t, baseline()...))
	write(t, dir, "base2.pcap", pcap(t, suspect()...))
	write(t, dir, "map.json", "{}")
	write(t, dir, "flows.csv", "src_ip,dst_ip,bidirectional_bytes,application_name\n")
	tests := []struct {
		args string
		want string
	}{
		{"", "no command; servmap help lists them"},
		{"chek", `unknown command "chek" (did you mean check?); servmap help lists them`},
		{"xyzzyplugh", `unknown command "xyzzyplugh"; servmap help lists them`},
		{"help chek", `unknown command "chek" (did you mean check?)`},
		{"flows --fromat csv base.pcap", "flows: unknown flag --fromat (did you mean --format?)"},
		{"flows base.pcap -Z", "flows: unknown flag -Z"},
		{"flows base.pcap --format", "flows: flag --format needs a value"},
		{"flows --format xml base.pcap", `--format: "xml": expected csv, ndjson, table or text`},
		{"check --map map.json --format xml base.pcap", `--format: "xml": expected text, table, csv, ndjson or json`},
		{"check --map map.json --fail-on always base.pcap", `--fail-on: "always": expected major, minor or never`},
		{"check --map map.json --baseline base.pcap base.pcap", "check: either --map or --baseline, not both"},
		{"check --baseline - -", "check: standard input cannot be both baseline and suspect"},
		{"flows --idle-timeout soon base.pcap", `--idle-timeout: "soon" is no time span: seconds, or a number with a unit such as 2m`},
		{"flows --active-timeout -1 base.pcap", `--active-timeout: "-1" is no time span: seconds, or a number with a unit such as 2m`},
		{"flows --device ten base.pcap", `--device: "ten" is no IP address`},
		{"flows --local-network 10.0.0.0/33 base.pcap", `--local-network: "10.0.0.0/33" is no network such as 10.0.0.0/8`},
		{"flows --workers -1 base.pcap", `--workers: "-1": expected a whole number, 0 or more`},
		{"flows --max-flows -1 base.pcap", `--max-flows: "-1": expected a whole number, 0 or more`},
		{"flows --decompress-limit 5x base.pcap", `--decompress-limit: "5x" is no size: expected bytes, or a number with k, M, G or T`},
		{"flows --duration 5s base.pcap", "--duration is for live captures: -i IFACE"},
		{"train --count 5 base.pcap", "--count is for live captures: -i IFACE"},
		{"check --promiscuous base.pcap", "--promiscuous is for live captures: -i IFACE"},
		{"flows -i lo base.pcap", "flows: either captures or -i, not both"},
		{"train base.pcap -i lo", "train: either captures or -i, not both"},
		{"check --map map.json -i lo -", "check: either captures or -i, not both"},
		{"flows -i lo --duration soon", `--duration: "soon" is no time span: seconds, or a number with a unit such as 2m`},
		{"flows --filter host base.pcap", "--filter: column 5: the expression ends: expected an IP address"},
		{"train --filter icmp flows.csv", "flows.csv: --filter selects packets, and a CSV of flows has none"},
		{"flows base.pcap base.pcap", "base.pcap: is named twice"},
		{"flows base.pcap ./base.pcap", "./base.pcap: is the same file as base.pcap"},
		{"flows base.pcap -o base.pcap", "base.pcap: the output would overwrite the input"},
		{"train base.pcap -o base.pcap", "base.pcap: the output would overwrite the input"},
		{"check --map map.json base.pcap --report base.pcap", "base.pcap: the output would overwrite the input"},
		{"check --map map.json base.pcap --format json -o base.pcap", "base.pcap: the output would overwrite the input"},
		{"check --baseline base.pcap base2.pcap --report base.pcap", "base.pcap: the output would overwrite the input"},
		{"check --map map.json base.pcap -o map.json", "map.json: the output would overwrite the input"},
		{"check --map map.json base.pcap --report map.json", "map.json: the output would overwrite the input"},
		{"check --map map.json base.pcap --report both -o ./both", "both: both -o and --report would write it"},
		{"check --map map.json base.pcap --report -", "--report needs a file; --format json writes the report to standard output"},
		{"report", "report: expected one report file; check --report writes one"},
		{"protocols dns", `protocols takes no arguments, and there is "dns"`},
		{"completion tcsh", "completion: expected bash, zsh or fish"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			got := runIn(t, dir, "", strings.Fields(tt.args)...)
			want := result{"", "servmap: " + tt.want + "\n", 2}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
	if read(t, dir, "base.pcap") != pcap(t, baseline()...) || read(t, dir, "map.json") != "{}" {
		t.Error("a usage error changed the input")
	}
}

func TestBadInputs(t *testing.T) {
	dir := t.TempDir()
	whole := pcap(t, baseline()...)
	write(t, dir, "base.pcap", whole)
	write(t, dir, "text.txt", "hello world, this is no capture\n")
	write(t, dir, "empty", "")
	write(t, dir, "map.json", `{"10.42.0.130": {"10.42.0.1": [1, "DNS"]}}`)
	write(t, dir, "bad.json", "{\n  \"10.42.0.130\": {\n    \"10.42.0.1\": [\"DNS\"]\n  }\n}\n")
	write(t, dir, "bad.yaml", "idle_timeot: 5\n")
	write(t, dir, "worse.yaml", "local_networks: [10.0.0.0/8, lan]\n")
	write(t, dir, "short.csv", "src_ip,dst_ip,application_name\n")
	write(t, dir, "apps.txt", "\tindented.example\n")
	write(t, dir, "apps.yaml", "applications_file: apps.txt\n")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args string
		want string
	}{
		{"flows gone.pcap", "gone.pcap: there is no such file"},
		{"flows base.pcap gone.pcap", "gone.pcap: there is no such file"},
		{"flows folder", "folder: is a directory"},
		{"flows text.txt", `text.txt: is no capture: expected a pcap or pcapng (also as gz, zst, xz, bz2 or lz4), found "hello world,"`},
		{"flows empty", "empty: is empty"},
		{"info empty", "empty: is empty"},
		{"train empty", "empty: is empty"},
		{"check base.pcap", "services_map.json: there is no such map; learn one with servmap train BASELINE.pcap, or name a capture with --baseline"},
		{"check --baseline base.pcap gone.pcap", "gone.pcap: no such file or directory"},
		{"check --map bad.json base.pcap", `bad.json:3:19: expected a whole number of bytes, found "\"DNS\"]"`},
		{"check --map text.txt base.pcap", `text.txt:1:1: expected a services map: { and the source hosts, found "hello world, this is no "...`},
		{"check --map folder base.pcap", "folder: is a directory"},
		{"check --map map.json short.csv", "short.csv: CSV of flows without the column bidirectional_bytes"},
		{"train --append base.pcap", "services_map.json: there is no map to add to; train one without --append first"},
		{"flows --config gone.yaml base.pcap", "gone.yaml: no such file or directory"},
		{"flows --config bad.yaml base.pcap", `bad.yaml: line 1: unknown key "idle_timeot"; the nearest known one is "idle_timeout"`},
		{"flows --config worse.yaml base.pcap", `worse.yaml: line 1: local_networks: "lan" is no network such as 10.0.0.0/8`},
		{"report gone.json", "gone.json: no such file or directory"},
		{"report map.json", `map.json:1:2: expected tot_flows, tot_anom or a verdict, found "10.42.0.130"`},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			got := runIn(t, dir, "", strings.Fields(tt.args)...)
			want := result{"", "servmap: " + tt.want + "\n", 2}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
	t.Run("a bad file of applications", func(t *testing.T) {
		got := runIn(t, dir, "", "flows", "--config", "apps.yaml", "base.pcap")
		if got.status != 2 || got.stdout != "" || !strings.HasPrefix(got.stderr, "servmap: applications_file: ") || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%+v: want one line about applications_file, and status 2", got)
		}
	})
	t.Run("standard input is empty", func(t *testing.T) {
		if got, want := runIn(t, dir, "", "flows"), (result{"", "servmap: standard input: is empty\n", 2}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestDamagedCaptures(t *testing.T) {
	dir := t.TempDir()
	whole := pcap(t, baseline()...)
	write(t, dir, "cut.pcap", whole[:len(whole)-5])
	write(t, dir, "two.pcap", pcap(t, baseline()[:6]...))
	write(t, dir, "map.json", "{}")
	got := runIn(t, dir, "", "flows", "--quiet", "cut.pcap")
	want := runIn(t, dir, "", "flows", "--quiet", "two.pcap")
	if want.status != 0 || got.stdout != want.stdout {
		t.Errorf("flows of the cut capture:\n%s\nwant those of the packets before the cut:\n%s", got.stdout, want.stdout)
	}
	if got.status != 3 || !strings.HasPrefix(got.stderr, "servmap: cut.pcap: damaged at packet 7, byte ") || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("status %d and %q: want 3 and one line with packet and byte", got.status, got.stderr)
	}
	t.Run("damage wins over anomalies", func(t *testing.T) {
		if got := runIn(t, dir, "", "check", "--map", "map.json", "-q", "cut.pcap"); got.status != 3 || !strings.Contains(got.stdout, "UNKNOWN SOURCE IP") {
			t.Errorf("%+v: want status 3 and verdicts", got)
		}
	})
	t.Run("a damaged baseline", func(t *testing.T) {
		if got := runIn(t, dir, "", "check", "--baseline", "cut.pcap", "-q", "two.pcap"); got.status != 3 || got.stdout == "" {
			t.Errorf("%+v: want status 3 and verdicts", got)
		}
	})
	t.Run("train", func(t *testing.T) {
		if got := runIn(t, dir, "", "train", "-q", "cut.pcap", "-o", "learned.json"); got.status != 3 || !strings.Contains(read(t, dir, "learned.json"), "10.42.0.130") {
			t.Errorf("%+v: want status 3 and a map", got)
		}
	})
	t.Run("cut between records", func(t *testing.T) {
		write(t, dir, "header.pcap", pcap(t))
		if got := runIn(t, dir, "", "check", "--map", "map.json", "-q", "header.pcap"); got != (result{}) {
			t.Errorf("%+v: want nothing and status 0", got)
		}
	})
	t.Run("a CSV cut in a row", func(t *testing.T) {
		write(t, dir, "cut.csv", strings.TrimSuffix(want.stdout, "\n")+"\n9,0,10.0.0.1,")
		got := runIn(t, dir, "", "check", "--map", "map.json", "-q", "cut.csv")
		if got.status != 3 || !strings.HasPrefix(got.stderr, "servmap: cut.csv:") || strings.Count(got.stdout, "\n") != strings.Count(want.stdout, "\n")-1 {
			t.Errorf("%+v: want status 3, the line, and the rows before it", got)
		}
	})
}
