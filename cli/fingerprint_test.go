package cli

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// columns reads a CSV and returns the named columns of its rows.
func columns(t *testing.T, text string, names ...string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	var out [][]string
	for _, row := range rows[1:] {
		var cells []string
		for _, name := range names {
			i, ok := at[name]
			if !ok {
				t.Fatalf("no column %s", name)
			}
			cells = append(cells, row[i])
		}
		out = append(out, cells)
	}
	return out
}

// TestJA3AsNfstream compares the fingerprints with those that nfstream prints of
// the captures of corpus, in the folder that SERVMAP_DATA names.
func TestJA3AsNfstream(t *testing.T) {
	t.Parallel()
	data := os.Getenv("SERVMAP_DATA")
	if data == "" {
		t.Skip("SERVMAP_DATA names no folder with captures")
	}
	compared := 0
	for _, name := range []string{"443-firefox.pcap", "quic-29.pcap", "dtls2.pcap", "imaps.pcap", "smtp-starttls.pcap", "tls_long_cert.pcap"} {
		reference, err := os.ReadFile(filepath.Join(data, "corpus", "nfstream", name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		key := []string{"src_ip", "src_port", "dst_ip", "dst_port", "client_fingerprint", "server_fingerprint"}
		want := map[string][]string{}
		for _, row := range columns(t, string(reference), key...) {
			want[strings.Join(row[:4], " ")] = row[4:]
			want[strings.Join([]string{row[2], row[3], row[0], row[1]}, " ")] = row[4:]
		}
		got := runIn(t, packageFolder, "flows", "--quiet", "--fingerprint", "ja3", filepath.Join(data, "corpus", "captures", name))
		for _, row := range columns(t, got.stdout, key...) {
			for i, w := range want[strings.Join(row[:4], " ")] {
				if len(w) == 32 && row[4+i] != "" {
					if compared++; row[4+i] != w {
						t.Errorf("%s: %v, nfstream has %s", name, row, w)
					}
				}
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d fingerprints compared", compared)
	}
}
