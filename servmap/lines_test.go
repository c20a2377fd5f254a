package servmap

import (
	"strings"
	"testing"
)

func TestKeyLines(t *testing.T) {
	k := NewKeyLines()
	a, b, c := HostNamed("10.0.0.1"), HostNamed("fd00::2"), HostNamed("10.0.0.3")
	for _, h := range []Host{a, b, c} {
		k.WantSource(h)
		k.WantPair(h, Remote)
	}
	k.WantPair(a, Attempted(b))
	first := "{\n\"@servmap\": {\"evidence\": {\"10.0.0.3\": {}}},\n\"10.0.0.1\": {\n\"remote\": [1, \"TLS\"]},\n\"10.0.0.9\": {},\n\"fd00:0::2\": {}}"
	if err := k.Read("first", []byte(first)); err != nil {
		t.Fatal(err)
	}
	if err := k.Read("second", []byte("{\"10.0.0.1\": {\"remote\": [2], \n\"attempts local\": [3]}, \"fd00::2\": {\n\"remote\": [\n1]}}")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what string
		got  MapLine
		want MapLine
	}{
		{"a source", k.Source(a), MapLine{"first", 3}},
		{"a source that is spelt otherwise", k.Source(b), MapLine{"first", 6}},
		{"a source that no map has", k.Source(c), MapLine{}},
		{"a source that is not wanted", k.Source(HostNamed("10.0.0.9")), MapLine{}},
		{"a pair", k.Pair(a, Remote), MapLine{"first", 4}},
		{"a pair of the second map", k.Pair(b, Remote), MapLine{"second", 3}},
		{"attempts", k.Pair(a, Attempted(b)), MapLine{"second", 2}},
		{"a pair that no map has", k.Pair(c, Remote), MapLine{}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s stands at %v, want %v", tt.what, tt.got, tt.want)
		}
	}
	if err := k.Read("third", []byte("{\"10.0.0.3\": []}")); err == nil || !strings.HasPrefix(err.Error(), "third:1:14: expected an object of destinations") {
		t.Errorf("a map that is none: %v", err)
	}
}
