package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"servmap/servmap/findings"
)

func TestReportRoundTrip(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := findings.Parse("report.json", first)
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
	for _, format := range FindingsFormats {
		var got, want bytes.Buffer
		if err := errors.Join(format.writeOnce(&got, nil, g), format.writeOnce(&want, nil, someFindings(t))); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("read and written as %s:\n%s\nwant\n%s", format.Name, &got, &want)
		}
	}
}

func TestReportKeepsTheOrderFirstSeen(t *testing.T) {
	text := `{"tot_flows": 4, "tot_anom": 0, "NONE": {"10.0.0.9": {"tot_bytes": 6, "remote": [1, "B", "A"], "10.0.0.1": [5, "C"]}, "10.0.0.2": {"tot_bytes": 0}}}`
	g, err := findings.Parse("r", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := Print(FindingsFormats, "text", &got, nil, g); err != nil {
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

// TestALargeReportIsWrittenInParts has a source whose destinations are more than is written at once, and as many findings.
func TestALargeReportIsWrittenInParts(t *testing.T) {
	var text strings.Builder
	text.WriteString(`{"tot_flows": 1, "tot_anom": 1, "UNKNOWN DESTINATION IP": {"10.0.0.1": {"tot_bytes": 5`)
	const destinations = 10_000
	for i := range destinations {
		fmt.Fprintf(&text, `, "172.16.%d.%d": [%d, "TLS"]`, i>>8, i&255, i)
	}
	g, err := findings.Parse("r", []byte(text.String()+"}}}"))
	if err != nil {
		t.Fatal(err)
	}
	g.Extra = findings.NewExtra(nil, 1, nil, findings.MapFile{})
	for i := range destinations {
		g.Extra.Findings = append(g.Extra.Findings, &findings.Finding{ID: fmt.Sprint(i), Level: "low", Kind: "attempt", Title: fmt.Sprintf("172.17.%d.%d", i>>8, i&255)})
	}
	for _, format := range FindingsFormats {
		var first, second bytes.Buffer
		hosts, found := destinations, 0
		if err := format.writeOnce(&first, nil, g); err != nil {
			t.Fatal(err)
		}
		switch format.Name {
		case "findings": // one is told, with the number of all
			hosts, found = 0, 1
			if want := "10000 findings, by 1 source: 0 flows, 0 B\n"; !strings.Contains(first.String(), want) {
				t.Errorf("no %q in\n%s", want, first.String())
			}
		case "findings-csv", "findings-ndjson", "ecs", "junit", "sarif":
			hosts, found = 0, destinations
		case "json":
			found = destinations
		case "html": // which is bounded; the package page tests it
			continue
		}
		h, f := strings.Count(first.String(), "172.16."), strings.Count(first.String(), "172.17.")
		if format.Name == "markdown" || format.Name == "github" { // which tell some, and count the others
			hosts, found = 0, destinations
			var rest int
			at := strings.LastIndex(first.String(), "\nand ")
			if _, err := fmt.Sscanf(first.String()[max(at, 0):], "\nand %d more findings:", &rest); err != nil || f < 20 {
				t.Errorf("%s tells of %d findings, and ends with %q, %v", format.Name, f, first.String()[max(at, 0):], err)
			}
			f += rest
		}
		if h != hosts || f != found {
			t.Errorf("%s: %d destinations and %d findings, want %d and %d", format.Name, h, f, hosts, found)
		}
		if format.Name != "json" {
			continue
		}
		again, err := findings.Parse("r", first.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.WriteJSON(&second); err != nil || first.String() != second.String() {
			t.Errorf("read and written again it is another report, %v", err)
		}
	}
}
