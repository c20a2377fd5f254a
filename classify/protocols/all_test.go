package protocols

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"servmap/classify"
)

// categories are nfstream's names of the groups of applications.
var categories = []string{
	"Advertisement", "Chat", "Cloud", "Collaborative", "ConnCheck", "Crypto_Currency", "Database", "DataTransfer", "Download", "Email", "Game",
	"IoT-Scada", "Media", "Mining", "Music", "Network", "RemoteAccess", "RPC", "SocialNetwork", "SoftwareUpdate", "Streaming", "System",
	"Video", "VirtAssistant", "VoIP", "VPN", "Web",
}

// brokenStructure is set when the tests of this file have failed.
var brokenStructure bool

// structural marks a test of this file. Those come first, and where one fails, what it says is not to
// wait for the slow tests.
func structural(t *testing.T) {
	t.Cleanup(func() { brokenStructure = brokenStructure || t.Failed() })
}

// slow marks a test that takes long. It runs beside the others of its kind, after all quick ones, and
// not at all where the structure is broken.
func slow(t *testing.T) {
	t.Parallel()
	if brokenStructure {
		t.Skip("the structure is broken: see the tests above")
	}
}

// declared is what the source says of one protocol.
type declared struct {
	file, variable, name, recognise string
}

// TestStructure holds the package to its rules: every protocol that is
// declared is listed, in order and once, and comes with what a reader and the
// other tests need of it.
func TestStructure(t *testing.T) {
	structural(t)
	found, documented := readDeclarations(t)
	listed := map[string]*classify.Protocol{}
	for _, p := range All {
		if listed[p.Name] != nil {
			t.Errorf("%s is listed twice", p.Name)
		}
		listed[p.Name] = p
	}
	for _, d := range found {
		p := listed[d.name]
		if p == nil {
			t.Errorf("%s: %s (%s) is not in All", d.file, d.variable, d.name)
			continue
		}
		if d.recognise != "" && !documented[d.recognise] {
			t.Errorf("%s: %s has no doc comment", d.file, d.recognise)
		}
		delete(listed, d.name)
	}
	for name := range listed {
		t.Errorf("%s is in All, but no variable of the package declares it", name)
	}
	if !slices.IsSortedFunc(All, func(a, b *classify.Protocol) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}) {
		t.Error("All is not in alphabetical order of the labels")
	}
}

// TestDeclarations checks what every protocol of All says of itself.
func TestDeclarations(t *testing.T) {
	structural(t)
	shown := map[string]bool{}
	for _, v := range readVectors(t) {
		for _, part := range strings.Split(v.label, ".") {
			shown[part] = true
		}
	}
	for _, p := range All {
		if !slices.Contains(categories, p.Category) {
			t.Errorf("%s: category %q is not known", p.Name, p.Category)
		}
		if p.Reference == "" {
			t.Errorf("%s: no reference", p.Name)
		}
		if p.Recognise != nil && p.Transport == 0 {
			t.Errorf("%s: a recogniser without a transport is never asked", p.Name)
		}
		if p.Recognise != nil && !shown[p.Name] {
			t.Errorf("%s: no vector in testdata has its label", p.Name)
		}
		if p.Recognise == nil && !shown[p.Name] && len(p.IPProtocols)+len(p.Ports)+len(p.TCPPorts)+len(p.UDPPorts) == 0 {
			t.Errorf("%s: neither recogniser, number nor port: nothing can have its label", p.Name)
		}
	}
}

// TestNearMisses holds every recogniser to a conversation that comes near and is not its protocol: the
// recogniser is asked about it and refuses. A conversation says so with "near NAME"; one that is
// Unknown in a file that shows a single protocol needs no such line.
func TestNearMisses(t *testing.T) {
	structural(t)
	vectors := readVectors(t)
	shown := shownByFile(vectors)
	missed := map[string]bool{}
	for _, p := range All {
		if p.Recognise == nil {
			continue
		}
		asked := false
		q := *p
		q.Recognise = func(probe *classify.Probe) classify.Outcome {
			asked = true
			return p.Recognise(probe)
		}
		e, err := classify.NewEngine([]*classify.Protocol{&q}, classify.Config{Applications: vocabulary{}})
		if err != nil {
			t.Fatal(err)
		}
		c := e.NewClassifier()
		for _, v := range vectors {
			said := slices.Contains(v.near, p.Name)
			alone := len(shown[v.file]) == 1 && shown[v.file][p.Name]
			if !said && !(alone && v.label == "Unknown") {
				continue
			}
			asked = false
			if label, _ := classifyVector(c, e, v, v.payloads); label != "Unknown" {
				t.Errorf("%s/%s is %s, and is to be near it only", v.file, v.title, label)
			}
			if said && !asked {
				t.Errorf("%s/%s is not near %s: its recogniser is not asked", v.file, v.title, p.Name)
			}
			missed[p.Name] = missed[p.Name] || asked
		}
		if !missed[p.Name] {
			t.Errorf("%s: no near miss: a conversation in testdata that its recogniser is asked about and refuses", p.Name)
		}
	}
}

// shownByFile returns, for each file, the protocols with recognisers whose labels its vectors have.
func shownByFile(vectors []*vector) map[string]map[string]bool {
	recognised := map[string]bool{}
	for _, p := range All {
		recognised[p.Name] = p.Recognise != nil
	}
	shown := map[string]map[string]bool{}
	for _, v := range vectors {
		if shown[v.file] == nil {
			shown[v.file] = map[string]bool{}
		}
		for _, name := range append(strings.Split(v.label, "."), v.before) {
			if recognised[name] {
				shown[v.file][name] = true
			}
		}
	}
	return shown
}

// readDeclarations parses the package: its protocols, and which of its
// functions have a doc comment.
func readDeclarations(t *testing.T) ([]declared, map[string]bool) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []declared
	documented := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				documented[d.Name.Name] = strings.HasPrefix(d.Doc.Text(), d.Name.Name+" ")
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						found = append(found, protocolsOf(path, v)...)
					}
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no protocol is declared")
	}
	return found, documented
}

// protocolsOf returns the protocols that a var declaration declares.
func protocolsOf(path string, v *ast.ValueSpec) []declared {
	var found []declared
	for i, value := range v.Values {
		if u, ok := value.(*ast.UnaryExpr); ok {
			value = u.X
		}
		lit, ok := value.(*ast.CompositeLit)
		if !ok {
			continue
		}
		if typ, ok := lit.Type.(*ast.SelectorExpr); !ok || typ.Sel.Name != "Protocol" {
			continue
		}
		d := declared{file: path, variable: v.Names[i].Name}
		for _, e := range lit.Elts {
			field, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, _ := field.Key.(*ast.Ident)
			switch x := field.Value.(type) {
			case *ast.BasicLit:
				if key.Name == "Name" {
					d.name, _ = strconv.Unquote(x.Value)
				}
			case *ast.Ident:
				if key.Name == "Recognise" {
					d.recognise = x.Name
				}
			}
		}
		found = append(found, d)
	}
	return found
}

// TestWideLengths keeps lengths of four bytes out of plain conversions to int: on 32-bit systems those
// are negative from 2^31 on, and pass a check that they are not too large. wire.U32 and L32 are for
// them.
func TestWideLengths(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	wide := regexp.MustCompile(`\bint\(binary\.(Big|Little)Endian\.Uint(32|64)\(`)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if wide.MatchString(line) {
				t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
			}
		}
	}
}
