package rows

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "www.example.com", "www.example.com"},
		{"letters of other languages", "bücher.例え.jp", "bücher.例え.jp"},
		{"escape sequence", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"line end", "a\r\nb\tc", `a\x0d\x0ab\x09c`},
		{"nul and delete", "\x00\x7f", `\x00\x7f`},
		{"one-byte escape sequence of Latin-1", "\u009b31m", `\x9b31m`},
		{"no UTF-8", "\xff\xc3(", `\xff\xc3(`},
		{"cut UTF-8", "a\xe4\xbe", `a\xe4\xbe`},
		{"right to left override", "exe.\u202egnp", `exe.\u202egnp`},
		{"zero width", "a\u200bb", `a\u200bb`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"beyond the basic plane", "\U000e0041x", `\ue0041x`},
		{"no-break space", "a\u00a0b", `a\xa0b`},
		{"backslash stays", `a\x1b`, `a\x1b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Name(tt.in); got != tt.want {
				t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzName(f *testing.F) {
	f.Add("\x1b[2J\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := Name(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q becomes %q, which a terminal obeys", s, got)
		}
		if again := Name(got); again != got {
			t.Errorf("%q becomes %q, and that %q", s, got, again)
		}
	})
}

func TestList(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want string
	}{{nil, ""}, {[]string{"a"}, "a"}, {[]string{"a", "b"}, "a or b"}, {[]string{"a", "b", "c"}, "a, b or c"}} {
		if got := List(tt.in); got != tt.want {
			t.Errorf("%v becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}
