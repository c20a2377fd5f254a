package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/pcapio"
)

func TestArrange(t *testing.T) {
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
		got, err := arrange(commands(), strings.Fields(tt.args))
		if err != nil || !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: %q, %v, want %s", tt.args, got, err, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"chek", "check", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2}} {
		if got, back := editDistance(tt.a, tt.b), editDistance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("from %q to %q %d, and back %d, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
	if got := suggest("flwos", []string{"check", "flows"}); got != " (did you mean flows?)" {
		t.Errorf("flwos: %q", got)
	}
	if got := suggest("zzzzzzzz", []string{"check", "flows"}); got != "" {
		t.Errorf("zzzzzzzz: %q, want nothing", got)
	}
}

func TestProgressLine(t *testing.T) {
	for _, tt := range []struct {
		p     pcapio.Progress
		spent time.Duration
		want  string
	}{
		{pcapio.Progress{Read: 250_000_000, Size: 1_000_000_000, Packets: 500_000}, 2 * time.Second, "250.0 MB of 1.0 GB (25 %), 250000 packets/s, 6s left"},
		{pcapio.Progress{Read: 999, Size: -1, Packets: 10}, time.Second, "999 B, 10 packets/s"},
		{pcapio.Progress{Size: 1000}, 0, "0 B of 1.0 kB (0 %)"},
	} {
		if got := progressLine(tt.p, tt.spent); got != tt.want {
			t.Errorf("%+v after %v: %q, want %q", tt.p, tt.spent, got, tt.want)
		}
	}
}

func TestByteCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 2_527_774: "2.5 MB", 1e9: "1.0 GB", 5e15: "5000.0 TB"} {
		if got := byteCount(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestKeeper sees the file grow while the keeper is at work, and whole at the end.
func TestKeeper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	n := 0
	k := keep(path, time.Millisecond, nil, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%d\n", n)
		return err
	})
	k.change(func() { n = 1 })
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "1\n" {
		t.Errorf("while at work it holds %q, %v", data, err)
	}
	k.change(func() { n = 2 })
	if err := k.stop(true); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "2\n" {
		t.Errorf("at the end it holds %q, %v", data, err)
	}
	t.Run("nothing is written where nothing is wanted", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kept")
		if err := keep(path, time.Hour, nil, func(io.Writer) error { return errors.New("asked") }).stop(false); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file is there: %v", err)
		}
	})
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
