package servmap

import (
	"fmt"
	"runtime"
	"testing"
)

// millionPairs is a map of a million pairs, with evidence of each.
func millionPairs() []byte {
	var keys [1000]string
	for i := range keys {
		keys[i] = fmt.Sprintf("\n    \"10.1.%d.%d\": ", i/250, i%250)
	}
	object := func(out []byte, value string) []byte {
		for i, key := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(out, key...), value...)
		}
		return append(out, "\n  }"...)
	}
	out := make([]byte, 0, 140_000_000)
	out = append(out, '{')
	for s := range keys {
		out = object(fmt.Appendf(out, "\n  \"10.0.%d.%d\": {", s/250, s%250), `[2000, "TLS"]`)
		out = append(out, ',')
	}
	out = append(out, `"@servmap": {"format": 2, "evidence": {"events": ["a 2026-01-01", "b 2026-06-01"], "uses": {`...)
	for s := range keys {
		if s > 0 {
			out = append(out, ',')
		}
		out = object(fmt.Appendf(out, "\n  \"10.0.%d.%d\": {", s/250, s%250), `{"TLS": {"counts": [[0, 1, 1000, 1000]], "ports": [443], "flags": ["answered"]}}`)
	}
	return append(out, "}}}}\n"...)
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
