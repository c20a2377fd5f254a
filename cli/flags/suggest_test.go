package flags

import "testing"

func TestSuggest(t *testing.T) {
	if got := Suggest("flwos", []string{"check", "flows"}); got != " (did you mean flows?)" {
		t.Errorf("flwos: %q", got)
	}
	if got := Suggest("zzzzzzzz", []string{"check", "flows"}); got != "" {
		t.Errorf("zzzzzzzz: %q, want nothing", got)
	}
}
