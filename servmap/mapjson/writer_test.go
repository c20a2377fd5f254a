package mapjson

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAppendPairBreaksBeyondTheColumns(t *testing.T) {
	line := func(nameLength int) string {
		return string(AppendPair([]byte(`  "x": `), "  ", 7, []string{"A", strings.Repeat("b", nameLength)}))
	}
	const around = len(`[7, "A", ""]`)
	fits, long := strings.Repeat("b", Columns-around), strings.Repeat("b", Columns-around+1)
	if got, want := line(len(fits)), `  "x": [7, "A", "`+fits+`"]`; got != want {
		t.Errorf("%d columns:\n%s\nwant\n%s", Columns, got, want)
	}
	if got, want := line(len(long)), "  \"x\": [\n    7,\n    \"A\",\n    \""+long+"\"\n  ]"; got != want {
		t.Errorf("%d columns:\n%s\nwant\n%s", Columns+1, got, want)
	}
	if got := string(AppendPair(nil, "", 7, nil)); got != "[7]" {
		t.Errorf("no application: %s, want [7]", got)
	}
}

func TestAppendString(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"TLS.Amazon", `"TLS.Amazon"`},
		{`a"b\c`, `"a\"b\\c"`},
		{"<&>", `"<&>"`},
		{"\x1b[2J\n\x00", `"\u001b[2J\n\u0000"`},
		{"\x7f\u0085\u009f", `"\u007f\u0085\u009f"`},
		{"grün 例 \U0001f600", "\"grün 例 \U0001f600\""},
		{"\t\u2028\u2029", `"\u0009\u2028\u2029"`},
	} {
		got := string(AppendString(nil, tt.in))
		if got != tt.want {
			t.Errorf("%q is written %s, want %s", tt.in, got, tt.want)
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || back != tt.in {
			t.Errorf("%s is read back as %q, %v", got, back, err)
		}
		if asBytes := string(AppendString(nil, []byte(tt.in))); asBytes != got {
			t.Errorf("%q as bytes is written %s, as text %s", tt.in, asBytes, got)
		}
	}
	if got := string(AppendString(nil, "a\xffb\xe4\xbe")); got != "\"a\ufffdb\ufffd\ufffd\"" {
		t.Errorf("what is no UTF-8 is written %s", got)
	}
}
