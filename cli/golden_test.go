package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestGoldens runs the program over the recorded captures. Each golden in
// testdata is a transcript: the command line, what it printed on standard output
// and on standard error, and its exit status.
func TestGoldens(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"baseline.pcap", "suspect.pcap"} {
		write(t, dir, name, read(t, filepath.Join("..", "testdata"), name))
	}
	for _, tt := range []struct{ golden, command string }{
		{"train", "train baseline.pcap"},
		{"map", "train -q baseline.pcap -o map.json"},
		{"check-text", "check suspect.pcap"},
		{"check-table", "check -q suspect.pcap --format table"},
		{"check-csv", "check -q suspect.pcap --format csv --anomalies"},
		{"check-ndjson", "check -q suspect.pcap --format ndjson --anomalies"},
		{"check-json", "check -q suspect.pcap --format json --fail-on never"},
		{"report-file", "check -q suspect.pcap --report report.json --anomalies"},
		{"report-text", "report report.json"},
		{"report-table", "report report.json --format table"},
		{"report-csv", "report report.json --format csv"},
		{"flows-csv", "flows -q baseline.pcap suspect.pcap"},
		{"flows-ndjson", "flows -q suspect.pcap --format ndjson"},
		{"flows-table", "flows -q suspect.pcap --format table"},
		{"flows-text", "flows suspect.pcap --format text"},
		{"info-text", "info -q baseline.pcap suspect.pcap"},
		{"info-json", "info -q suspect.pcap --format json"},
		{"info-csv", "info -q baseline.pcap suspect.pcap --format csv"},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			got := transcript(tt.command, runIn(t, dir, "", strings.Fields(tt.command)...))
			if tt.golden == "map" {
				got += "-- map.json --\n" + read(t, dir, "map.json")
			}
			path := filepath.Join("testdata", tt.golden+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// spent is what differs from run to run.
var spent = regexp.MustCompile(`in \d+\.\d s`)

func transcript(command string, r result) string {
	return fmt.Sprintf("$ servmap %s\n%s-- standard error --\n%s-- status %d --\n", command, r.stdout,
		spent.ReplaceAllString(r.stderr, "in N s"), r.status)
}
