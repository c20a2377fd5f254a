package apps

import (
	"maps"
	"strings"
	"testing"
)

func TestCounts(t *testing.T) {
	const file = `Wiki  Web
	wiki.example
	wiki.*
	cdn*.wiki.example
	wiki.**
	10.1.0.0/16
	10.2.0.0/16
	fd00::/64
Chat
	chat.example
Voice
	(payload)
`
	user, err := Load(nil, strings.NewReader(file), "own.txt")
	if err != nil {
		t.Fatal(err)
	}
	// Neighbouring networks of one application are one range.
	want := map[string]Count{"Wiki": {4, 2}, "Chat": {1, 0}}
	if got := user.Counts(); !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
	both, err := Load(Default(), strings.NewReader("NetFlix\n\tshop.example\n"), "own.txt")
	if err != nil {
		t.Fatal(err)
	}
	if own, builtin := both.Counts()["NetFlix"], Default().Counts()["NetFlix"]; own.Names != builtin.Names+1 || own.Networks != builtin.Networks || builtin.Networks == 0 {
		t.Errorf("NetFlix has %v with a rule of the user's own, %v without", own, builtin)
	}
}
