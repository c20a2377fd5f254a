package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExamplesAreRun wants each example of some sections of the documentation in a script, as it stands
// there.
func TestExamplesAreRun(t *testing.T) {
	scripts := ""
	paths, err := filepath.Glob(filepath.Join(packageFolder, "testdata", "script", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		scripts += string(text)
	}
	scripts = strings.ReplaceAll(scripts, "\n! servmap", "\nservmap")
	for _, s := range []struct{ file, heading string }{
		{"map.md", "What can never match"}, {"map.md", "Names of hosts"}, {"map.md", "What is no longer seen"}, {"map.md", "Keys that stand for several"}, {"configuration.md", "Allow and deny"}, {"findings.md", "What is missing"},
		{"output.md", "Columns"}, {"output.md", "Many captures"}, {"output.md", "Evidence"},
		{"policy.md", "What it writes"}, {"policy.md", "What would be dropped"},
	} {
		text, err := os.ReadFile(filepath.Join(packageFolder, "..", "docs", s.file))
		if err != nil {
			t.Fatal(err)
		}
		_, section, found := strings.Cut(string(text), "\n## "+s.heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		examples := examplesOf(section)
		if !found || len(examples) == 0 {
			t.Errorf("%s, %s: there is no example", s.file, s.heading)
		}
		for _, example := range examples {
			if !strings.Contains(scripts, "\n"+example) {
				t.Errorf("%s, %s: no script has\n%s", s.file, s.heading, example)
			}
		}
	}
}

// block is a fenced block, or lines that are indented.
var block = regexp.MustCompile("(?m)^```[a-z]*\n((?:.*\n)*?)```$|(?:^    .*\n)+")

// examplesOf returns the blocks of a section, without indentation.
func examplesOf(section string) (out []string) {
	for _, found := range block.FindAllStringSubmatch(section, -1) {
		text := found[1]
		if text == "" {
			text = strings.ReplaceAll("\n"+found[0], "\n    ", "\n")[1:]
		}
		out = append(out, text)
	}
	return out
}
