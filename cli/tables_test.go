package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"servmap/cli/flags"
)

// What derives from the tables of commands and flags.

func TestReorder(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"check a.pcap --map m.json b.pcap", "check --map m.json -- a.pcap b.pcap"},
		{"check --map=m.json -", "check --map=m.json -- -"},
		{"check a -m m.json --anomalies b -q", "check -m m.json --anomalies -q -- a b"},
		{"flows -- -a --format", "flows -- -a --format"},
		{"flows a -- -q b", "flows -- a -q b"},
		{"flows -format csv a", "flows -format csv -- a"},
		{"flows --format -- a", "flows --format -- -- a"},
		{"flows a --help --nonsense", "help flows"},
		{"train -h", "help train"},
		{"--version", "version"},
	} {
		got, err := reorder(strings.Fields(tt.args))
		if err != nil || !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: %q, %v, want %s", tt.args, got, err, tt.want)
		}
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range commands {
		byName := runIn(t, dir, "help", c.name)
		byFlag := runIn(t, dir, c.name, "--help")
		if byName.status != 0 || byName.stdout == "" || byFlag != byName {
			t.Errorf("help %s: %+v\n%s --help: %+v", c.name, byName, c.name, byFlag)
		}
	}
}

// TestManPage wants every command, flag, key and exit status in the page, and
// the exit statuses as the README has them.
func TestManPage(t *testing.T) {
	t.Parallel()
	page := strings.ReplaceAll(runIn(t, t.TempDir(), "man").stdout, `\-`, "-")
	want := func(line string) {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the page has no line %q", line)
		}
	}
	for _, c := range commands {
		want(".SS " + c.name)
		for _, f := range flags.Of(c.flags) {
			if !strings.Contains(page, `\fB`+f.Words()[0]+" ") && !strings.Contains(page, `\fB`+f.Words()[0]+`\fR`) && !strings.Contains(page, `\fB`+f.Words()[0]+",") {
				t.Errorf("the page has no %s of %s", f.Words()[0], c.name)
			}
		}
	}
	for _, f := range flags.Keys() {
		want(`\fB` + f.Key + `\fR`)
	}
	readme, err := os.ReadFile(filepath.Join(packageFolder, "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range exitStatuses {
		want(fmt.Sprintf(`\fB%d\fR`, s.status))
		if row := fmt.Sprintf("| %d | %s |\n", s.status, s.means); !strings.Contains(strings.ReplaceAll(string(readme), "`", ""), row) {
			t.Errorf("the README has no row %q", row)
		}
	}
}

// TestEveryCommandHasAScript wants a script that runs each command.
func TestEveryCommandHasAScript(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no scripts", err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, c := range commands {
		if !regexp.MustCompile(`(?m)^(! )?servmap ` + c.name + `\b`).MatchString(all.String()) {
			t.Errorf("no script runs servmap %s", c.name)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, shell := range shellNames() {
		t.Run(shell, func(t *testing.T) {
			got := runIn(t, dir, "completion", shell)
			if got.status != 0 || !strings.Contains(got.stdout, "local-network") || !strings.Contains(got.stdout, "ndjson") {
				t.Errorf("%+v", got)
			}
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("there is no " + shell)
			}
			write(t, dir, shell, got.stdout)
			if out, err := exec.Command(program, "-n", filepath.Join(dir, shell)).CombinedOutput(); err != nil {
				t.Errorf("%s refuses it: %v\n%s", shell, err, out)
			}
		})
	}
	t.Run("bash answers", func(t *testing.T) {
		bash, err := exec.LookPath("bash")
		if err != nil {
			t.Skip("there is no bash")
		}
		script := runIn(t, dir, "completion", "bash").stdout
		for _, tt := range []struct {
			line string
			want []string
		}{
			{"servmap che", []string{"check"}},
			{"servmap check --fail", []string{"--fail-on"}},
			{"servmap check --fail-on m", []string{"medium", "major", "minor"}},
			{"servmap check --fail-on = m", []string{"medium", "major", "minor"}}, // bash cuts words at =
			{"servmap check --fail-on =", []string{"critical", "high", "medium", "low", "info", "major", "minor", "never"}},
			{"servmap completion ", []string{"bash", "zsh", "fish"}},
		} {
			words := strings.Split(tt.line, " ")
			quoted := make([]string, len(words))
			for i, w := range words {
				quoted[i] = singleQuoted(w)
			}
			ask := script + "\nCOMP_WORDS=(" + strings.Join(quoted, " ") + "); COMP_CWORD=" + string(rune('0'+len(words)-1)) +
				"; _servmap; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
			out, err := exec.Command(bash, "-c", ask).Output()
			if err != nil || !slices.Equal(strings.Fields(string(out)), tt.want) {
				t.Errorf("%q is completed to %q, %v, want %q", tt.line, out, err, tt.want)
			}
		}
	})
}
