package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"servmap/cli/flags"
)

// TestEveryFormatHasAGolden wants a run in every format of every command in
// golden-COMMAND.txtar, and that its output is compared. Listings are no
// goldens: those of interfaces differ from machine to machine.
func TestEveryFormatHasAGolden(t *testing.T) {
	formats := 0
	for _, c := range commands {
		for _, f := range flags.Of(c.flags) {
			if f.Name != "format" {
				continue
			}
			script, run := "golden-"+c.name+".txtar", `(?m)^(! )?servmap %s .*--format %s( .*)?\n(.*\n){0,2}cmp stdout `
			if c.flags&flags.Listing != 0 {
				script, run = "listings.txtar", `(?m)^servmap %s --format %s( .*)?$`
			}
			text, err := os.ReadFile(filepath.Join("testdata", "script", script))
			if err != nil {
				t.Errorf("the formats of %s have no goldens: %v", c.name, err)
				continue
			}
			for _, name := range f.Choices {
				formats++
				if !regexp.MustCompile(fmt.Sprintf(run, c.name, name)).Match(text) {
					t.Errorf("%s does not compare what %s --format %s writes", script, c.name, name)
				}
			}
		}
	}
	if formats == 0 {
		t.Error("there are no formats")
	}
}
