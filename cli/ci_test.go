package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/yaml.v3"
)

// TestFloodIsToldAsOne has more new hosts than there is room for findings, and a question that joins what its answer was
// for, so that there are fewer findings than that.
func TestFloodIsToldAsOne(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("src_ip,dst_ip,bidirectional_first_seen_ms,bidirectional_bytes,application_name,requested_server_name\n" +
		"10.0.0.1,10.0.0.53,1,5,DNS.Dropbox,dropbox.com\n10.0.0.1,192.0.2.1,2,5,TLS.Dropbox,dropbox.com\n")
	for i := range 20_000 {
		fmt.Fprintf(&rows, "10.1.%d.%d,192.0.2.1,%d,5,SSH,\n", i>>8, i&255, 3+i)
	}
	write(t, dir, "flows.csv", rows.String())
	write(t, dir, "m.json", `{"10.0.0.1": {"10.0.0.53": [1, "DNS"], "remote": [1, "TLS"]}}`)
	got := runIn(t, dir, "check", "-q", "flows.csv", "--map", "m.json", "--format", "github")
	lines := strings.Split(got.stdout, "\n")
	if want := "and 19979 more findings: 19978 high, 1 low\nFAIL: at least 19998 new conversations\n"; got.status != 1 || len(lines) != 23 || strings.Join(lines[20:], "\n") != want {
		t.Errorf("status %d, %d lines, at last %q, want %q\n%s", got.status, len(lines), strings.Join(lines[max(0, len(lines)-3):], "\n"), want, got.stderr)
	}
}

// fence is a block of code of a page.
type fence struct{ language, text string }

// fencesOf returns the fenced blocks of a page, in its order.
func fencesOf(t *testing.T, page string) (out []fence) {
	t.Helper()
	parts := strings.Split("\n"+page, "\n```")
	if len(parts)%2 == 0 {
		t.Fatal("a block of code is not closed")
	}
	for i := 1; i < len(parts); i += 2 {
		language, text, _ := strings.Cut(parts[i], "\n")
		out = append(out, fence{language, text + "\n"})
	}
	return out
}

// servmapLines returns the lines of a text that run the program.
func servmapLines(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "servmap ") {
			out = append(out, line)
		}
	}
	return out
}

// TestPageOnCI holds docs/ci.md to the script ci.txtar: the script runs the page's commands in their order, those in the
// workflow among them, and no others; and what the page shows as output is part of a file that the script compares.
func TestPageOnCI(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(packageFolder, "..", "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := txtar.ParseFile(filepath.Join(packageFolder, "testdata", "script", "ci.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	run := servmapLines(strings.ReplaceAll("\n"+string(script.Comment), "\n! servmap", "\nservmap"))
	var shown []string
	outputs := 0
	for _, f := range fencesOf(t, string(page)) {
		switch f.language {
		case "sh":
			shown = append(shown, servmapLines(f.text)...)
			if len(servmapLines(f.text)) != strings.Count(f.text, "\n") {
				t.Errorf("not all of this is run by the script:\n%s", f.text)
			}
		case "yaml":
			var workflow any
			if err := yaml.Unmarshal([]byte(f.text), &workflow); err != nil {
				t.Errorf("%v in\n%s", err, f.text)
			}
			for _, line := range commandsIn(workflow) {
				if !slices.Contains(run, line) {
					t.Errorf("the workflow runs %q, and the script does not", line)
				}
				if !slices.Contains(shown, line) {
					shown = append(shown, line)
				}
			}
		case "":
			outputs++
			if !slices.ContainsFunc(script.Files, func(file txtar.File) bool { return strings.Contains("\n"+string(file.Data), "\n"+f.text) }) {
				t.Errorf("the script does not compare\n%s", f.text)
			}
		default:
			t.Errorf("a block is %q", f.language)
		}
	}
	if !slices.Equal(shown, run) || len(shown) == 0 || outputs == 0 {
		t.Errorf("the page has\n%s\nthe script runs\n%s", strings.Join(shown, "\n"), strings.Join(run, "\n"))
	}
}

// commandsIn returns the commands of this program in a workflow: in any text, a line each.
func commandsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = servmapLines(v)
	case []any:
		for _, e := range v {
			out = append(out, commandsIn(e)...)
		}
	case map[string]any:
		for _, key := range []string{"jobs", "servmap", "steps", "run", "traffic", "script"} {
			if e, ok := v[key]; ok {
				out = append(out, commandsIn(e)...)
			}
		}
	}
	return out
}
