package findings

import (
	"net/netip"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap"
)

// TestKept has more flows than there is room for: those of findings stay, and the others are counted.
func TestKept(t *testing.T) {
	var k Kept
	add := func(n uint64, id string) {
		f := &flows.Flow{Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("192.0.2.1"), Info: classify.Found{ServerName: strings.Repeat("é", 300)}.Info()}
		j := servmap.Judgement{Case: servmap.Case{Flow: f, Service: "TLS"}, N: n, Finding: id}
		if id != "" {
			j.Verdict = servmap.UnknownProtocol
		}
		k.Judged(&j)
	}
	const found = 3
	for n := range uint64(MostKept + 50) {
		id := ""
		if n >= MostKept+50-found {
			id = "part"
		}
		add(n+1, id)
	}
	k.Finish(map[string]string{"part": "whole"})
	if len(k.Flows) != MostKept || k.Left != 50 {
		t.Errorf("%d flows are kept and %d are not, want %d and 50", len(k.Flows), k.Left, MostKept)
	}
	of := 0
	for i, f := range k.Flows {
		if i > 0 && f.N <= k.Flows[i-1].N {
			t.Fatalf("flow %d comes after %d", f.N, k.Flows[i-1].N)
		}
		if f.Finding == "whole" {
			of++
		}
		if len(f.Name) > mostName || !strings.HasPrefix(f.Name, "éé") || strings.Trim(f.Name, "é") != "" {
			t.Fatalf("the name %q", f.Name)
		}
	}
	if of != found {
		t.Errorf("%d flows of findings are kept, want %d", of, found)
	}
}

// TestKeptAttempt wants a learned attempt where the map has it.
func TestKeptAttempt(t *testing.T) {
	var k Kept
	k.Learned(1, &servmap.Case{Flow: &flows.Flow{}, Src: servmap.Multicast, Dst: servmap.Remote, Attempt: true})
	k.Finish(nil)
	if len(k.Flows) != 1 || k.Flows[0].Dst != servmap.AttemptsRemote {
		t.Errorf("%+v", k.Flows)
	}
}
