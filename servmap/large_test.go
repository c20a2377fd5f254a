package servmap

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
)

// millionPairs is a map of a million pairs, with evidence of each.
func millionPairs() []byte {
	const sources, destinations = 1000, 1000
	var b, uses bytes.Buffer
	b.WriteString("{\n")
	for s := range sources {
		fmt.Fprintf(&b, "  \"10.0.%d.%d\": {\n", s/250, s%250)
		fmt.Fprintf(&uses, "  \"10.0.%d.%d\": {\n", s/250, s%250)
		for d := range destinations {
			end := ",\n"
			if d == destinations-1 {
				end = "\n"
			}
			fmt.Fprintf(&b, "    \"10.1.%d.%d\": [2000, \"TLS\"]%s", d/250, d%250, end)
			fmt.Fprintf(&uses, "    \"10.1.%d.%d\": {\"TLS\": {\"counts\": [[0, 1, 1000, 1000]], \"ports\": [443], \"flags\": [\"answered\"]}}%s", d/250, d%250, end)
		}
		b.WriteString("  },\n")
		uses.WriteString("  }")
		if s < sources-1 {
			uses.WriteString(",\n")
		}
	}
	fmt.Fprintf(&b, "  \"@servmap\": {\"format\": 2, \"evidence\": {\"events\": [\"a 2026-01-01\", \"b 2026-06-01\"], \"uses\": {\n%s}}}\n}\n", uses.Bytes())
	return b.Bytes()
}

// TestMillionPairs loads a map as large as train writes one by itself, with less than a gigabyte.
func TestMillionPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	data := millionPairs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := Parse("m", data)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if _, pairs, _ := m.Size(); pairs != DefaultMaxPairs || len(m.Evidence.Uses) != DefaultMaxPairs {
		t.Errorf("%d pairs and %d uses", pairs, len(m.Evidence.Uses))
	}
	if n := after.TotalAlloc - before.TotalAlloc + uint64(len(data)); n > 1e9 {
		t.Errorf("it took %d bytes", n)
	}
	if p := m.Prune(100); len(p.Forgotten) != DefaultMaxPairs {
		t.Errorf("%d services are forgotten", len(p.Forgotten))
	}
}

func BenchmarkParseMillionPairs(b *testing.B) {
	data := millionPairs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse("m", data); err != nil {
			b.Fatal(err)
		}
	}
}
