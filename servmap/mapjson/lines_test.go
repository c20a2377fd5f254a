package mapjson

import (
	"strings"
	"testing"
)

func TestLineAndSkip(t *testing.T) {
	text := "\xef\xbb\xbf{\"a\":\n {\"x\": [1, \"}\\\"]\", {\"y\": [[], {}]}],\n\"z\": null},\r\n\n\"b\" : -1.5e3, \"c\": \"s\\\\\",\n\"d\": true\n}"
	r := NewReader("f", []byte(text))
	var got strings.Builder
	err := r.Members("an object", func(key string) error {
		got.WriteString(key + string(rune('0'+r.Line())) + " ")
		return r.Skip("a value")
	})
	if err == nil {
		err = r.End()
	}
	if want := "a1 b5 c5 d6 "; err != nil || got.String() != want {
		t.Errorf("keys and lines %q, %v, want %q", got.String(), err, want)
	}
}

func TestSkipWantsAWholeValue(t *testing.T) {
	for _, text := range []string{"", "[1, 2", `{"a": "b}`, "}", ",", ":1", `"a\"`, "[[]"} {
		r := NewReader("f", []byte(text))
		if err := r.Skip("a value"); err == nil || !strings.Contains(err.Error(), "expected a value") {
			t.Errorf("%q is passed over: %v", text, err)
		}
	}
}

// TestLinesAreCountedOnce has many keys: counting from the front for each would take minutes.
func TestLinesAreCountedOnce(t *testing.T) {
	const keys = 300_000
	r := NewReader("f", []byte("{"+strings.Repeat("\n\"k\": [1],", keys)+"\n\"last\": 0}"))
	line := 0
	if err := r.Members("an object", func(string) error { line = r.Line(); return r.Skip("a value") }); err != nil || line != keys+2 {
		t.Errorf("the last key stands in line %d, %v, want %d", line, err, keys+2)
	}
}
