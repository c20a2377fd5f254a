package report

import (
	"io"
	"testing"

	"servmap/servmap"
	"servmap/servmap/findings"
)

func BenchmarkFlowCSV(b *testing.B) {
	w, err := Named(FlowFormats, "csv").New(io.Discard, nil)
	if err != nil {
		b.Fatal(err)
	}
	f := someFlows()[0]
	b.ReportAllocs()
	for i := range b.N {
		if err := w.Write(FlowRow{uint64(i + 1), f}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckText judges a flow, prints its line and adds it to the report.
func BenchmarkCheckText(b *testing.B) {
	w, err := Named(CheckFormats, "text").New(io.Discard, nil)
	if err != nil {
		b.Fatal(err)
	}
	m, err := servmap.Parse("map", []byte(`{"10.42.0.130": {"10.42.0.1": [1, "DNS", "TLS", "TLS.Google"]}}`))
	if err != nil {
		b.Fatal(err)
	}
	c := servmap.NewChecker(m, servmap.NewPerimeter(servmap.Settings{}))
	f := someFlows()[0]
	var found servmap.Judgement
	var g findings.Set
	b.ReportAllocs()
	for range b.N {
		c.Check(f, &found)
		g.Add(&found)
		if err := w.Write(&found); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFlowsAreWrittenWithoutAllocation holds for the formats that a script asks
// for; tables are for people.
func TestFlowsAreWrittenWithoutAllocation(t *testing.T) {
	f := someFlows()[0]
	for _, format := range []string{"csv", "ndjson", "text"} {
		w, err := Named(FlowFormats, format).New(io.Discard, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { _ = w.Write(FlowRow{1, f}) }); n != 0 {
			t.Errorf("flows as %s: %v allocations a flow", format, n)
		}
	}
	for _, format := range []string{"csv", "ndjson", "text"} {
		w, err := Named(CheckFormats, format).New(io.Discard, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := &servmap.Judgement{N: 1, Case: servmap.Case{Flow: f, Src: servmap.HostNamed("10.0.0.1"), Dst: servmap.Remote}}
		if n := testing.AllocsPerRun(100, func() { _ = w.Write(found) }); n != 0 {
			t.Errorf("verdicts as %s: %v allocations a flow", format, n)
		}
	}
}
