package servmap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"servmap/servmap/mapjson"
)

// mutable are maps as programs and hands write them.
func mutable(t *testing.T) []string {
	list, seen := someEvidence()
	return []string{
		mapText(t, learned(t)), mapText(t, learnEvidence(list, seen)),
		`{"10.42.0.130": {"10.42.0.1": [87215, "DNS", "DNS.NetFlix"], "remote": [169616558, "TLS", "HTTP"]}, "remote": {"10.42.0.130": [1, "SSH"]}}`,
		`{"tv": {"*": [0, "TLS.*"], "10.0.1.0/24": [0, "*"], "attempts local": [3, "Unknown:tcp/23"], "multicast": [1, "MDNS"]},
	"@servmap": {"format": 1, "comment": {"of": ["the", "lab"]}, "settings": {"local_networks": ["10.0.0.0/8"], "device_ips": [], "multicast": "multicast", "idle_timeout": 120, "active_timeout": 1800, "note": "a"},
	"captures": [{"name": "a.pcap", "packets": 5, "flows": 2, "first": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z", "by": "me"}],
	"evidence": {"later": [1], "events": ["a 2026-01-01"], "hosts": {"10.0.0.1": {"macs": ["02:00:00:00:00:01"], "seen": [[0, 5]], "colour": "red"}}, "uses": {"tv": {"*": {"TLS.*": {"counts": [[0, 1, 2, 3]], "why": {"x": 1}}}}}}}}`,
		`{"10.0.0.7": {"remote": [9, "TLS", "SSH"]}, "@servmap": {"format": 2, "accepted": [{"id": "494b2f8c866b", "note": "a", "b": 1, "adds": [{"source": "10.0.0.7", "role": "host", "macs": ["02:00:00:00:00:07"]},
		{"source": "10.0.0.7", "destination": "remote", "services": ["SSH", "TLS"]}, {"source": "10.0.0.7", "destination": "remote", "services": ["TLS"], "names": ["example.com"], "owner": "Google"},
		{"source": "10.0.0.7", "asked": ["*", "10.0.0.8"]}, {"source": "02:00:00:00:00:08", "services": ["Ethernet/8892"]}, {"source": "10.0.0.7", "destination": "remote", "tunnel": "GRE"},
		{"source": "10.0.0.7", "destination": "remote", "services": ["TLS"], "bytes_out": 9}]}], "evidence": {"events": []}}}`,
	}
}

// token is a string, a number or a word of a JSON text.
type token struct {
	from, to int
	isKey    bool
}

// tokensOf finds the tokens of a JSON text.
func tokensOf(text string) (out []token) {
	for i := 0; i < len(text); i++ {
		from := i
		switch b := text[i]; {
		case b == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case strings.IndexByte("-0123456789tfn", b) >= 0:
			for i+1 < len(text) && strings.IndexByte(" \t\r\n,:[]{}", text[i+1]) < 0 {
				i++
			}
		default:
			continue
		}
		out = append(out, token{from, i + 1, strings.HasPrefix(strings.TrimLeft(text[i+1:], " \n"), ":")})
	}
	return out
}

// Values of other types, and out of range; keys that hands write.
var (
	otherValues = []string{"null", "true", "{}", "[]", `""`, `"x"`, "-1", "0", "1.5", "1e400", "18446744073709551616", "99999999999", "007", `{"a": [1]}`, `[[0, 1, 2, 3]]`, `"\u001b[2J"`, "-", "nul", "NaN"}
	otherKeys   = []string{"tvset", "8.8.8.8", "10.0.0.300", "10.0.0.0/33", "Remote", "dhcp", "", "*", "10.0.0.5", "0:0::1", "@servmap", "events", "uses", "counts", "format", "fe80::1%eth0", "\\u0000", "x/y", "remote", "name"}
)

// mutated edits a map as a clumsy hand does.
func mutated(r *rand.Rand, text string) string {
	tokens := tokensOf(text)
	at := tokens[r.IntN(len(tokens))]
	n := r.IntN(len(text))
	switch r.IntN(9) {
	case 0: // bytes are gone
		return text[:n] + text[min(len(text), n+1+r.IntN(4)):]
	case 1: // a byte is there
		return text[:n] + []string{" ", "\"", "{", "}", "[", "]", ":", ",", "0", "-", "x", "\\", "\n", "\x00", "\xff", "é"}[r.IntN(16)] + text[n:]
	case 2: // two are swapped
		b := []byte(text)
		m := min(n+1, len(b)-1)
		b[n], b[m] = b[m], b[n]
		return string(b)
	case 3: // the rest is gone
		return text[:n]
	case 4, 5: // a key has another name
		for !at.isKey {
			at = tokens[r.IntN(len(tokens))]
		}
		return text[:at.from] + `"` + otherKeys[r.IntN(len(otherKeys))] + `"` + text[at.to:]
	case 6, 7: // a value is another one
		for at.isKey {
			at = tokens[r.IntN(len(tokens))]
		}
		return text[:at.from] + otherValues[r.IntN(len(otherValues))] + text[at.to:]
	}
	// a token is there again, elsewhere
	to := tokens[r.IntN(len(tokens))]
	return text[:to.from] + text[at.from:at.to] + text[to.to:]
}

// TestMutatedMaps edits maps by chance, 10,000 times: each is refused with a place, or loads with a warning
// for what can never match, and nothing that stands in it is lost.
func TestMutatedMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	all := mutable(t)
	loaded, refused, warned := 0, 0, 0
	for i := range 10_000 {
		text := all[i%len(all)]
		for range 1 + r.IntN(2) {
			if json.Valid([]byte(text)) { // else it has no tokens
				text = mutated(r, text)
			}
		}
		m, err := Parse("m.json", []byte(text))
		if err != nil {
			refused++
			checkRefusal(t, text, err)
			continue
		}
		loaded++
		if checkWarnings(t, text, m) {
			warned++
		}
		checkNothingIsLost(t, text, m)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d loaded, %d of them with warnings, %d refused", loaded, warned, refused)
	if loaded < 1000 || warned < 100 || refused < 1000 {
		t.Errorf("%d loaded, %d of them with warnings, %d refused: the mutations are of one kind", loaded, warned, refused)
	}
}

// checkRefusal wants an error of one line that says where.
func checkRefusal(t *testing.T, text string, err error) {
	t.Helper()
	var where *mapjson.SyntaxError
	if !errors.As(err, &where) {
		t.Fatalf("%T: %v for\n%s", err, err, text)
	}
	lines := strings.Split(text, "\n")
	if where.Line < 1 || where.Line > len(lines) || where.Column < 1 || where.Column > len(lines[where.Line-1])+1 || strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' }) {
		t.Errorf("%q for\n%s", err, text)
	}
}

// upper returns what the upper part of a map says, by source and destination.
func upper(t *testing.T, text string) map[string]map[string][]any {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	delete(raw, metaKey)
	out := map[string]map[string][]any{}
	for src, value := range raw {
		var pairs map[string][]any
		d := json.NewDecoder(bytes.NewReader(value))
		d.UseNumber()
		if err := d.Decode(&pairs); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		named := map[string][]any{}
		for dst, list := range pairs {
			named[HostNamed(dst).String()] = list[:1:1]
			for _, service := range list[1:] {
				if n := HostNamed(dst).String(); !slices.Contains(named[n], service) {
					named[n] = append(named[n], service)
				}
			}
		}
		out[HostNamed(src).String()] = named
	}
	return out
}

// checkWarnings wants a warning for each key that is plainly no host, and reports whether there was any.
func checkWarnings(t *testing.T, text string, m *Map) bool {
	t.Helper()
	s := Settings{}
	if m.Meta != nil {
		s = m.Meta.Settings
	}
	got := lintOf(t, text, m, s)
	expect := func(key string) {
		a, err := netip.ParseAddr(key)
		_, bad := netip.ParsePrefix(key)
		isWord := slices.Contains([]string{"remote", "multicast", "broadcast", "attempts local", "attempts remote", "*"}, key)
		outside := err == nil && a.String() == "8.8.8.8" && len(s.DeviceIPs) == 0 && !slices.ContainsFunc(s.LocalNetworks, func(p netip.Prefix) bool { return p.Contains(a) })
		if (err != nil && bad != nil && !isWord || outside) && !strings.Contains(got, mapjson.Quote(key)+" matches no flow") {
			t.Errorf("no warning of %q in\n%s\nof\n%s", key, got, text)
		}
	}
	for src, pairs := range upper(t, text) {
		expect(src)
		for dst := range pairs {
			expect(dst)
		}
	}
	return got != ""
}

// lintOf returns the warnings of a map.
func lintOf(t *testing.T, text string, m *Map, s Settings) string {
	t.Helper()
	var found []string
	l := NewLinter(s, nil, []string{"TLS", "DNS", "HTTP"}, func(string, []string) string { return "" })
	if err := l.Lint("m.json", []byte(text), m, func(w Warning) { found = append(found, w.String()) }); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(found) > 0 && !l.Suspects(m) {
		t.Errorf("Suspects finds nothing, and Lint %s", found)
	}
	return strings.Join(found, "\n")
}

// checkNothingIsLost writes the map again, and wants all that stood in it: hosts, bytes, services, and all
// keys under the reserved one but the evidence of what is not permitted.
func checkNothingIsLost(t *testing.T, text string, m *Map) {
	t.Helper()
	again := mapText(t, m)
	if before, after := upper(t, text), upper(t, again); !reflect.DeepEqual(before, after) {
		t.Errorf("%v became %v by\n%s", before, after, text)
	}
	before, after := metaValues(t, text), metaValues(t, again)
	for path, v := range before {
		if w, ok := after[path]; !ok || !reflect.DeepEqual(v, w) {
			t.Errorf("%s was %v and is %v, of\n%s\nwhich became\n%s", path, v, w, text, again)
		}
	}
	if m, err := Parse("again.json", []byte(again)); err != nil || mapText(t, m) != again {
		t.Errorf("%v for its own writing\n%s", err, again)
	}
}

// metaValues returns the keys under the reserved one that the program does not know, and those of its
// settings and captures, with their values.
func metaValues(t *testing.T, text string) map[string]any {
	t.Helper()
	var file map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	meta, _ := file[metaKey].(map[string]any)
	out := map[string]any{}
	add := func(path string, v any, known ...string) {
		object, _ := v.(map[string]any)
		for key, value := range object {
			if !slices.Contains(known, key) {
				out[path+"/"+key] = value
			}
		}
	}
	add("", meta, "format", "settings", "captures", "accepted", "evidence", "vocabulary")
	if v, ok := meta["vocabulary"]; ok && v != nil && v != "" {
		out["/vocabulary"] = v
	}
	add("/settings", meta["settings"], "local_networks", "device_ips", "multicast", "idle_timeout", "active_timeout", "ignore_vlan", "unknown", "identity", "non_ip")
	captures, _ := meta["captures"].([]any)
	for i, c := range captures {
		add(fmt.Sprint("/captures/", i), c, "sha256", "first", "last", "name", "packets", "flows")
	}
	evidence, _ := meta["evidence"].(map[string]any)
	add("/evidence", evidence, "events", "shared_macs", "dhcp_servers", "routers", "older_pairs", "tunnels", "talkers", "names", "hosts", "uses")
	return out
}
