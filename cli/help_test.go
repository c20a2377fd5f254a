package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHelpTellsAllOfACommand wants two examples of each command, its flags, and the exit statuses; and each example in
// a script, as it stands.
func TestHelpTellsAllOfACommand(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(packageFolder, "testdata", "script", "helpexamples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll("\n"+string(text), "\n! ", "\n")
	dir := t.TempDir()
	for _, c := range commands {
		said := runIn(t, dir, "help", c.name).stdout
		for _, want := range []string{"\nUSAGE\n  servmap " + c.name, "\nEXAMPLES\n", "\nEXIT STATUS\n  0   done"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, said)
			}
		}
		if len(c.examples) != 2 {
			t.Errorf("%s has %d examples, want 2", c.name, len(c.examples))
		}
		for _, e := range c.examples {
			if strings.Contains(e.line, "| man") || strings.HasPrefix(e.line, "source ") { // which take a shell
				continue
			}
			if !strings.Contains(script, "\n"+e.line+"\n") {
				t.Errorf("%s: no script runs %s", c.name, e.line)
			}
		}
	}
	for i, name := range topicNames() {
		if topics[i].name != name {
			t.Errorf("topic %d is %s, and is named %s", i, topics[i].name, name)
		}
	}
}
