package cli

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostileClasses are names of every kind that leads a terminal, a reader or a spreadsheet astray.
var hostileClasses = []struct{ name, text string }{
	{"escape sequences", "a\x1b[2J\x07\u009bx"},
	{"ends of lines", "a\r\nb\tc\u2028d\u2029e\u0085f"},
	{"bidirectional", "a\u202eb\u2066c\u200ed\u061ce"},
	{"invisible", "a\u200bb\ufeffc\u00add\U000e0041e\ufe0ff\u3164g"},
	{"interlinear", "a\ufff9b\ufffac\ufffbd"},
	{"piled marks", "a" + strings.Repeat("\u0301", 9)},
	{"a mark on nothing", "\u0338a"},
	{"private and not assigned", "a\ue000b\U0010ffffc\u0378d"},
	{"no UTF-8", "a\xffb\xed\xa0\x80c"},
	{"a formula", "=1+1"},
	{"a formula behind a blank", " @x"},
	{"a formula in full-width letters", "＝1+1"},
	{"a formula behind a quote", "'-1+1"},
	{"a formula behind a semicolon", "x;+1"},
	{"a comma and a quote", "=1,\"+2\""},
}

// complaint says what is hostile in an output; empty is nothing.
func complaint(out, format string) string {
	if !utf8.ValidString(out) {
		return "it is no UTF-8"
	}
	marks := 0
	for _, r := range out {
		if unicode.IsMark(r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == '\n' || r == '\t':
		case !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || marks > 2:
			return fmt.Sprintf("%U reaches the reader", r)
		}
	}
	if format != "csv" {
		return ""
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		return err.Error()
	}
	for _, row := range rows {
		for _, cell := range strings.Split(strings.Join(row, ";"), ";") {
			if cell = strings.TrimLeft(cell, " \"'"); len(cell) > 1 && slices.ContainsFunc([]string{"=", "+", "-", "@", "＝", "＋", "－", "＠"}, func(f string) bool { return strings.HasPrefix(cell, f) }) {
				return fmt.Sprintf("the cell %q is a formula", cell)
			}
		}
	}
	return ""
}

// TestHostileNamesEverywhere brings every kind of hostile name into every place that takes
// foreign names, and looks at all that every command writes.
func TestHostileNamesEverywhere(t *testing.T) {
	for _, class := range hostileClasses {
		t.Run(class.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			evil := class.text
			base := strings.Map(func(r rune) rune {
				if r == 0 || r == '/' {
					return -1
				}
				return r
			}, strings.TrimPrefix(evil, "-")) + ".pcap"
			if err := os.WriteFile(filepath.Join(dir, base), []byte(hostileCapture(t, evil)), 0o666); err != nil {
				t.Skip(err)
			}
			quoted := `"` + strings.ReplaceAll(evil, `"`, `""`) + `"`
			write(t, dir, "flows.csv", "src_ip,dst_ip,bidirectional_bytes,application_name,requested_server_name\n10.0.0.1,10.0.0.2,5,"+quoted+","+quoted+"\n")
			yaml := fmt.Sprintf("%q", strings.ToValidUTF8(evil, "?"))
			rule := yaml
			if strings.ContainsFunc(evil, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ',' || r == '"' }) {
				rule = `"=＋1"` // those are refused, since a label is one word
			}
			write(t, dir, "own.yaml", "no_error: "+yaml+"\nsrc_ip_error: "+yaml+"\nrules:\n- {application: "+rule+", port: 9999}\n")
			write(t, dir, "empty.json", "{}")
			runs := [][]string{
				{"train", "./" + base, "-o", "m.json"}, {"train", "./" + base, "--append", "-o", "m.json"}, {"train", "--append", "flows.csv", "-o", "m.json"}, {"check", "./" + base, "--map", "empty.json", "--report", "found.json"},
				{"check", "flows.csv", "--map", "m.json", "--report", "r.json"}, {"check", "--baseline", "./" + base, "./" + base, "--config", "own.yaml"},
				{"info", "./" + base}, {"info", "./" + base, "--format", "json"}, {"info", "./" + base, "--format", "csv"},
				{"protocols", "--config", "own.yaml", "--format", "csv"}, {"protocols", "--config", "own.yaml", "--format", "json"},
				{"flows", "./gone" + base}, {"flows", "./" + base, "--device", evil}, {"flows", "./" + base, "--filter", evil}, {evil}, {"report", evil},
				{"check", "--map", evil, "flows.csv"}, {"flows", "--config", evil, "flows.csv"}, {"flows", "./" + base, "-o", "no/" + evil}, {"flows", "-i", evil},
				{"completion", evil}, {"help", evil}, {"flows", "--" + evil}, {"flows", "./" + base, "--format", evil},
			}
			for _, f := range []string{"csv", "ndjson", "table", "text"} {
				runs = append(runs, []string{"flows", "./" + base, "--config", "own.yaml", "--format", f}, []string{"check", "flows.csv", "--map", "m.json", "--format", f})
			}
			for _, f := range []string{"csv", "json", "table", "text", "findings", "findings-csv", "findings-ndjson", "ecs", "markdown", "junit", "sarif", "github", "html"} {
				runs = append(runs, []string{"report", "r.json", "--format", f, "--config", "own.yaml"}, []string{"report", "found.json", "--format", f})
			}
			for _, f := range []string{"svg", "dot", "json", "html"} {
				runs = append(runs, []string{"graph", "m.json", "--format", f}, []string{"graph", "found.json", "--format", f}, []string{"graph", "flows.csv", "--format", f})
			}
			for _, args := range runs {
				if strings.ContainsRune(strings.Join(args, ""), 0) {
					continue
				}
				format := args[len(args)-1]
				if args[0] == "flows" && format == "" {
					format = "csv"
				}
				got := runIn(t, dir, args...)
				if c := complaint(got.stdout, format); c != "" {
					t.Errorf("%q: %s:\n%q", args, c, got.stdout)
				}
				if c := complaint(got.stderr, ""); c != "" {
					t.Errorf("%q: %s:\n%q", args, c, got.stderr)
				}
				if got.status == 70 || got.stdout+got.stderr == "" {
					t.Errorf("%q: %+v", args, got)
				}
			}
			for _, file := range []string{"m.json", "r.json", "found.json"} {
				if c := complaint(read(t, dir, file), ""); c != "" {
					t.Errorf("%s: %s:\n%q", file, c, read(t, dir, file))
				}
			}
			// What was learned from a CSV fits it, however its names are written in between.
			got := runIn(t, dir, "check", "-q", "flows.csv", "--map", "m.json", "--format", "csv")
			if !strings.Contains(got.stdout, ",NONE,-,,,flows.csv,") || got.status != 0 {
				t.Errorf("the CSV does not fit the map that learned it: %+v", got)
			}
			// A capture and the CSV of its flows make the same pairs.
			rows := runIn(t, dir, "flows", "-q", "./"+base, "--config", "own.yaml", "-o", "own.csv")
			first := runIn(t, dir, "train", "-q", "./"+base, "--config", "own.yaml", "-o", "1.json")
			second := runIn(t, dir, "train", "-q", "own.csv", "--config", "own.yaml", "-o", "2.json")
			if rows.status+first.status+second.status != 0 {
				t.Fatalf("%+v %+v %+v", rows, first, second)
			}
			pairs := func(name string) string { p, _, _ := strings.Cut(read(t, dir, name), `"@servmap"`); return p }
			if pairs("1.json") != pairs("2.json") {
				t.Errorf("%+v %+v %+v: of the capture\n%s\nof its CSV\n%s", rows, first, second, pairs("1.json"), pairs("2.json"))
			}
		})
	}
}

// hostileCapture holds the name where hosts name themselves, and a port that a rule names.
func hostileCapture(t *testing.T, evil string) string {
	t.Helper()
	return pcap(t,
		frame{0, "udp", "10.0.0.1:40000", "10.0.0.2:53", "", dnsQuery(strings.ReplaceAll(evil, ".", "-"))},
		frame{1, "tcp", "10.0.0.1:40001", "10.0.0.2:80", "A", "GET / HTTP/1.1\r\nHost: " + evil + "\r\nUser-Agent: " + evil + "\r\n\r\n"},
		frame{2, "tcp", "10.0.0.2:80", "10.0.0.1:40001", "A", "HTTP/1.1 200 OK\r\nServer: " + evil + "\r\nContent-Type: " + evil + "\r\n\r\n"},
		frame{3, "udp", "10.0.0.1:40001", "10.0.0.3:9999", "", "\x01\x02\x03\x04"},
	)
}
