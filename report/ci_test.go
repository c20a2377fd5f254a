package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"servmap/flows/safetext"
	"servmap/servmap"
	"servmap/servmap/findings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// written returns what a format of reports makes of a report.
func written(t *testing.T, format string, s *findings.Set) string {
	t.Helper()
	var out bytes.Buffer
	if err := Print(FindingsFormats, format, &out, nil, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// parsed returns a report with findings, which are given in JSON. The flows are one of 10.0.0.1 with remote that fits.
func parsed(t *testing.T, found ...string) *findings.Set {
	t.Helper()
	levels := strings.Join(found, ",")
	s, err := findings.Parse("r.json", []byte(`{"tot_flows": 3, "tot_anom": 2, "NONE": {"10.0.0.1": {"tot_bytes": 5, "remote": [5, "TLS", "NTP"]}},
		"@servmap": {"format": 1, "findings": [`+levels+`], "captures": ["suspect.pcap"], "map": {"file": "services_map.json"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// found returns a finding in JSON: a level, a kind, an id, and pairs of which each is "SOURCE DESTINATION SERVICE...". The
// destination "-" is none.
func found(level, kind, id string, pairs ...string) string {
	f := findings.Finding{ID: id, Level: level, Kind: kind, Title: "who does what " + id, Why: "why not"}
	f.Source.Hosts, f.Destination.Hosts = []string{"10.0.0.1"}, []string{"10.0.0.2"}
	f.Source.Host, f.Destination.Host = "10.0.0.1", "10.0.0.2"
	for _, p := range pairs {
		words := strings.Fields(p)
		f.Accept = append(f.Accept, servmap.Addition{Source: words[0], Destination: strings.Trim(words[1], "-"), Services: words[2:]})
	}
	text, _ := json.Marshal(f)
	return string(text)
}

// mapText is a map in which some of the findings of the tests have a line.
const mapText = "{\n\"10.0.0.1\": {\n\"10.0.0.3\": [1, \"SSH\"],\n\"remote\": [5, \"TLS\", \"NTP\"]\n},\n\"10.0.0.2\": {}\n}\n"

// hold holds a report against the default of --fail-on, and places its findings in mapText.
func hold(t *testing.T, s *findings.Set, file string) *findings.Set {
	t.Helper()
	s.Held = s.Hold(findings.DefaultGate, s.All())
	s.Held.Places = findings.NewPlaces(s.All(), file)
	if err := s.Held.Places.Read(file, []byte(mapText)); err != nil {
		t.Fatal(err)
	}
	return s
}

// hostileNames are names that mean something to a format, or to who shows it.
var hostileNames = []string{
	"plain.example", "a\x1b[2Jb\x07\u009b", "a\r\nb\n::error::c", "::set-output name=x::y", "a%0Ab,c:d%25", "a|b", "`a`|``", "```", "`", "\\`", "*a*_b_~~c~~",
	"<script>alert(1)</script>", "<!--", "<b>&amp;", "]]>", "&lt;\"'", "[a](https://evil.example)", "![a](x.png)", "www.evil.example", "https://evil.example", "me@evil.example",
	"@somebody", "GH-1", "#1", "octo/repo#1", ":tada:", "$x$", "{0}", "{{1}}", "\\[", "a\\", "\ufffe\uffff\x00", "a\xffb\xed\xa0\x80", "\u202eevil", "-", "+", "1.", "#", "=", ">", "",
	"a b  c", "(", ")", "a,;", strings.Repeat("x", 5000),
}

// hostileSet has a finding for each of the hostile names, everywhere where a name can stand.
func hostileSet(t *testing.T) *findings.Set {
	var list []string
	for i, n := range hostileNames {
		f := findings.Finding{ID: fmt.Sprintf("%012x", i), Level: findings.LevelNames()[i%5], Kind: findings.KindNames()[i%17], Title: n + " uses X with " + n, Why: "nearest: " + n}
		f.Source.Host, f.Destination.Host, f.Source.Hosts, f.Destination.Hosts = n, n, []string{n}, []string{n}
		f.Source.Addresses, f.Destination.Domains, f.Files = []string{n}, []string{n}, []string{n}
		f.Accept, f.More = []servmap.Addition{{Source: n, Destination: n, Services: []string{n, n}}}, []string{"accept"}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(text))
	}
	s := parsed(t, list...)
	s.Extra.Captures = hostileNames
	s.Extra.Map.File = "a`b|c"
	return hold(t, s, "dir x/a,b:c%|`é.json")
}

// TestHostileNamesInFormatsForCI looks at every format for what commands a terminal, and at each by a reader of its own.
func TestHostileNamesInFormatsForCI(t *testing.T) {
	s := hostileSet(t)
	for _, name := range []string{"findings", "markdown", "junit", "sarif", "github"} {
		t.Run(name, func(t *testing.T) {
			got := written(t, name, s)
			for _, r := range got {
				if r != '\n' && !safetext.Safe(r) {
					t.Errorf("%U reaches the reader", r)
				}
			}
			if !utf8.ValidString(got) {
				t.Error("it is no UTF-8")
			}
			if read := readers[name]; read != nil {
				read(t, got, s)
			}
		})
	}
}

// TestFormatsForCIAreRead reads the golden report.
func TestFormatsForCIAreRead(t *testing.T) {
	s := someFindings(t)
	for name, read := range readers {
		read(t, written(t, name, s), s)
	}
}

// readers read what a format wrote as its own readers do.
var readers = map[string]func(*testing.T, string, *findings.Set){
	"markdown": readMarkdown, "junit": readJUnit, "sarif": readSARIF, "github": readGitHub,
}

// readGitHub wants lines that are workflow commands, in the form that the runner of GitHub Actions reads, and that say
// what the findings do.
func readGitHub(t *testing.T, text string, s *findings.Set) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	all := s.All()
	shown := min(len(all), mostAnnotations)
	undo := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%3A", ":", "%2C", ",", "%25", "%")
	for i, f := range all[:shown] {
		command, data, ok := strings.Cut(strings.TrimPrefix(lines[i], "::"), "::")
		kind, list, _ := strings.Cut(command, " ")
		if !ok || !strings.HasPrefix(lines[i], "::") || map[string]string{"critical": "error", "high": "error", "medium": "warning"}[f.Level] != strings.TrimPrefix(kind, "notice") {
			t.Fatalf("line %d is %q", i+1, lines[i])
		}
		if strings.Contains(list, ":") {
			t.Errorf("line %d has a colon in its properties: %q", i+1, list)
		}
		properties := map[string]string{}
		for _, p := range strings.Split(list, ",") {
			k, v, _ := strings.Cut(p, "=")
			properties[k] = undo.Replace(v)
		}
		at := s.HeldOr().Places.Of(f)
		if properties["title"] != f.Level+" "+f.Kind || at.Line > 0 && (properties["file"] != at.File || properties["line"] != fmt.Sprint(at.Line)) {
			t.Errorf("line %d has the properties %q", i+1, properties)
		}
		if got := undo.Replace(data); !strings.HasPrefix(got, safetext.String(f.Title)+"\n"+safetext.String(f.Why)+"\n") || !strings.HasSuffix(got, "\nid "+f.ID) {
			t.Errorf("line %d says %q", i+1, got)
		}
	}
	for _, l := range lines[shown:] {
		if strings.HasPrefix(l, "::") {
			t.Errorf("%q is a command beyond the annotations", l)
		}
	}
}

// readSARIF validates a log against the published schema, and wants that unescaped messages say what the findings do.
func readSARIF(t *testing.T, text string, s *findings.Set) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "sarif", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("%v", err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []sarifRule }
			}
			Results []sarifResult
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != len(s.All()) {
		t.Fatalf("%d results of %d findings", len(run.Results), len(s.All()))
	}
	undo := strings.NewReplacer("{{", "{", "}}", "}", `\\`, `\`, `\[`, "[", `\]`, "]")
	for i, f := range s.All() {
		r := run.Results[i]
		if run.Tool.Driver.Rules[r.RuleIndex].ID != f.Kind || r.RuleID != f.Kind || r.Fingerprints["findingId/v1"] != f.ID {
			t.Errorf("%s is %+v", f.ID, r)
		}
		if got := undo.Replace(r.Message.Text); !strings.HasPrefix(got, safetext.String(f.Title)+".\n"+safetext.String(f.Why)+"\n") {
			t.Errorf("%s says %q", f.ID, got)
		}
		for at, b := range r.Message.Text {
			if b == '[' && !escapedAt(r.Message.Text, at) {
				t.Errorf("%s has a link: %q", f.ID, r.Message.Text)
			}
		}
	}
}

// escapedAt reports whether an odd number of backslashes stands before the place.
func escapedAt(s string, at int) bool {
	n := 0
	for n < at && s[at-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// readMarkdown wants that nothing but letters, digits and the punctuation of a sentence stands outside of code, and that
// each row of the table has its cells. It parts code spans as GitHub Flavored Markdown does (section 6.3).
func readMarkdown(t *testing.T, text string, s *findings.Set) {
	t.Helper()
	inFence, rows := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			if inFence = !inFence; line != "```diff" && line != "```" {
				t.Errorf("a fence is %q", line)
			}
			continue
		case inFence:
			if !strings.HasPrefix(line, "+ ") {
				t.Errorf("in the fence stands %q", line)
			}
			continue
		case strings.HasPrefix(line, "| level"), strings.HasPrefix(line, "|---"):
			continue
		}
		if strings.HasPrefix(line, "| ") {
			rows++
			if cells := cellsOf(line); cells != 4 {
				t.Errorf("%d cells in %q", cells, line)
			}
			line = strings.ReplaceAll(line, "\\|", "x")
		}
		line = strings.TrimPrefix(strings.TrimPrefix(line, "### "), "- ")
		for _, r := range outsideCode(t, line) {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ,;()|-:.", r) {
				t.Errorf("%q stands outside of code in %q", r, line)
			}
		}
	}
	if inFence || rows == 0 || len(text) > 65_536 {
		t.Errorf("an open fence: %v, %d rows, %d bytes", inFence, rows, len(text))
	}
	if rows < len(s.All()) && !strings.Contains(text, fmt.Sprintf("\nand %d more finding", len(s.All())-rows)) {
		t.Errorf("%d of %d findings, and the others are not told", rows, len(s.All()))
	}
}

// cellsOf counts the cells of a row: pipes part them, but for those with a backslash (section 4.10).
func cellsOf(line string) int {
	return strings.Count(line, "|") - strings.Count(line, "\\|") - 1
}

// outsideCode returns what is in no code span.
func outsideCode(t *testing.T, line string) string {
	t.Helper()
	var out strings.Builder
	for line != "" {
		at := strings.IndexByte(line, '`')
		if at < 0 {
			break
		}
		out.WriteString(line[:at])
		line = line[at:]
		run := len(line) - len(strings.TrimLeft(line, "`"))
		fence := line[:run]
		end := -1
		for i := run; i < len(line); i++ {
			n := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
			if n == run {
				end = i
				break
			}
			i += max(0, n-1)
		}
		if end < 0 {
			t.Errorf("%s is not closed in %q", fence, line)
			return ""
		}
		line = line[end+run:]
	}
	return out.String() + line
}

// TestGitHubFolds has more findings than annotations.
func TestGitHubFolds(t *testing.T) {
	var list []string
	for i := range 23 {
		list = append(list, found([]string{"high", "low"}[i/20], "scan", fmt.Sprintf("%012d", i), fmt.Sprintf("10.0.0.%d remote SSH", i)))
	}
	lines := strings.Split(written(t, "github", hold(t, parsed(t, list...), "m.json")), "\n")
	if want := []string{"and 3 more findings: 3 low", "FAIL: 20 new conversations", ""}; len(lines) != 23 || strings.Join(lines[20:], "\n") != strings.Join(want, "\n") {
		t.Errorf("%d lines, at last %q, want %q", len(lines), lines[max(0, len(lines)-3):], want)
	}
}

// TestAnnotationsTellWhatTheyLeaveOut has a finding with more lines than an annotation shows, and a list that was cut.
func TestAnnotationsTellWhatTheyLeaveOut(t *testing.T) {
	f := found("low", "scan", "aaaaaaaaaaaa", "10.0.0.1 remote A B C D E F G H I J K L")
	f = strings.Replace(f, `"more":null`, `"more":["accept"]`, 1)
	s := hold(t, parsed(t, f), "m.json")
	for name, line := range map[string]string{"github": "%0A", "sarif": `\n`} {
		want := "J" + line + "and 2 more lines" + line + "and more that the report does not list"
		if got := written(t, name, s); !strings.Contains(got, want) {
			t.Errorf("%s has no %q: %s", name, want, got)
		}
	}
	if got := written(t, "markdown", s); !strings.Contains(got, "\nThe report does not list all lines of 1 finding.\n") {
		t.Errorf("markdown: %s", got)
	}
}

// TestMarkdownIsBounded has many lines of one finding, and many findings.
func TestMarkdownIsBounded(t *testing.T) {
	var services []string
	for i := range 100 {
		services = append(services, fmt.Sprintf("%0200d", i))
	}
	list := []string{found("high", "scan", "aaaaaaaaaaaa", "10.0.0.1 remote "+strings.Join(services, " "))}
	for i := range 1000 {
		list = append(list, found("low", "scan", fmt.Sprintf("%012d", i)))
	}
	s := hold(t, parsed(t, list...), "m.json")
	got := written(t, "markdown", s)
	readMarkdown(t, got, s)
	shown, left := strings.Count(got, "+ 10.0.0.1"), 0
	if _, err := fmt.Sscanf(got[strings.LastIndex(got, "\nand "):], "\nand %d more lines\n", &left); err != nil || shown+left != len(services) || shown == 0 {
		t.Errorf("%d lines are shown, and %d are told, %v", shown, left, err)
	}
	if !strings.HasSuffix(got, "\n\nFAIL: 100 new conversations\n") {
		t.Errorf("it ends with %q", got[len(got)-100:])
	}
}

// TestSARIFTellsThatNothingWasChecked has a report without any flow.
func TestSARIFTellsThatNothingWasChecked(t *testing.T) {
	s, err := findings.Parse("r", []byte(`{"tot_flows": 0, "@servmap": {"format": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, "sarif", s)
	readSARIF(t, got, s)
	if want := `"invocations": [{"executionSuccessful":false,"toolExecutionNotifications":[{"level":"error","message":{"text":"No flow was judged."}}]}]`; !strings.Contains(got, want) {
		t.Errorf("there is no %s in %s", want, got)
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"services_map.json": "services_map.json", "./maps/a.json": "maps/a.json", "../a b%c?#é.json": "../a%20b%25c%3F%23%C3%A9.json", "/maps/a b.json": "file:///maps/a%20b.json",
		"a:b.json": "./a:b.json",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%s becomes %s, want %s", path, got, want)
		}
	}
}
