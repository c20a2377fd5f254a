package cli

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

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
