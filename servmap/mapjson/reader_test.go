package mapjson

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// readPairs reads a document of pairs, as a map has them.
func readPairs(r *Reader) error {
	return r.Object("an object", func(key string) error {
		if key == "value" {
			var v any
			return r.Value("a value", &v)
		}
		return r.Object("an object", func(string) error {
			_, _, err := r.Pair()
			return err
		})
	})
}

// list joins n texts made from a format and a number.
func list(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestBounds refuses what is above a bound, in one short line that says where.
func TestBounds(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a key without end", "{\n \"" + strings.Repeat("x", 1<<20), `m:2:2: expected a key in double quotes of at most 65536 bytes, found "\"xxxxxxxxxxxxxxxxxxxxxxx"...`},
		{"an application without end", `{"a":{"b":[1,"` + strings.Repeat(`\n`, 1<<20), `m:1:14: expected the name of an application in double quotes of at most 65536 bytes, found "\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\"...`},
		{"keys of many objects", "{" + list(501, `"%d":{"b":[1]}`) + "}", `m:1:7892: expected at most 1000 keys in the file, found more`},
		{"a long key twice", `{"` + strings.Repeat("x", 1000) + `":{},"` + strings.Repeat("x", 1000) + `":{}}`,
			`m:1:1008: expected each key once, found "` + strings.Repeat("x", 96) + `"... again`},
		{"applications of a pair", `{"a":{"b":[1,` + strings.Repeat(`"x",`, MaxApplications) + `"x"` + `]}}`, `m:1:524302: expected at most 131072 applications of a pair, found more`},
		{"different applications", `{"a":{"b":[1,` + list(MaxApplications/2, `"a%d"`) + `],"c":[1,` + list(MaxApplications/2+1, `"b%d"`) + `]}}`,
			`m:1:1157450: expected at most 131072 different applications, found more`},
		{"a value", `{"value":"` + strings.Repeat("x", MaxValue) + `"}`, "m:1:10: expected a value in at most 4194304 bytes, found more"},
		{"objects in a value", `{"value":[` + strings.Repeat("{},", MaxObjects) + "{}" + `]}`, "m:1:10: expected a value with at most 65536 objects, found more"},
		{"nesting in a value", `{"value":` + strings.Repeat("[", 1<<20), "m:1:10010: expected a value, found invalid character '[' exceeded max depth"},
		{"nesting", strings.Repeat(`{"a":`, 1<<20), `m:1:11: expected an array of bytes and applications, found "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\""...`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader("m", []byte(tt.text))
			r.maxKeys = 1000
			err := readPairs(r)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || err.Error() != tt.want {
				t.Errorf("%.300v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestLoad refuses a file that is too large: one whose size is known before it is read, a
// pipe once it is.
func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := Load(path); err != nil || string(data) != "{}" {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.Truncate(path, 8<<30); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Load(path)
	runtime.ReadMemStats(&after)
	want := path + ":1:1: expected a file of at most 268435456 bytes, found 8589934592"
	if err == nil || err.Error() != want || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%v after %d bytes, want %s", err, after.TotalAlloc-before.TotalAlloc, want)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		line := bytes.Repeat([]byte("x"), 1<<16)
		line[len(line)-1] = '\n'
		for {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}()
	_, err = load("pipe", r, 1<<20)
	if want := "pipe:17:1: expected a file of at most 1048576 bytes, found more"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestGrowth counts what reading n and 2n of each costs.
func TestGrowth(t *testing.T) {
	for _, tt := range []struct {
		name string
		text func(n int) string
	}{
		{"hosts", func(n int) string { return "{" + list(n, `"10.0.0.%d":{"remote":[1,"TLS"]}`) + "}" }},
		{"pairs", func(n int) string { return `{"a":{` + list(n, `"10.0.0.%d":[1,"TLS"]`) + "}}" }},
		{"applications of a pair", func(n int) string { return `{"a":{"b":[1,` + list(n, `"A%d"`) + "]}}" }},
		{"escapes", func(n int) string { return `{"a":{` + list(n, `"\u0041%d":[1,"\n\t"]`) + "}}" }},
		{"a value", func(n int) string { return `{"value":[` + list(n, `{"a":%d}`) + "]}" }},
		{"white space", func(n int) string { return strings.Repeat(" \n\t", n) + "{}" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			work := func(n int) float64 {
				text := []byte(tt.text(n))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				if err := readPairs(NewReader("m", text)); err != nil {
					t.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				return float64(after.TotalAlloc-before.TotalAlloc) + float64(len(text))
			}
			if one, two := work(3000), work(6000); two > 2.6*one {
				t.Errorf("%v for n, %v for 2n", one, two)
			}
		})
	}
}

// TestPlace counts lines and columns from the mark before, and also where a mark lies before that.
func TestPlace(t *testing.T) {
	r := NewReader("m", []byte("a\nbc\n\nd"))
	for _, tt := range []struct{ at, line, column int }{{0, 1, 1}, {1, 1, 2}, {2, 2, 1}, {3, 2, 2}, {6, 4, 1}, {7, 4, 2}, {3, 2, 2}, {5, 3, 1}, {0, 1, 1}} {
		if line, column := r.Place(tt.at); line != tt.line || column != tt.column {
			t.Errorf("%d is at %d:%d, want %d:%d", tt.at, line, column, tt.line, tt.column)
		}
	}
}

// TestSkip goes behind one value.
func TestSkip(t *testing.T) {
	for _, value := range []string{`"a"`, `"\"]"`, `"\\"`, `""`, "-1.5e+3", "true", "null", "{}", "[]", `{"a": [1, {"b": "]}"}], "c": {}}`, " [ 1 ] ", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), `"` + strings.Repeat("x", MaxString+1) + `"`} {
		for _, after := range []string{"", ",", "]", "}", " ,", "\n}"} {
			r := NewReader("m", []byte(value+after))
			if err := r.Skip(); err != nil {
				t.Errorf("%.20s: %v", value, err)
			}
			if rest := strings.TrimSpace(string(r.data[r.at:])); rest != strings.TrimSpace(after) {
				t.Errorf("%.20s: %q is left, want %q", value, rest, after)
			}
		}
	}
	for _, text := range []string{"", " ", "[", `{"a"`, `["`} {
		if err := NewReader("m", []byte(text)).Skip(); err == nil {
			t.Errorf("%q is skipped", text)
		}
	}
}

// TestFields reads objects of few keys, which do not count.
func TestFields(t *testing.T) {
	read := func(text string) error {
		r := NewReader("m", []byte(text))
		r.maxKeys = 3
		err := r.Members("an object", func(string) error {
			return r.Fields("an object", func(string) error { _, err := r.Uint("a number"); return err })
		})
		if err == nil {
			err = r.End()
		}
		return err
	}
	for _, tt := range []struct{ text, want string }{
		{`{"a": {"x": 1, "y": 2, "z": 3}, "b": {"x": 1, "y": 2}, "c": {}}`, ""},
		{`{"a": {}, "b": {}, "c": {}, "d": {}}`, "m:1:29: expected at most 3 keys in the file, found more"},
		{`{"a": {"x": 1, "y": 2, "x": 3}}`, `m:1:24: expected each key once, found "x" again`},
		{`{"a": {` + list(64, `"k%d": 1`) + `}}`, ""},
		{`{"a": {` + list(65, `"k%d": 1`) + `}}`, "m:1:574: expected at most 64 keys here, found more"},
	} {
		err := read(tt.text)
		if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
			t.Errorf("%.60s: %s, want %s", tt.text, got, tt.want)
		}
	}
}
