package findings

import (
	"testing"

	"servmap/flows"
	"servmap/servmap"
)

// a returns a finding of a level that adds lines: each of the pairs has a source, a destination and a service.
func a(level Level, severity servmap.Severity, pairs ...[3]string) *Finding {
	f := &Finding{level: level, severity: severity}
	for _, p := range pairs {
		f.Accept = append(f.Accept, servmap.Addition{Source: p[0], Destination: p[1], Services: []string{p[2]}})
	}
	return f
}

func cut(f *Finding, lists ...string) *Finding {
	f.More = lists
	return f
}

// manyFindings returns findings that do not fail, as many as there may be but for one.
func manyFindings() []*Finding {
	list := make([]*Finding, mostGroups-1)
	for i := range list {
		list[i] = a(Low, 0)
	}
	return list
}

func TestHold(t *testing.T) {
	ssh, dns := [3]string{"a", "b", "SSH"}, [3]string{"a", "b", "DNS"}
	levels := func(l Level) Gate { return Gate{Level: l, Severity: servmap.Major + 1} }
	for _, tt := range []struct {
		name  string
		gate  Gate
		flows uint64
		found []*Finding
		want  string
	}{
		{"nothing", DefaultGate, 1, nil, ""},
		{"no flows", DefaultGate, 0, nil, "FAIL: no flows"},
		{"no flows, and that is allowed", Gate{Level: High, Severity: servmap.Major + 1, AllowEmpty: true}, 0, nil, ""},
		{"below the level", DefaultGate, 1, []*Finding{a(Medium, servmap.Major, ssh)}, ""},
		{"at the level", levels(Medium), 1, []*Finding{a(Medium, 0, ssh)}, "FAIL: 1 new conversation"},
		{"each line once", DefaultGate, 1, []*Finding{a(High, 0, ssh, dns), a(Critical, 0, ssh), a(Low, 0, [3]string{"x", "y", "z"})}, "FAIL: 2 new conversations"},
		{"what adds nothing", DefaultGate, 1, []*Finding{a(High, 0), a(High, 0), a(High, 0, ssh)}, "FAIL: 3 new conversations"},
		{"what a host is, besides what it does", DefaultGate, 1, []*Finding{a(High, 0, [3]string{"a", "", "Ethernet/8892"}, ssh), a(High, 0, [3]string{"b", "", "Ethernet/8892"})}, "FAIL: 2 new conversations"},
		{"a list that was cut", DefaultGate, 1, []*Finding{cut(a(High, 0, ssh), "ports", "accept")}, "FAIL: at least 1 new conversation"},
		{"another list that was cut", DefaultGate, 1, []*Finding{cut(a(High, 0, ssh), "ports"), cut(a(Low, 0, dns), "accept")}, "FAIL: 1 new conversation"},
		{"as many findings as there is room for", DefaultGate, 1, append(manyFindings(), a(High, 0, ssh)), "FAIL: at least 1 new conversation"},
		{"never", levels(Critical + 1), 1, []*Finding{a(Critical, servmap.Major, ssh)}, ""},
	} {
		s := &Set{Flows: tt.flows}
		h := s.Hold(tt.gate, tt.found)
		if got := h.String(); got != tt.want || h.Passes() != (tt.want == "") {
			t.Errorf("%s: %q, passes %v, want %q", tt.name, got, h.Passes(), tt.want)
		}
	}
}

// TestHoldBySeverity counts flows by their verdicts, whether they are in a finding or not.
func TestHoldBySeverity(t *testing.T) {
	text := `{"tot_flows": 9, "tot_anom": 3, "NONE": {"a": {"tot_bytes": 1, "b": [1, "TLS", "NTP"]}},
		"DNS/TLS APPLICATION": {"a": {"tot_bytes": 1, "b": [1, "DNS.X"], "c": [1, "TLS.X", "TLS.Y"]}}`
	for _, tt := range []struct {
		severity servmap.Severity
		more     string
		want     string
	}{
		{servmap.Major, "", ""},
		{servmap.Minor, "", "FAIL: 3 new conversations"},
		{servmap.Major, `, "UNKNOWN SOURCE IP": {"d": {"tot_bytes": 1, "b": [1, "Unknown"]}}`, "FAIL: 1 new conversation"},
		{servmap.Minor, `, "UNKNOWN SOURCE IP": {"d": {"tot_bytes": 1, "b": [1, "Unknown"]}}`, "FAIL: 4 new conversations"},
	} {
		s, err := Parse("r", []byte(text+tt.more+"}"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Hold(Gate{Level: Critical + 1, Severity: tt.severity}, nil).String(); got != tt.want {
			t.Errorf("%s and above with %q: %q, want %q", tt.severity, tt.more, got, tt.want)
		}
		s.Beyond = 1
		if got := s.Hold(Gate{Level: Critical + 1, Severity: servmap.Minor}, nil); !got.AtLeast {
			t.Errorf("flows are in no group, and %q says so not", got)
		}
	}
}

// TestSeverity has QUIC where the pair knows TLS, which is milder than its verdict.
func TestSeverity(t *testing.T) {
	m := train(office())
	list := check(m, false, []*flows.Flow{made("10.0.0.11", "192.0.2.1", "QUIC.X", ports(17, 40000, 443))}, nil)
	if len(list) != 1 || list[0].Severity() != servmap.Minor || list[0].Verdicts["PROTOCOL NEVER USED"] != 1 {
		t.Fatalf("%+v", list)
	}
	minor := Gate{Level: Critical + 1, Severity: servmap.Minor}
	major := Gate{Level: Critical + 1, Severity: servmap.Major}
	if !minor.Fails(list[0]) || major.Fails(list[0]) {
		t.Errorf("it fails from minor on: %v, from major on: %v", minor.Fails(list[0]), major.Fails(list[0]))
	}
}

// TestSeverityOfJoined has echoes that become a scan: the scan is as severe as they were.
func TestSeverityOfJoined(t *testing.T) {
	var echoes []*flows.Flow
	learned, seen := office()
	for n := range byte(12) {
		h := host(100 + n).String()
		learned = append(learned, made(h, "10.0.0.2", "HTTP", ports(6, 40000, 80), seenAt(day)), made("10.0.0.15", h, "HTTP", ports(6, 40000, 80), seenAt(day)))
		echoes = append(echoes, made("10.0.0.11", h, "ICMP", ports(1, 0, 0)))
	}
	learned = append(learned, made("10.0.0.12", "10.0.0.3", "ICMP", ports(1, 0, 0), seenAt(day)))
	list := check(train(learned, seen), false, echoes, nil)
	if len(list) != 1 || list[0].Kind != "scan" || list[0].Severity() != servmap.Major {
		for _, f := range list {
			t.Errorf("%s %s %s", f.Kind, f.Severity(), f.Title)
		}
	}
}

// TestPlaces holds the order in which a line is looked for.
func TestPlaces(t *testing.T) {
	ends := func(f *Finding, src, dst string) *Finding {
		f.Source.Hosts, f.Destination.Hosts = []string{src}, []string{dst}
		return f
	}
	f := []*Finding{
		a(High, 0, [3]string{"10.0.0.9", "remote", "X"}, [3]string{"10.0.0.1", "remote", "X"}),
		a(High, 0, [3]string{"10.0.0.1", "multicast", "X"}),
		ends(a(High, 0), "10.0.0.1", "remote"),
		ends(a(High, 0), "10.0.0.9", "10.0.0.1"),
		ends(a(High, 0), "10.0.0.9", "remote"),
	}
	text := "{\n\"10.0.0.1\": {\n\"remote\": [1]},\n\"remote\": {}}"
	p := NewPlaces(f, "m.json", "n.json")
	if err := p.Read("m.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 2, 3, 2, 1} {
		if got := p.Of(f[i]); got != (servmap.MapLine{File: "m.json", Line: want}) {
			t.Errorf("finding %d is at %v, want line %d", i, got, want)
		}
	}
	var none *Places
	if got := none.Of(f[0]); got != (servmap.MapLine{}) {
		t.Errorf("without a map it is at %v", got)
	}
	if got := NewPlaces(f).Of(f[0]); got != (servmap.MapLine{}) {
		t.Errorf("without a map it is at %v", got)
	}
}

// TestKindsHaveAMeaning wants a clause of each, without a dot.
func TestKindsHaveAMeaning(t *testing.T) {
	for k := range KindNames() {
		if m := Kind(k).Meaning(); m == "" || m[len(m)-1] == '.' {
			t.Errorf("%s means %q", Kind(k), m)
		}
	}
}
