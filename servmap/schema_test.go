package servmap

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestSchemaNamesEveryKey compares the keys that the program writes with those of docs/map.schema.json.
func TestSchemaNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "map.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	at := func(path string) []string {
		v := schema
		for _, key := range strings.Split(path, "/") {
			v = v.(map[string]any)[key]
		}
		var keys []string
		for k := range v.(map[string]any) {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		return keys
	}
	fields := func(v any, more ...string) []string {
		keys := more
		for f := range reflect.TypeOf(v).Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				keys = append(keys, name)
			}
		}
		slices.Sort(keys)
		return keys
	}
	evidence := newEvidence(&Pairs{})
	evidence.pairs.Add(HostNamed("10.0.0.1"), Remote, 1, "TLS")
	n, _ := evidence.pairs.find(HostNamed("10.0.0.1"), Remote, "TLS")
	u := evidence.needUse(n, HostNamed("10.0.0.1"), Remote, "TLS")
	evidence.event(Event{"a", 1})
	u.Counts, u.Ports, u.More = []Count{{0, 1, 2, 3}}, []uint16{443}, true
	u.addPeer("example.com", 0)
	evidence.Older = true
	*evidence.host(ipOf(1)) = HostRecord{MACs: evidence.Shared, Name: "a", Claimed: true, Asked: evidence.DHCP}
	evidence.host(ipOf(1)).Asked = insertAddr(nil, ipOf(2))
	out, err := evidence.write(io.Discard, nil, evidence.pairs)
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := json.Unmarshal(out, &written); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	keysOf := func(path ...string) []string {
		v := any(written)
		for _, key := range path {
			v = v.(map[string]any)[key]
		}
		var keys []string
		for k := range v.(map[string]any) {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		return keys
	}
	for _, test := range []struct {
		what      string
		got, want []string
	}{
		{"the reserved key", at("properties/@servmap/properties"), fields(metaFile{}, "evidence")},
		{"settings", at("properties/@servmap/properties/settings/properties"), fields(settingsFile{})},
		{"captures", at("properties/@servmap/properties/captures/items/properties"), fields(Capture{})},
		{"what was accepted", at("properties/@servmap/properties/accepted/items/properties"), fields(Acceptance{})},
		{"an addition", at("$defs/addition/properties"), fields(Addition{})},
		{"evidence", at("$defs/evidence/properties"), keysOf()},
		{"a host", at("$defs/evidence/properties/hosts/additionalProperties/properties"), keysOf("hosts", ipOf(1).String())},
		{"a use", at("$defs/evidence/properties/uses/additionalProperties/additionalProperties/additionalProperties/properties"), keysOf("uses", "10.0.0.1", "remote", "TLS")},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("the schema has of %s %v, the program writes %v", test.what, test.got, test.want)
		}
	}
}
