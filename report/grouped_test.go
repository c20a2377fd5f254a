package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReportRoundTrip(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := Parse("report.json", first)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := g.WriteJSON(&again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), first) {
		t.Errorf("read and written again:\n%s\nwant\n%s", &again, first)
	}
	for _, format := range GroupedFormats {
		var got, want bytes.Buffer
		if err := errors.Join(format.writeOnce(&got, nil, g), format.writeOnce(&want, nil, grouped(t))); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("read and written as %s:\n%s\nwant\n%s", format.Name, &got, &want)
		}
	}
}

func TestGroupedKeepsTheOrderFirstSeen(t *testing.T) {
	text := `{"tot_flows": 4, "tot_anom": 0, "NONE": {"10.0.0.9": {"tot_bytes": 6, "remote": [1, "B", "A"], "10.0.0.1": [5, "C"]}, "10.0.0.2": {"tot_bytes": 0}}}`
	g, err := Parse("r", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := Print(GroupedFormats, "text", &got, nil, g); err != nil {
		t.Fatal(err)
	}
	want := "+++++++ NONE anomaly flows +++++++\n" +
		"+ 10.0.0.9        exchange         6 bytes with: \n" +
		"\t - remote         ,         1 bytes (16.67%) using ['B', 'A']\n" +
		"\t - 10.0.0.1       ,         5 bytes (83.33%) using ['C']\n" +
		"+ 10.0.0.2        exchange         0 bytes with: \n\n"
	if !strings.HasPrefix(got.String(), want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", &got, want)
	}
}

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
	seed, err := os.ReadFile(filepath.Join("testdata", "report.json"))
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
