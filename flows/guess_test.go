package flows

import (
	"context"
	"slices"
	"testing"

	"servmap/classify"
)

// TestGuess looks at flows of a port whose protocol they may be: the port decides where payloads say
// nothing, and where something was answered.
func TestGuess(t *testing.T) {
	guessed := *speaks
	guessed.NoGuess = false
	e, err := classify.NewEngine([]*classify.Protocol{&guessed}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"a SYN that nobody answers", []step{{1, there, "S", ""}}, []string{"Unknown"}},
		{"the same SYN again", []step{{1, there, "S", ""}, {2, there, "S", ""}, {4, there, "S", ""}}, []string{"Unknown"}},
		{"a SYN that is refused", []step{{1, there, "S", ""}, {2, back, "RA", ""}}, []string{"HELLO"}},
		{"a connection without payload", []step{{1, there, "S", ""}, {2, back, "SA", ""}}, []string{"HELLO"}},
		{"an answer alone", []step{{1, back, "SA", ""}}, []string{"HELLO"}},
		{"no SYN at all", []step{{1, there, "A", ""}}, []string{"HELLO"}},
		{"a payload of another protocol", []step{{1, there, "S", ""}, {2, back, "SA", ""}, {3, there, "A", "???"}}, []string{"Unknown"}},
		{"also where the capture has only one side", []step{{1, there, "S", ""}, {3, there, "A", "???"}}, []string{"Unknown"}},
		{"a payload from the middle", []step{{1, there, "A", "???"}}, []string{"HELLO"}},
		{"a datagram of another protocol", []step{{1, there, "u", "???!"}}, []string{"Unknown"}},
		{"a flow that goes on after a pause", []step{{1, there, "S", ""}, {3, there, "A", "???"}, {500, there, "A", "?!?"}}, []string{"Unknown", "Unknown"}},
	} {
		var got []string
		_, err := Run(context.Background(), source(t, test.steps), e, defaults(), func(f *Flow) error {
			got = append(got, f.Application)
			if guess := f.Confidence == classify.ByPort; guess != (f.Application == "HELLO") || !guess && f.Confidence != classify.ByNothing {
				t.Errorf("%s: %s by %d", test.name, f.Application, f.Confidence)
			}
			return nil
		})
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}
