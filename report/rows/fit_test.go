package rows

import (
	"strings"
	"testing"
)

func TestFit(t *testing.T) {
	for _, test := range []struct {
		in    string
		cells int
		want  string
	}{
		{"short", 5, "short"},
		{"0123456789", 5, "01…89"},
		{"0123456789", 4, "01…9"},
		{"0123456789", 1, "…"},
		{"0123456789", 0, ""},
		{"fd77:1:2:3:4444:5555:6666:7777", 15, "fd77:1:2:…:7777"},
		{"fd77:1:2:3:4444:5555:6666:7777", 11, "fd77:…:7777"},
		{"[2001:db8:aaaa:bbbb::6666]:443", 21, "[2001:db8:…:6666]:443"},
		{"[2001:db8:aaaa:bbbb::6666]:443", 6, "[20…43"},
		{"服务器应用程序名称", 8, "服务…称"},
		{"🙂🙂🙂🙂", 5, "🙂…🙂"},
		{"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…e\u0301"},
	} {
		got := Fit(test.in, test.cells)
		if got != test.want || Cells(got) > test.cells {
			t.Errorf("Fit(%q, %d) is %q of %d, want %q", test.in, test.cells, got, Cells(got), test.want)
		}
	}
}

func TestWrapper(t *testing.T) {
	var out strings.Builder
	w := &Wrapper{To: &out, Width: 20, Hang: 4}
	for _, part := range []string{"one two three ", "four five six\n\t- seven eight", " nine\n", strings.Repeat("x", 45), "\n\nlast"} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "one two three four\n    five six\n        - seven\neight nine\n" + strings.Repeat("x", 20) + "\n    " + strings.Repeat("x", 16) + "\n    " + strings.Repeat("x", 9) + "\n\nlast\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
