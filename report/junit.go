package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// writeJUnit writes the report as JUnit has tests (section 19): a suite a source, a case a pair with its services. The
// elements are those of junit-10.xsd of Jenkins' xUnit plugin.
func writeJUnit(w io.Writer, _ *Style, s *findings.Set) error {
	j := &junit{w: w, set: s, held: s.HeldOr()}
	suites := junitSuites(s)
	tests, failures := 1, 0
	for i := range suites {
		t, f := j.count(&suites[i])
		tests, failures = tests+t, failures+f
	}
	unseen := !j.held.Passes() && failures == 0
	if unseen {
		failures = 1
	}
	j.out = fmt.Appendf(j.out, "%s<testsuites name=\"servmap\" tests=\"%d\" failures=\"%d\" errors=\"0\">\n", xml.Header, tests, failures)
	j.whole(unseen)
	for i := range suites {
		if err := j.suite(&suites[i]); err != nil {
			return err
		}
	}
	_, err := w.Write(append(j.out, "</testsuites>\n"...))
	return err
}

// junit writes a report as JUnit's XML.
type junit struct {
	w    io.Writer
	out  []byte
	set  *findings.Set
	held *findings.Held
}

// junitSuite is a source with the pairs that findings are about.
type junitSuite struct {
	source servmap.Source
	// fits is set where the source has pairs that fit.
	fits  bool
	cases []*junitCase
}

// junitCase is what a finding says of a pair, or of a source alone where dst is empty.
type junitCase struct {
	finding  *findings.Finding
	src, dst string
	// added are the lines that accepting the finding would add for the pair, and before these those for a host alone.
	added []servmap.Change
}

// casesOf returns the pairs that a finding is about: those that the map lacks, or where it has all the finding's own.
func casesOf(f *findings.Finding) (out []*junitCase) {
	type pair struct{ src, dst string }
	at := map[pair]*junitCase{}
	var alone []servmap.Change
	for c := range f.Lines() {
		if c.Destination == "" {
			alone = append(alone, c)
			continue
		}
		k := pair{c.Source, c.Destination}
		if at[k] == nil {
			at[k] = &junitCase{finding: f, src: c.Source, dst: c.Destination}
			out = append(out, at[k])
		}
		at[k].added = append(at[k].added, c)
	}
	for _, c := range slices.Backward(alone) {
		if len(out) == 0 {
			out = append(out, &junitCase{finding: f, src: c.Source})
		}
		i := max(0, slices.IndexFunc(out, func(j *junitCase) bool { return j.src == c.Source }))
		out[i].added = slices.Insert(out[i].added, 0, c)
	}
	if len(out) == 0 {
		out = append(out, &junitCase{finding: f, src: f.Source.Host, dst: f.Destination.Host})
	}
	return out
}

// name names the case by its pair and services; the finding's id tells it from other cases of the pair.
func (c *junitCase) name() string {
	var services []string
	for _, a := range c.added {
		if a.Destination != "" {
			services = append(services, a.What)
		}
	}
	if len(c.added) == 0 {
		services = c.finding.Applications
	}
	return fmt.Sprintf("%s (%s)", pairText(c.src, c.dst, services), c.finding.ID)
}

// junitSuites returns the sources that have a case, in the order of the map. The cases are in the order of the findings.
func junitSuites(s *findings.Set) []junitSuite {
	cases := map[servmap.Host][]*junitCase{}
	for _, f := range s.All() {
		for _, c := range casesOf(f) {
			src := servmap.HostNamed(c.src)
			cases[src] = append(cases[src], c)
		}
	}
	var out []junitSuite
	for src := range s.Of(servmap.None).Sources() {
		out = append(out, junitSuite{src, true, cases[src.Host]})
		delete(cases, src.Host)
	}
	for h, list := range cases {
		out = append(out, junitSuite{source: servmap.Source{Host: h}, cases: list})
	}
	slices.SortFunc(out, func(a, b junitSuite) int { return a.source.Host.Compare(b.source.Host) })
	return out
}

// count returns how many cases a suite has, and how many of them fail.
func (j *junit) count(s *junitSuite) (tests, failures int) {
	for _, c := range s.cases {
		if tests++; j.held.Fails(c.finding) {
			failures++
		}
	}
	if s.fits {
		for range j.set.Of(servmap.None).Pairs(s.source) {
			tests++
		}
	}
	return tests, failures
}

// whole writes the suite of the check as a whole. It fails where the report does and no other case tells why.
func (j *junit) whole(unseen bool) {
	failures := 0
	if unseen {
		failures = 1
	}
	j.out = fmt.Appendf(j.out, "  <testsuite name=\"servmap\" tests=\"1\" failures=\"%d\" errors=\"0\">\n    <testcase classname=\"servmap\" name=\"check\">\n", failures)
	if unseen {
		j.element("failure", fmt.Sprintf(` type="check" message="%s"`, j.held), j.held.String())
	}
	counts := fmt.Sprintf("%s, %d not in the map, %s", rows.Plural(j.set.Flows, "flow"), j.set.Anomalies, rows.Plural(uint64(len(j.set.All())), "finding"))
	j.element("system-out", "", counts)
	j.out = append(j.out, "    </testcase>\n  </testsuite>\n"...)
}

// suite writes a source: what findings say first, then what fits.
func (j *junit) suite(s *junitSuite) error {
	tests, failures := j.count(s)
	host := escapeXML(safetext.String(s.source.Host.String()))
	j.out = fmt.Appendf(j.out, "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\">\n", host, tests, failures)
	for _, c := range s.cases {
		j.finding(host, c)
		if err := j.drain(); err != nil {
			return err
		}
	}
	if s.fits {
		for p := range j.set.Of(servmap.None).Pairs(s.source) {
			j.fit(host, s.source.Host, p)
			if err := j.drain(); err != nil {
				return err
			}
		}
	}
	j.out = append(j.out, "  </testsuite>\n"...)
	return nil
}

// drain writes now and then, since there may be a million pairs.
func (j *junit) drain() error {
	if len(j.out) < writeSize {
		return nil
	}
	_, err := j.w.Write(j.out)
	j.out = j.out[:0]
	return err
}

// finding writes a pair that a finding is about.
func (j *junit) finding(class string, c *junitCase) {
	f := c.finding
	j.out = fmt.Appendf(j.out, "    <testcase classname=\"%s\" name=\"%s\">\n", class, escapeXML(safetext.String(c.name())))
	text := []string{f.Title, f.Why}
	for _, line := range c.added {
		text = append(text, line.String())
	}
	text = append(text, cutText(f)...)
	last := f.Level + ", id " + f.ID
	if at := placeText(j.held.Places.Of(f)); at != "" {
		last += ", " + at
	}
	for i := range text {
		text[i] = safetext.String(text[i])
	}
	all := strings.Join(append(text, safetext.String(last)), "\n")
	if j.held.Fails(f) {
		j.element("failure", fmt.Sprintf(` type="%s" message="%s"`, escapeXML(f.Kind), escapeXML(safetext.String(f.Title))), all)
	} else {
		j.element("system-out", "", all)
	}
	j.out = append(j.out, "    </testcase>\n"...)
}

// fit writes a pair that fits.
func (j *junit) fit(class string, src servmap.Host, p *servmap.Pair) {
	name := pairText(src.String(), p.Dst.String(), p.Applications)
	j.out = fmt.Appendf(j.out, "    <testcase classname=\"%s\" name=\"%s\"", class, escapeXML(safetext.String(name)))
	if len(p.Applications) <= mostNamed {
		j.out = append(j.out, "/>\n"...)
		return
	}
	j.out = append(j.out, ">\n"...)
	j.element("system-out", "", string(appendJoined(nil, p.Applications, ", ")))
	j.out = append(j.out, "    </testcase>\n"...)
}

// element writes an element with a text, which is safe to be shown.
func (j *junit) element(name, attributes, text string) {
	j.out = fmt.Appendf(j.out, "      <%s%s>%s</%s>\n", name, attributes, escapeXML(text), name)
}

// mostNamed is how many services stand in the name of a case.
const mostNamed = 10

// pairText is a pair with its services: "10.42.0.130 -> remote TLS.NetFlix, NTP".
func pairText(src, dst string, services []string) string {
	text := src
	if dst != "" {
		text += " -> " + dst
	}
	if len(services) > 0 {
		text += " " + strings.Join(services[:min(len(services), mostNamed)], ", ")
	}
	if more := len(services) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// escapeXML escapes a text for XML 1.0, within elements and attributes. Lines stay lines.
func escapeXML(s string) string {
	var out strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		_ = xml.EscapeText(&out, []byte(line)) // a Builder takes all
	}
	return out.String()
}
