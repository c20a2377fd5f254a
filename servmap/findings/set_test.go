package findings

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestBadReports(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "r.json:1:1: expected a report: { and tot_flows, found the end of the file"},
		{"empty object", "{}", "r.json:1:2: expected tot_flows, tot_anom and the verdicts, found an empty object"},
		{"a map", `{"10.0.0.1": {}}`, `r.json:1:2: expected tot_flows, tot_anom or a verdict, found "10.0.0.1"`},
		{"number of flows", `{"tot_flows": "x"}`, `r.json:1:15: expected the number of flows, found "\"x\"}"`},
		{"bytes", "{\"NONE\": {\n\"a\": {\"tot_bytes\": -1}}}", `r.json:2:20: expected the number of bytes, found "-1}}}"`},
		{"pair", `{"NONE": {"a": {"b": 1}}}`, `r.json:1:22: expected an array of bytes and applications, found "1}}}"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse("r.json", []byte(tt.text)); err == nil || err.Error() != tt.want {
				t.Errorf("\ngot  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("..", "..", "report", "testdata", "report.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := g.WriteJSON(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again", first.Bytes())
		if err != nil {
			t.Fatalf("its own writing is refused: %v\n%s", err, &first)
		}
		if err := again.WriteJSON(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("first\n%s\nthen\n%s", &first, &second)
		}
	})
}
