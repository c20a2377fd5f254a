package pcapio

import (
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestManyCaptures counts the packets of the captures in the folder that
// SERVMAP_DATA names: robustness/captures, with the counts of two other
// programs in robustness/expected.tsv.
func TestManyCaptures(t *testing.T) {
	data := os.Getenv("SERVMAP_DATA")
	if data == "" {
		t.Skip("SERVMAP_DATA names no folder with captures")
	}
	f, err := os.Open(filepath.Join(data, "robustness", "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table := csv.NewReader(f)
	table.Comma = '\t'
	table.FieldsPerRecord = -1
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		r, err := Open([]string{filepath.Join(data, "robustness", "captures", row[0])}, Options{Hash: true})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		var p Packet
		for err = r.Next(&p); err == nil; err = r.Next(&p) {
		}
		if err != io.EOF {
			t.Errorf("%s: %v", row[0], err)
		}
		if want, err := strconv.ParseUint(row[2], 10, 64); err == nil && p.Number != want {
			t.Errorf("%s: %d packets, want %d; damage %v", row[0], p.Number, want, r.Damage())
		} else if d := r.Damage(); d != nil {
			t.Logf("%v", d[0])
		}
		r.Close()
	}
}
