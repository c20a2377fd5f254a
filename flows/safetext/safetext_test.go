package safetext

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var texts = []struct{ name, in, people, exact, json string }{
	{"plain", "www.example.com", "www.example.com", "www.example.com", `"www.example.com"`},
	{"letters of other languages", "bücher.例え.jp", "bücher.例え.jp", "bücher.例え.jp", `"bücher.例え.jp"`},
	{"escape sequence", "\x1b[31m", `\x1b[31m`, `\x1b[31m`, `"\u001b[31m"`},
	{"nul and delete", "\x00\x7f", `\x00\x7f`, `\x00\x7f`, `"\u0000\u007f"`},
	{"one-byte escape sequence", "\u009b31m", `\x9b31m`, `\u009b31m`, `"\u009b31m"`},
	{"no UTF-8", "a\xff", `a\xff`, `a\xff`, "\"a\ufffd\""},
	{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`, `\xed\xa0\x80`, "\"\ufffd\ufffd\ufffd\""},
	{"right to left override", "\u202egnp", `\u202egnp`, `\u202egnp`, `"\u202egnp"`},
	{"isolates and marks", "\u2066\u2069\u200e\u061c", `\u2066\u2069\u200e\u061c`, `\u2066\u2069\u200e\u061c`, `"\u2066\u2069\u200e\u061c"`},
	{"zero width", "a\u200bb\u200d\ufeff", `a\u200bb\u200d\ufeff`, `a\u200bb\u200d\ufeff`, `"a\u200bb\u200d\ufeff"`},
	{"tag", "\U000e0041x", `\ue0041x`, `\U000e0041x`, `"\udb40\udc41x"`},
	{"soft hyphen", "a\u00adb", `a\xadb`, `a\u00adb`, `"a\u00adb"`},
	{"variation selectors", "a\ufe0f\U000e0100", `a\ufe0f\ue0100`, `a\ufe0f\U000e0100`, `"a\ufe0f\udb40\udd00"`},
	{"fillers", "\u3164\u115f\uffa0\u034f\u2800", `\u3164\u115f\uffa0\u034f\u2800`, `\u3164\u115f\uffa0\u034f\u2800`, `"\u3164\u115f\uffa0\u034f\u2800"`},
	{"interlinear annotation", "\ufff9a\ufffb", `\ufff9a\ufffb`, `\ufff9a\ufffb`, `"\ufff9a\ufffb"`},
	{"separators", "a\u2028\u2029\u00a0\u3000", `a\u2028\u2029\xa0\u3000`, `a\u2028\u2029\u00a0\u3000`, `"a\u2028\u2029\u00a0\u3000"`},
	{"private use and not assigned", "\ue000\U0010ffff", `\ue000\u10ffff`, `\ue000\U0010ffff`, `"\ue000\udbff\udfff"`},
	{"a letter with marks", "e\u0301\u0323", "e\u0301\u0323", "e\u0301\u0323", "\"e\u0301\u0323\""},
	{"too many marks", "e\u0301\u0301\u0301\u0301", "e\u0301\u0301" + `\u0301\u0301`, "e\u0301\u0301" + `\u0301\u0301`, "\"e\u0301\u0301" + `\u0301\u0301"`},
	{"a mark on nothing", "\u0301a", `\u0301a`, `\u0301a`, `"\u0301a"`},
	{"a mark on a separator", "a|\u0338", `a|\u0338`, `a|\u0338`, `"a|\u0338"`},
	{"a mark on an escaped letter", "\u200b\u0301", `\u200b\u0301`, `\u200b\u0301`, `"\u200b\u0301"`},
	{"a backslash", `a\b\x1b\u\`, `a\b\x1b\u\`, `a\b\x5cx1b\x5cu\`, `"a\\b\\x1b\\u\\"`},
}

func TestTexts(t *testing.T) {
	for _, tt := range texts {
		t.Run(tt.name, func(t *testing.T) {
			for _, got := range []struct{ kind, text, want string }{
				{"for people", String(tt.in), tt.people},
				{"exact", string(AppendExact(nil, tt.in)), tt.exact},
				{"undone", Undo(tt.exact), tt.in},
				{"JSON", string(AppendJSON(nil, tt.in)), tt.json},
				{"JSON of bytes", string(AppendJSON(nil, []byte(tt.in))), tt.json},
			} {
				if got.text != got.want {
					t.Errorf("%s: %q becomes %q, want %q", got.kind, tt.in, got.text, got.want)
				}
			}
			plain, err := json.Marshal(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			secured := SecureJSON(plain)
			var a, b string
			if json.Unmarshal(plain, &a) != nil || json.Unmarshal(secured, &b) != nil || a != b || hostile(string(secured)) {
				t.Errorf("%s secured becomes %s, which reads %q, want %q", plain, secured, b, a)
			}
		})
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain text", "plain text"},
		{"a,b", `"a,b"`},
		{`say "x"`, `"say ""x"""`},
		{"=1+1", `\x3d1+1`},
		{"@SUM(A1,A2)", `"\x40SUM(A1,A2)"`},
		{"+49", `\x2b49`},
		{"-x", `\x2dx`},
		{"-", "-"},
		{"a=b", "a=b"},
		{" =1", ` \x3d1`},
		{`"=1"`, `"""\x3d1"""`},
		{"'=1", `'\x3d1`},
		{"＝1", `\uff1d1`},
		{" ＠x", ` \uff20x`},
		{"TLS;=cmd", `TLS;\x3dcmd`},
		{"TLS; @x;-", `TLS; \x40x;\x2d`},
		{"例=", "例="},
	} {
		got := string(AppendCell(nil, []byte(tt.in)))
		if got != tt.want {
			t.Errorf("%q becomes %s, want %s", tt.in, got, tt.want)
		}
		if row, err := csv.NewReader(strings.NewReader(got + ",end\n")).Read(); err != nil || Undo(row[0]) != tt.in {
			t.Errorf("%s is read as %q, %v", got, row, err)
		}
	}
}

// hostile reports whether a text holds what a terminal obeys or a reader does not see.
func hostile(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	})
}

func FuzzTexts(f *testing.F) {
	for _, tt := range texts {
		f.Add(tt.in)
	}
	f.Add("=1;+2")
	f.Fuzz(func(t *testing.T, s string) {
		people, exact := String(s), AppendExact(nil, s)
		if hostile(people) || hostile(string(exact)) {
			t.Errorf("%q becomes %q and %q, which a terminal obeys", s, people, exact)
		}
		if again := String(people); again != people {
			t.Errorf("%q becomes %q, and that %q", s, people, again)
		}
		if back := Undo(string(exact)); back != s {
			t.Errorf("%q is undone to %q, want %q", exact, back, s)
		}
		cell := AppendCell(nil, exact)
		if row, err := csv.NewReader(strings.NewReader(string(cell) + ",end\n")).Read(); err != nil || Undo(row[0]) != s {
			t.Errorf("the cell %q is read as %q, %v, want %q", cell, row, err, s)
		}
		if text := AppendJSON(nil, s); hostile(string(text)) {
			t.Errorf("%q in JSON is %q", s, text)
		} else {
			var back, want string
			plain, _ := json.Marshal(s)
			if err := json.Unmarshal(text, &back); err != nil || json.Unmarshal(plain, &want) != nil || back != want {
				t.Errorf("%q is read as %q, %v, want %q", text, back, err, want)
			}
		}
	})
}
