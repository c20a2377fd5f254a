package cli

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"servmap/cli/flags"
)

// What holds of the tree and of its tables comes first, and takes no time.

// TestImportDirection holds the folders to the order of the pipeline: a folder
// imports only folders before it, and the first two none at all.
func TestImportDirection(t *testing.T) {
	const module = "servmap/"
	may := map[string][]string{
		"pcapio":   {},
		"classify": {},
		"flows":    {"pcapio", "classify"},
		"servmap":  {"pcapio", "classify", "flows"},
		"report":   {"pcapio", "classify", "flows", "servmap"},
	}
	seen := map[string]int{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		path, _ = filepath.Rel("..", path)
		folder, _, inFolder := strings.Cut(filepath.ToSlash(path), "/")
		allowed, known := may[folder]
		if err != nil || !inFolder || !known || filepath.Ext(path) != ".go" {
			return err
		}
		seen[folder]++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			rest, own := strings.CutPrefix(name, module)
			to, _, _ := strings.Cut(rest, "/")
			if own && to != folder && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s: %s may import %v", path, name, folder, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range may {
		if seen[folder] == 0 {
			t.Errorf("no Go files in %s", folder)
		}
	}
}

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
			script, run := "golden-"+c.name+".txtar", `(?m)^(! )?servmap %s .*--format %s\b.*\n(.*\n){0,2}cmp stdout `
			if c.flags&flags.Listing != 0 {
				script, run = "listings.txtar", `(?m)^servmap %s --format %s\b`
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
