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

// mayImport says what of ours a folder may import: what stands before it on the
// way that data takes. As in go list, x/... is x and all below it. A rule
// holds for a folder and all below it; the longest that fits counts.
var mayImport = map[string][]string{
	"pcapio":   {"pcapio/..."},
	"classify": {"classify/..."},

	"flows/safetext": {},
	"flows/decode":   {},
	"flows/filter":   {"flows/decode"},
	"flows/table":    {"classify", "flows/decode"},
	"flows":          {"pcapio", "classify", "classify/wire", "flows/decode", "flows/table"},
	"flows/flowfile": {"classify", "flows/safetext", "flows"},
	"flows/ingest":   {"pcapio", "classify", "flows/decode", "flows/flowfile", "flows"},

	"servmap/mapjson":  {"flows/safetext"},
	"servmap/identity": {"flows"},
	"servmap/vendors":  {"servmap/vendors"},
	"servmap":          {"classify", "flows", "flows/decode", "flows/safetext", "servmap/mapjson", "servmap/identity"},
	"servmap/findings": {"classify", "flows", "flows/decode", "servmap/mapjson", "servmap", "servmap/identity", "servmap/vendors"},

	"report/rows":  {"flows/safetext"},
	"report/graph": {"classify", "flows/safetext", "servmap/..."},
	"report/page":  {"classify", "flows/safetext", "servmap/...", "report/rows", "report/graph"},
	"report":       {"pcapio", "classify", "flows", "flows/decode", "flows/safetext", "servmap/...", "report/rows", "report/graph", "report/page"},

	"cli/wholefile": {},
	"cli/console":   {"pcapio", "cli/wholefile", "flows/...", "servmap/...", "report/rows"},
	"cli/flags":     {"pcapio", "classify", "flows/...", "servmap/...", "report/..."},
	"cli":           {"pcapio", "classify/...", "flows/...", "servmap/...", "report/...", "cli/..."},

	".":        {"cli"},
	"testdata": {"pcapio"},
}

// TestImportDirection holds the folders to the order of the pipeline.
func TestImportDirection(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		name, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(name))
		rule, allowed := ruleFor(folder)
		if rule == "" {
			t.Errorf("%s: no rule says what %s may import", name, folder)
			return nil
		}
		seen[rule] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if to, own := strings.CutPrefix(to, "servmap/"); own && !permitted(folder, to, allowed, strings.HasSuffix(name, "_test.go")) {
				t.Errorf("%s imports %s: %s may import %v", name, to, rule, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for rule := range mayImport {
		if !seen[rule] {
			t.Errorf("no Go files in %s", rule)
		}
	}
}

// ruleFor returns the rule with the longest name that fits a folder.
func ruleFor(folder string) (rule string, allowed []string) {
	if folder == "." {
		return ".", mayImport["."]
	}
	for name, list := range mayImport {
		if (name == folder || strings.HasPrefix(folder, name+"/")) && len(name) > len(rule) {
			rule, allowed = name, list
		}
	}
	return rule, allowed
}

// pipeline is the order of the top folders.
var pipeline = []string{"pcapio", "classify", "flows", "servmap", "report", "cli"}

// permitted reports whether a folder may import another. Its tests may also
// import all that stands in the same top folder or before it.
func permitted(folder, to string, allowed []string, test bool) bool {
	for _, a := range allowed {
		if tree, below := strings.CutSuffix(a, "/..."); to == tree || below && strings.HasPrefix(to, tree+"/") {
			return true
		}
	}
	top, _, _ := strings.Cut(to, "/")
	own, _, _ := strings.Cut(folder, "/")
	return test && slices.Index(pipeline, top) <= slices.Index(pipeline, own)
}

// TestOneDoor holds the root to one Go file.
func TestOneDoor(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "*.go"))
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "main.go" {
		t.Errorf("the root holds %v, %v: want main.go alone", files, err)
	}
}
