package findings

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"servmap/flows"
	"servmap/servmap"
)

// reread returns the map as its file has it.
func reread(t *testing.T, m *servmap.Map) *servmap.Map {
	t.Helper()
	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	again, err := servmap.Parse("map", out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	var twice bytes.Buffer
	if err := again.Write(&twice); err != nil || !bytes.Equal(out.Bytes(), twice.Bytes()) {
		t.Fatalf("%v: read and written again, the map is\n%s\nnot\n%s", err, twice.Bytes(), out.Bytes())
	}
	return again
}

// told is what must stay of findings when others are accepted.
func told(list []*Finding, but map[string]bool) string {
	var out []string
	for _, f := range list {
		if !but[f.ID] {
			out = append(out, fmt.Sprintf("%s %s %s %s", f.ID, f.Level, f.Kind, f.Title))
		}
	}
	return strings.Join(out, "\n")
}

// acceptance is a finding that is accepted as it is.
func acceptance(f *Finding) servmap.Acceptance {
	return servmap.Acceptance{ID: f.ID, Title: f.Title, Adds: f.Accept}
}

// TestAcceptEachKind accepts each finding of each kind: the same check does not find it again.
func TestAcceptEachKind(t *testing.T) {
	accepted := map[string]bool{}
	for _, tt := range kindCases() {
		for i := range tt.want {
			m := train(office())
			found := check(m, false, tt.list, tt.seen)
			f := found[i]
			if len(f.Accept) == 0 {
				t.Errorf("%s: accepting %s adds nothing", tt.name, f.Title)
				continue
			}
			if len(m.Accept(acceptance(f))) == 0 {
				t.Errorf("%s: accepting %s changes nothing", tt.name, f.Title)
			}
			m = reread(t, m)
			if again := m.Accept(acceptance(f)); len(again) > 0 {
				t.Errorf("%s: accepted twice, %s adds %v", tt.name, f.Title, again)
			}
			but := map[string]bool{f.ID: true}
			if got, want := told(check(m, false, tt.list, tt.seen), nil), told(found, but); got != want {
				t.Errorf("%s: with %s accepted (%+v), the check finds\n%s\nwant\n%s", tt.name, f.Title, f.Accept, got, want)
			}
			accepted[f.Kind] = true
		}
	}
	for k := Kind(0); k < kinds; k++ {
		if !accepted[k.String()] && k != Denied && k != Missing {
			t.Errorf("no case has a finding of kind %s", k)
		}
	}
}

// TestAcceptSome has all at once, and accepts some of it: the rest is found as before.
func TestAcceptSome(t *testing.T) {
	var list []*flows.Flow
	var seen []flows.Sighting
	for _, tt := range kindCases() {
		list, seen = append(list, tt.list...), append(seen, tt.seen...)
	}
	for n := range list { // as of one capture: a number each
		f := *list[n]
		list[n] = &f
	}
	found := check(train(office()), false, list, seen)
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		m := train(office())
		but := map[string]bool{}
		for _, i := range random.Perm(len(found))[:1+random.IntN(len(found))] {
			m.Accept(acceptance(found[i]))
			but[found[i].ID] = true
		}
		if got, want := told(check(reread(t, m), false, list, seen), nil), told(found, but); got != want {
			t.Fatalf("with %v accepted, the check finds\n%s\nwant\n%s", but, got, want)
		}
	}
}

// TestAcceptMoreThanFits accepts a scan of more ports than a finding tells apart.
func TestAcceptMoreThanFits(t *testing.T) {
	m := train(office())
	list := repeated(3*mostActs, func(i int) *flows.Flow {
		return made("10.0.0.11", "10.0.0.3", "Unknown", ports(6, 40000, uint16(1000+i)), unanswered)
	})
	found := check(m, false, list, nil)
	if len(found) != 1 || slices.Contains(found[0].More, "accept") {
		t.Fatalf("the scan is %+v", found)
	}
	m.Accept(acceptance(found[0]))
	if got := shown(check(reread(t, m), false, list, nil)); got != "" {
		t.Errorf("with it accepted, the check finds %s", got)
	}
	other := []*flows.Flow{made("10.0.0.11", "10.0.0.3", "RDP"), made("10.0.0.12", "10.0.0.3", "Unknown", ports(6, 40000, 1000), unanswered)}
	if got, want := shown(check(m, false, other, nil)), "high new-protocol: tv (10.0.0.11) uses RDP with 10.0.0.3\nlow attempt: 10.0.0.12 tries 10.0.0.3 and gets no answer"; got != want {
		t.Errorf("of others, it finds\n%s\nwant\n%s", got, want)
	}
}

// TestAcceptAnswersForItself accepts a service: attempts at it, and the middle of what runs the other way, are
// told as before.
func TestAcceptAnswersForItself(t *testing.T) {
	m := train(office())
	middle := func(f *flows.Flow) { f.Certain = false }
	list := []*flows.Flow{made("10.0.0.11", "192.0.2.5", "RDP"), made("10.0.0.11", "192.0.2.6", "RDP", unanswered), made("192.0.2.5", "10.0.0.11", "RDP", middle)}
	found := check(m, false, list, nil)
	i := slices.IndexFunc(found, func(f *Finding) bool { return f.Kind == "new-protocol" && f.Source.Host == "10.0.0.11" })
	if len(found) != 3 || i < 0 {
		t.Fatalf("found\n%s", told(found, nil))
	}
	m.Accept(acceptance(found[i]))
	if got, want := told(check(reread(t, m), false, list, nil), nil), told(found, map[string]bool{found[i].ID: true}); got != want {
		t.Errorf("with %s accepted, the check finds\n%s\nwant\n%s", found[i].Title, got, want)
	}
}

// TestAcceptedIsNoEvidence has what was accepted or written by hand make nothing routine.
func TestAcceptedIsNoEvidence(t *testing.T) {
	bittorrent := []*flows.Flow{made("10.0.0.11", "192.0.2.5", "BitTorrent")}
	byHand := train(office())
	byHand.Pairs().Add(servmap.AddrHost(host(11)), servmap.Remote, 0, "BitTorrent")
	accepted := train(office())
	accepted.Accept(acceptance(check(accepted, false, bittorrent, nil)[0]))
	other := []*flows.Flow{made("10.0.0.12", "192.0.2.5", "BitTorrent")}
	for name, m := range map[string]*servmap.Map{"by hand": byHand, "accepted": accepted} {
		m = reread(t, m)
		if got := shown(check(m, false, bittorrent, nil)); got != "" {
			t.Errorf("%s: it is found: %s", name, got)
		}
		if got, want := shown(check(m, false, other, nil)), "high new-protocol: 10.0.0.12 uses BitTorrent with 192.0.2.5"; got != want {
			t.Errorf("%s: another host's is %s, want %s", name, got, want)
		}
	}
}

// TestAcceptedHost has a host that was accepted go on as its neighbours do, and otherwise.
func TestAcceptedHost(t *testing.T) {
	m := train(office())
	list := []*flows.Flow{made("10.0.0.99", "10.0.0.1", "DNS", ports(17, 1, 53)), made("10.0.0.99", "192.0.2.5", "TLS")}
	m.Accept(acceptance(check(m, false, list, nil)[0]))
	m = reread(t, m)
	for _, tt := range []struct {
		flow *flows.Flow
		want string
	}{
		{made("10.0.0.99", "192.0.2.5", "TLS"), ""},
		{made("10.0.0.99", "192.0.2.5", "TLS.Google"), "low new-client: 10.0.0.99 uses TLS.Google with Google outside"},
		{made("10.0.0.99", "192.0.2.5", "SSH"), "high new-protocol: 10.0.0.99 uses SSH with 192.0.2.5"},
		{made("10.0.0.199", "192.0.2.5", "TLS", from(99)), ""}, // as at its old address
		{made("10.0.0.199", "192.0.2.5", "TLS", from(98)), "medium new-host: 10.0.0.199 is a new host and uses TLS"},
	} {
		if got := shown(check(m, false, []*flows.Flow{tt.flow}, nil)); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.flow.Src, tt.flow.Application, got, tt.want)
		}
	}
}

// TestAcceptMoved accepts that a host has another address, and that a host announced itself there: it stays the
// host that it is.
func TestAcceptMoved(t *testing.T) {
	m := train(office())
	list := []*flows.Flow{
		made("10.0.0.111", "10.0.0.254", "DHCP", ports(17, 68, 67), from(11), unanswered), made("10.0.0.111", "192.0.2.1", "TLS", from(11), named("www.example.com"), ownedBy("Amazon")),
	}
	list[0].HasMAC = false // nothing says who it is
	found := check(m, false, list, nil)
	for _, f := range found {
		m.Accept(acceptance(f))
	}
	m = reread(t, m)
	if got := shown(check(m, false, list, nil)); len(found) != 2 || got != "" {
		t.Errorf("of %s, it finds %s", told(found, nil), got)
	}
}

// TestRevoke takes back what was accepted, by hand.
func TestRevoke(t *testing.T) {
	m := train(office())
	list := []*flows.Flow{made("10.0.0.11", "192.0.2.5", "BitTorrent")}
	f := check(m, false, list, nil)[0]
	m.Accept(acceptance(f))
	m.Without(func(_, _ servmap.Host, service string) bool { return service == "BitTorrent" })
	again := reread(t, reread(t, m))
	if got := shown(check(again, false, list, nil)); got != shown([]*Finding{f}) || len(again.Meta.Accepted) > 0 {
		t.Errorf("with the service deleted, the check finds %q, and the map has %+v as accepted", got, again.Meta.Accepted)
	}
}

// TestDenied has a rule of the user's own win over the map and over what is allowed.
func TestDenied(t *testing.T) {
	m := train(office())
	tls := made("10.0.0.11", "192.0.2.1", "TLS", named("www.example.com"), ownedBy("Amazon"))
	news := made("10.0.0.11", "192.0.2.5", "TLS", named("news.example.org"))
	clauses := servmap.Clauses{
		Allow: []*servmap.Clause{{Name: "allow 1", Service: "TLS"}, {Name: "allow 2", Service: "RDP"}},
		Deny:  []*servmap.Clause{{Name: "deny 1", To: servmap.Place{{Domain: "example.com"}}, Note: "not at work"}},
	}
	c := servmap.NewChecker(m, servmap.NewPerimeter(m.Meta.Settings))
	c.Clauses = clauses
	collector := NewCollector(c, false)
	for _, f := range []*flows.Flow{tls, news, made("10.0.0.11", "10.0.0.3", "RDP")} {
		var j servmap.Judgement
		c.Check(f, &j)
		if id, level := collector.Add(&j); (id != "") != (f == tls) || id != "" && level != Critical {
			t.Errorf("%s is of finding %q, level %s", f.Info.ServerName(), id, level)
		}
		if j.Verdict != servmap.None {
			t.Errorf("%s: %s", f.Info.ServerName(), j.Verdict)
		}
	}
	found := collector.Finish(nil)
	if got, want := shown(found), "critical denied: tv (10.0.0.11) uses TLS with example.com, which is denied"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	if found[0].Why != "deny 1 forbids it: not at work" || len(found[0].Accept) > 0 {
		t.Errorf("%+v", found[0])
	}
	// Without what allows it, what else goes the same way has the same id, and belongs to it.
	c = servmap.NewChecker(m, servmap.NewPerimeter(m.Meta.Settings))
	c.Clauses.Deny = clauses.Deny
	collector = NewCollector(c, false)
	for _, f := range []*flows.Flow{news, tls} {
		var j servmap.Judgement
		c.Check(f, &j)
		collector.Add(&j)
	}
	if found := collector.Finish(nil); len(found) != 1 || found[0].Flows != 2 {
		t.Errorf("%s", told(found, nil))
	}
}
