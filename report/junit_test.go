package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"servmap/servmap/findings"
)

// junitElement is what junit-10.xsd of Jenkins' xUnit plugin (MIT licence,
// src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd) says of an element: its attributes, of which the first
// are required, and what may stand in it.
type junitElement struct {
	required, optional, children []string
	text                         bool
}

var junitSchema = map[string]junitElement{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "errors"}, []string{"testsuite"}, false},
	"testsuite": {[]string{"name", "tests", "failures", "errors"},
		[]string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		[]string{"testsuite", "properties", "testcase", "system-out", "system-err"}, false},
	"testcase": {[]string{"name"}, []string{"time", "classname", "group"},
		[]string{"skipped", "error", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError", "system-out", "system-err"}, false},
	"failure":    {nil, []string{"type", "message"}, nil, true},
	"system-out": {nil, nil, nil, true},
}

// junitNode is an element that was read.
type junitNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr  `xml:",any,attr"`
	Text     string      `xml:",chardata"`
	Children []junitNode `xml:",any"`
}

func (n *junitNode) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// validate says what of an element, and of all in it, is not as the schema has it.
func (n *junitNode) validate(t *testing.T) {
	t.Helper()
	name := n.XMLName.Local
	e, ok := junitSchema[name]
	if !ok {
		t.Errorf("there is an element %s", name)
	}
	var names []string
	for _, a := range n.Attrs {
		names = append(names, a.Name.Local)
		if !slices.Contains(e.required, a.Name.Local) && !slices.Contains(e.optional, a.Name.Local) {
			t.Errorf("%s has the attribute %s", name, a.Name.Local)
		}
	}
	for _, r := range e.required {
		if !slices.Contains(names, r) {
			t.Errorf("%s has no %s", name, r)
		}
	}
	if !e.text && strings.TrimSpace(n.Text) != "" {
		t.Errorf("%s has the text %q", name, n.Text)
	}
	for i := range n.Children {
		c := &n.Children[i]
		if !slices.Contains(e.children, c.XMLName.Local) {
			t.Errorf("%s has a %s in it", name, c.XMLName.Local)
		}
		c.validate(t)
	}
}

// junitOf reads and validates a document, and returns its cases by name. Their names are different, and the counts are
// those of what is there.
func junitOf(t *testing.T, text string) map[string]*junitNode {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	var root junitNode
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); err != io.EOF {
		if _, err = d.Token(); err != io.EOF { // the line's end is a token
			t.Errorf("something follows: %v", err)
		}
	}
	root.validate(t)
	if root.XMLName.Local != "testsuites" {
		t.Errorf("the root is %s", root.XMLName.Local)
	}
	cases := map[string]*junitNode{}
	var all [2]int
	for i := range root.Children {
		suite := &root.Children[i]
		var n [2]int
		for k := range suite.Children {
			c := &suite.Children[k]
			name := c.attr("name")
			if c.attr("classname") != suite.attr("name") || cases[name] != nil {
				t.Errorf("%s: the case %q of %q is there twice, or elsewhere", suite.attr("name"), name, c.attr("classname"))
			}
			cases[name] = c
			n[0]++
			if len(c.Children) > 0 && c.Children[0].XMLName.Local == "failure" {
				n[1]++
			}
		}
		checkCounts(t, suite, n)
		all[0], all[1] = all[0]+n[0], all[1]+n[1]
	}
	checkCounts(t, &root, all)
	return cases
}

func checkCounts(t *testing.T, n *junitNode, want [2]int) {
	t.Helper()
	for i, name := range []string{"tests", "failures"} {
		if got := n.attr(name); got != strconv.Itoa(want[i]) {
			t.Errorf("%s %s has %s=%s, and there are %d", n.XMLName.Local, n.attr("name"), name, got, want[i])
		}
	}
}

// readJUnit wants a case of each finding.
func readJUnit(t *testing.T, text string, s *findings.Set) {
	t.Helper()
	cases := junitOf(t, text)
	for _, f := range s.All() {
		n := 0
		for name, c := range cases {
			if strings.HasSuffix(name, " ("+f.ID+")") {
				n++
				if len(c.Children) != 1 || (c.Children[0].XMLName.Local == "failure") != s.HeldOr().Fails(f) || !strings.Contains(c.Children[0].Text, f.Level+", id "+f.ID) {
					t.Errorf("%q is %+v", name, c)
				}
			}
		}
		pairs := map[string]bool{}
		for c := range f.Lines() {
			if c.Destination != "" {
				pairs[c.Source+" "+c.Destination] = true
			}
		}
		if n != max(1, len(pairs)) {
			t.Errorf("%s has %d cases, and is about %d pairs", f.ID, n, len(pairs))
		}
	}
}

func TestJUnit(t *testing.T) {
	s := hold(t, parsed(t,
		found("high", "new-protocol", "aaaaaaaaaaaa", "10.0.0.1 remote SSH TLS.Tor", "10.0.0.2 remote SSH"),
		found("high", "address-conflict", "bbbbbbbbbbbb"),
		found("low", "new-client", "cccccccccccc", "10.0.0.1 10.0.0.3 HTTP"),
		found("low", "new-host", "dddddddddddd", "10.0.0.9 - host mac", "10.0.0.8 - host", "10.0.0.7 10.0.0.3 HTTP", "10.0.0.9 remote HTTP"),
		found("low", "moved", "eeeeeeeeeeee", "10.0.0.9 - host mac")), "m.json")
	cases := junitOf(t, written(t, "junit", s))
	for name, want := range map[string]string{
		"10.0.0.1 -> remote SSH, TLS.Tor (aaaaaaaaaaaa)": "failure|who does what aaaaaaaaaaaa\nwhy not\n+ 10.0.0.1 -> remote SSH\n+ 10.0.0.1 -> remote TLS.Tor\nhigh, id aaaaaaaaaaaa, m.json:4",
		"10.0.0.2 -> remote SSH (aaaaaaaaaaaa)":          "failure|who does what aaaaaaaaaaaa\nwhy not\n+ 10.0.0.2 -> remote SSH\nhigh, id aaaaaaaaaaaa, m.json:4",
		"10.0.0.1 -> 10.0.0.2 (bbbbbbbbbbbb)":            "failure|who does what bbbbbbbbbbbb\nwhy not\nhigh, id bbbbbbbbbbbb, m.json:2",
		"10.0.0.1 -> 10.0.0.3 HTTP (cccccccccccc)":       "system-out|who does what cccccccccccc\nwhy not\n+ 10.0.0.1 -> 10.0.0.3 HTTP\nlow, id cccccccccccc, m.json:3",
		"10.0.0.7 -> 10.0.0.3 HTTP (dddddddddddd)":       "system-out|who does what dddddddddddd\nwhy not\n+ 10.0.0.8 host\n+ 10.0.0.7 -> 10.0.0.3 HTTP\nlow, id dddddddddddd, m.json:2",
		"10.0.0.9 -> remote HTTP (dddddddddddd)":         "system-out|who does what dddddddddddd\nwhy not\n+ 10.0.0.9 host\n+ 10.0.0.9 mac\n+ 10.0.0.9 -> remote HTTP\nlow, id dddddddddddd, m.json:2",
		"10.0.0.9 (eeeeeeeeeeee)":                        "system-out|who does what eeeeeeeeeeee\nwhy not\n+ 10.0.0.9 host\n+ 10.0.0.9 mac\nlow, id eeeeeeeeeeee, m.json:2",
		"10.0.0.1 -> remote TLS, NTP":                    "",
		"check":                                          "system-out|3 flows, 2 not in the map, 5 findings",
	} {
		c := cases[name]
		if c == nil {
			t.Errorf("there is no %q", name)
			continue
		}
		got := ""
		for _, e := range c.Children {
			got += e.XMLName.Local + "|" + e.Text
		}
		if got != want {
			t.Errorf("%q says %q, want %q", name, got, want)
		}
		delete(cases, name)
	}
	for name := range cases {
		t.Errorf("there is %q", name)
	}
}

// TestJUnitFailsWhereTheReportDoes holds reports in which no finding that is shown fails.
func TestJUnitFailsWhereTheReportDoes(t *testing.T) {
	for want, change := range map[string]func(*findings.Held){
		"FAIL: no flows":                     func(h *findings.Held) { h.NoFlows = true },
		"FAIL: at least 2 new conversations": func(h *findings.Held) { h.Failing, h.Conversations, h.AtLeast = true, 2, true },
	} {
		s := hold(t, parsed(t), "m.json")
		change(s.Held)
		c := junitOf(t, written(t, "junit", s))["check"]
		if c == nil || len(c.Children) != 2 || c.Children[0].Text != want {
			t.Errorf("%s: %+v", want, c)
		}
	}
}

// TestJUnitNamesFewServices has a pair with many services.
func TestJUnitNamesFewServices(t *testing.T) {
	var list []string
	for i := range 12 {
		list = append(list, fmt.Sprintf("S%d", i))
	}
	s, err := findings.Parse("r", []byte(`{"tot_flows": 1, "NONE": {"10.0.0.1": {"tot_bytes": 5, "remote": [5, "`+strings.Join(list, `", "`)+`"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := junitOf(t, written(t, "junit", s))["10.0.0.1 -> remote "+strings.Join(list[:10], ", ")+" and 2 more"]
	if c == nil || len(c.Children) != 1 || c.Children[0].Text != strings.Join(list, ", ") {
		t.Errorf("%+v", c)
	}
}
