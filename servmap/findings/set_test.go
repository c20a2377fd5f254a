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
	f.Add([]byte(`{"tot_flows": 1, "@servmap": {"format": 1, "findings": [{"id": "a", "level": "low", "kind": "scan", "title": "\u001b[2J", "source": {"hosts": ["a"]},
		"ports": [1, 65535], "verdicts": {"NONE": 1}, "accept": [{"source": "a", "services": ["TLS"]}]}], "summary": {"levels": {"low": 1}}, "captures": ["a"]}}`))
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

// TestReportTwice refuses a report that says the same twice, in whatever spelling.
func TestReportTwice(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a source", `{"NONE":{"::1":{},"0::1":{}}}`, `r:1:19: expected each source once, found "0::1", which is ::1 again`},
		{"a destination", `{"NONE":{"::1":{"a":[1],"a":[2]}}}`, `r:1:25: expected each destination once, found "a" again`},
		{"the bytes of a source", `{"NONE":{"::1":{"tot_bytes":1,"tot_bytes":2}}}`, `r:1:31: expected each key once, found "tot_bytes" again`},
		{"a verdict", `{"NONE":{},"NONE":{}}`, `r:1:12: expected each key once, found "NONE" again`},
	} {
		if _, err := Parse("r", []byte(tt.text)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}
