package flows

import (
	"context"
	"slices"
	"testing"

	"servmap/classify"
)

// TestSCTP names associations by what is in them: by the payload protocol identifier, or by the payload of
// any chunk. The number of SCTP gives its own name where neither tells.
func TestSCTP(t *testing.T) {
	inside := *speaks
	inside.Transport, inside.PPIDs = classify.SCTP, []uint32{7}
	sctp := &classify.Protocol{Name: "SCTP", Category: "Network", IPProtocols: []uint8{protoSCTP}}
	e, err := classify.NewEngine([]*classify.Protocol{&inside, sctp}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"by the identifier", []step{{1, there, "d", "???"}}, "HELLO"},
		{"by the payload", []step{{1, there, "e", "HELLO"}}, "HELLO"},
		{"by the identifier of a later chunk", []step{{1, there, "e", "???"}, {2, back, "d", "???"}}, "HELLO"},
		{"by neither", []step{{1, there, "e", "???"}}, "SCTP"},
		{"no payload", []step{{1, there, "e", ""}}, "SCTP"},
	} {
		var got []string
		_, err := Run(context.Background(), source(t, test.steps), e, defaults(), func(f *Flow) error {
			got = append(got, f.Application)
			return nil
		})
		if err != nil || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %v, %v, want %s", test.name, got, err, test.want)
		}
	}
}
