package servmap

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"servmap/servmap/identity"
)

// lintWith lints a map with a few labels.
func lintWith(t *testing.T, text string, s Settings, n *Names) string {
	t.Helper()
	m, err := ParseNamed("m", []byte(text), n)
	if err != nil {
		t.Fatal(err)
	}
	if m.Meta != nil && len(m.Meta.Settings.LocalNetworks) > 0 {
		s = m.Meta.Settings
	}
	l := NewLinter(s, n, []string{"TLS", "DHCP", "DNS", "SSH", "MDNS", "ICMP", "HTTP", "ICMPV6", "NetFlix", "Amazon", "Lab.Printer"}, func(word string, known []string) string {
		return fmt.Sprintf(" [one of %d]", len(known))
	})
	var found []string
	if err := l.Lint("m", []byte(text), m, func(w Warning) { found = append(found, w.String()) }); err != nil {
		t.Fatal(err)
	}
	if suspects := l.Suspects(m); len(found) > 0 && !suspects {
		t.Errorf("Suspects finds nothing, and Lint %s", found)
	}
	return strings.Join(found, "\n")
}

// TestLintKeys tells what can be a key of a map, as a source and as a destination.
func TestLintKeys(t *testing.T) {
	names := NewNames([]Name{
		{Name: "tv", Addrs: []netip.Addr{ipOf(130)}}, {Name: "out", Addrs: []netip.Addr{netip.MustParseAddr("8.8.8.8")}},
		{Name: "both", Addrs: []netip.Addr{netip.MustParseAddr("8.8.8.8"), ipOf(1)}}, {Name: "phone", MACs: []identity.MAC{tvMAC}},
		{Name: "net", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.9.0/24")}}, {Name: "far", Networks: []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24")}},
	})
	const (
		outside = `it is outside the local networks, and what is outside is "remote"`
		nobody  = "it is neither an address nor a network, nor a name under hosts: in the configuration"
	)
	plain := Settings{DeviceIPs: []netip.Addr{netip.MustParseAddr("203.0.113.5")}}
	original := Settings{MulticastRemote: true, IgnoreUnknown: true}
	for _, tt := range []struct {
		key, source, destination string
		s                        Settings
	}{
		{"10.0.0.1", "", "", plain}, {"fe80::1", "", "", plain}, {"127.0.0.1", "", "", plain}, {"0.0.0.0", "", "", plain}, {"::", "", "", plain}, {"203.0.113.5", "", "", plain},
		{"10.0.0.255", "", "", plain}, {"remote", "", "", plain}, {"*", "", "", plain}, {"multicast", "", "", plain}, {"broadcast", "", "", plain},
		{"8.8.8.8", outside, outside, plain}, {"2001:db8::1", outside, outside, plain}, {"203.0.113.5", outside, outside, original},
		{"224.0.0.251", `it is an address of a group, which is "multicast"`, `it is an address of a group, which is "multicast"`, plain},
		{"255.255.255.255", `it is an address of a group, which is "broadcast"`, `it is an address of a group, which is "broadcast"`, plain},
		{"224.0.0.251", outside, outside, original},
		{"::ffff:10.0.0.1", "it is an address of IPv4: write 10.0.0.1", "it is an address of IPv4: write 10.0.0.1", plain},
		{"multicast", `by the setting multicast it is "remote"`, `by the setting multicast it is "remote"`, original},
		{"attempts local", "it is a destination, of what a source tried", "", plain}, {"attempts remote", "it is a destination, of what a source tried", "", plain},
		{"attempts local", "it is a destination, of what a source tried", "by the setting unknown, attempts are flows like others", original},
		{"10.0.1.0/24", "", "", plain}, {"10.0.0.1/32", "", "", plain}, {"0.0.0.0/0", "", "", plain}, {"::/0", "", "", plain}, {"127.0.0.0/8", "", "", plain}, {"::1/128", "", "", plain}, {"203.0.113.0/24", "", "", plain}, {"fd00::/64", "", "", plain},
		{"203.0.113.0/24", outside, outside, original}, {"224.0.0.0/4", outside, outside, plain},
		{"10.0.1.7/24", "it is an address in a network: write 10.0.1.0/24", "it is an address in a network: write 10.0.1.0/24", plain},
		{"10.0.1.0/33", "it is no network such as 10.0.0.0/24", "it is no network such as 10.0.0.0/24", plain}, {"a/b", "it is no network such as 10.0.0.0/24", "it is no network such as 10.0.0.0/24", plain},
		{"tv", "", "", plain}, {"both", "", "", plain}, {"phone", "", "", plain}, {"net", "", "", plain},
		{"out", "it is 8.8.8.8: " + outside, "it is 8.8.8.8: " + outside, plain}, {"far", "it is 8.8.8.0/24: " + outside, "it is 8.8.8.0/24: " + outside, plain},
		{"TV", nobody + " (did you mean tv?)", nobody + " (did you mean tv?)", plain}, {"reomte", nobody + " (did you mean remote?)", nobody + " (did you mean remote?)", plain},
		{"printer", nobody + " [one of 11]", nobody + " [one of 11]", plain}, {"", nobody + " [one of 11]", nobody + " [one of 11]", plain}, {"10.0.0.01", nobody + " [one of 11]", nobody + " [one of 11]", plain},
		{"02:00:00:00:00:01", "hosts have hardware addresses by a name under hosts: in the configuration", "hosts have hardware addresses by a name under hosts: in the configuration", plain},
		{"fe80::1%eth0", "an address has no zone in a map: write fe80::1", "an address has no zone in a map: write fe80::1", plain},
		{"10.0.0.1:80", "a host has no port in a map: write 10.0.0.1", "a host has no port in a map: write 10.0.0.1", plain},
	} {
		for side, want := range []string{tt.source, tt.destination} {
			text, column := `{"`+tt.key+`": {}}`, 2
			if side == 1 {
				text, column = `{"10.0.0.9": {"`+tt.key+`": [1, "TLS"]}}`, 15
			}
			if want != "" {
				want = fmt.Sprintf("m:1:%d: %q matches no flow: %s", column, tt.key, want)
			}
			if got := lintWith(t, text, tt.s, names); got != want {
				t.Errorf("%s, side %d:\n%s\nwant\n%s", tt.key, side, got, want)
			}
		}
	}
}

// TestLintServices tells what can be a service in a map.
func TestLintServices(t *testing.T) {
	for _, tt := range []struct {
		service, want string
		s             Settings
	}{
		{"TLS", "", Settings{}}, {"TLS.NetFlix", "", Settings{}}, {"TLS.DHCP", "", Settings{}}, {"NetFlix", "", Settings{}}, {"*", "", Settings{}}, {"TLS.*", "", Settings{}},
		{"Lab.Printer", "", Settings{}}, {"TLS.Lab.Printer", "", Settings{}}, {"Lab.Printer.*", "", Settings{}},
		{"Unknown:tcp/443", "", Settings{}}, {"Unknown:udp/*", "", Settings{}}, {"Unknown:sctp/0", "", Settings{}}, {"Unknown:ip/255", "", Settings{}}, {"Unknown", "", Settings{IgnoreUnknown: true}},
		{"dhcp", `there is no protocol "dhcp" (did you mean DHCP?)`, Settings{}}, {"TSL", `there is no protocol "TSL" (did you mean TLS?)`, Settings{}},
		{"TLS.netflix", `there is no application "netflix" (did you mean NetFlix?)`, Settings{}}, {"TLS.", `there is no protocol "TLS" (did you mean TLS?)`, Settings{}},
		{"8.8.8.8", `there is no protocol "8" [one of 11]`, Settings{}}, {"X.*", `there is no protocol "X" [one of 11]`, Settings{}}, {"Unknown.*", `there is no protocol "Unknown" [one of 11]`, Settings{}},
		{"TLS.NetFlix.Amazon", `there is no application "NetFlix.Amazon" [one of 11]`, Settings{}}, {"TLS*", `there is no protocol "TLS*" [one of 11]`, Settings{}}, {".*", `there is no protocol "" [one of 11]`, Settings{}},
		{"Unknown", `what is not recognised is known by its port, as in "Unknown:tcp/443"`, Settings{}},
		{"Unknown:tcp/443", "by the setting unknown, what is not recognised is no service", Settings{IgnoreUnknown: true}},
		{"Unknown:tpc/1", `there is no transport "tpc": expected tcp, udp, sctp or ip`, Settings{}}, {"Unknown:", `there is no transport "": expected tcp, udp, sctp or ip`, Settings{}},
		{"Unknown:tcp/*", `"*" is no number from 0 to 65535`, Settings{}}, {"Unknown:tcp/65536", `"65536" is no number from 0 to 65535`, Settings{}}, {"Unknown:tcp/080", `"080" is no number from 0 to 65535`, Settings{}},
		{"Unknown:tcp", `"" is no number from 0 to 65535`, Settings{}}, {"Unknown:ip/256", `"256" is no number from 0 to 255`, Settings{}}, {"Unknown:tcp/-1", `"-1" is no number from 0 to 65535`, Settings{}},
		{"Tls\x1b[2J", `there is no protocol "Tls\x1b[2J" [one of 11]`, Settings{}},
	} {
		want := tt.want
		if want != "" {
			want = fmt.Sprintf("m:2:11: %q matches no flow: %s", tt.service, want)
		}
		got := lintWith(t, "{\"*\": {\"remote\":\n[1, \"SSH\",\""+strings.ReplaceAll(tt.service, "\x1b", `\u001b`)+"\"]}}", tt.s, nil)
		if got != want {
			t.Errorf("%q:\n%s\nwant\n%s", tt.service, got, want)
		}
	}
}

// TestLintPlaces warns of each, in the order of the file.
func TestLintPlaces(t *testing.T) {
	got := lintWith(t, "\xef\xbb\xbf{\n  \"@servmap\": {\"comment\": \"}\\\"\", \"x\": [{\"8.8.8.8\": -1.5e3}, true], \"format\": 2, \"evidence\": {\"events\": [\"a 2026-01-01\"], \"uses\": {\"tv\": {\"remote\": {\"Odd\": {\"counts\": [[0,1,2,3]]}}}, \"10.0.0.1\": {\"remote\": {\"Odd\": {\"counts\": [[0,1,2,3]]}, \"Hand\": {}}}}}},\n"+
		"  \"10.0.0.1\": {\"remote\": [0, \"TLS\",\n    \"SSH\", \"TLS\", \"Odd\", \"Hand\", \"TLS\"],\n    \"1.1.1.1\": [1]},\n\t\"1.1.1.1\":{}}", Settings{}, nil)
	want := `m:4:12: "TLS" stands in the list already
m:4:26: "Hand" matches no flow: there is no protocol "Hand" [one of 11]
m:4:34: "TLS" stands in the list already
m:5:5: "1.1.1.1" matches no flow: it is outside the local networks, and what is outside is "remote"
m:6:2: "1.1.1.1" matches no flow: it is outside the local networks, and what is outside is "remote"`
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestLintOfWhatWasLearned finds nothing in a map that nobody edited.
func TestLintOfWhatWasLearned(t *testing.T) {
	list, seen := someEvidence()
	for _, m := range []*Map{learned(t), learnEvidence(list, seen)} {
		m.Speak("x")
		if got := lintWith(t, mapText(t, m), Settings{}, nil); got != "" {
			t.Error(got)
		}
	}
}

// TestSuspectsSeeRepeats also where keys are names.
func TestSuspectsSeeRepeats(t *testing.T) {
	n := NewNames([]Name{{Name: "tv", Addrs: []netip.Addr{ipOf(130)}}})
	if got, want := lintWith(t, `{"tv": {"remote": [1, "TLS", "TLS"]}}`, Settings{}, n), `m:1:30: "TLS" stands in the list already`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSuggestionsAreBounded warns of each of many words, and looks for the nearest of few and short ones.
func TestSuggestionsAreBounded(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"10.0.0.1": {"%s": [1], "remote": [1`, strings.Repeat("y", longestWord+1))
	for i := range 5000 {
		fmt.Fprintf(&b, `, "x%d"`, i)
	}
	b.WriteString("]}}")
	m := parsed(t, b.String())
	asked, longest, warned := 0, 0, 0
	l := NewLinter(Settings{}, nil, []string{"TLS"}, func(word string, _ []string) string {
		asked++
		longest = max(longest, len(word))
		return ""
	})
	for range 2 {
		if err := l.Lint("m", []byte(b.String()), m, func(Warning) { warned++ }); err != nil {
			t.Fatal(err)
		}
	}
	if warned != 2*5001 || asked != 2*mostSuggestions-1 || longest > longestWord {
		t.Errorf("%d warnings, %d looks for the nearest, of up to %d bytes", warned, asked, longest)
	}
}
