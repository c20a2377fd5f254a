package report

import (
	"fmt"
	"io"
	"strings"

	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// A comment of GitHub holds 65,536 characters. The table and the reasons take at most mostMarkdown bytes of it, the lines
// for the map at most mostDiff.
const (
	mostMarkdown = 40_000
	mostDiff     = 15_000
)

// writeMarkdown writes the findings for a ticket or a pull request (section 19), in GitHub Flavored Markdown: counts, a
// table, the reasons, and what the map lacks. What is beyond the bounds is counted.
func writeMarkdown(w io.Writer, _ *Style, s *findings.Set) error {
	var m markdownText
	held, all := s.HeldOr(), s.All()
	for _, f := range all {
		if !m.add(f, held) {
			break
		}
	}
	out := appendHeadline(nil, s)
	if m.shown > 0 {
		out = append(append(out, "\n| level | finding | where | id |\n|---|---|---|---|\n"...), m.table...)
		out = append(append(out, '\n'), m.reasons...)
	}
	if rest := all[m.shown:]; len(rest) > 0 {
		out = fmt.Appendf(out, "\nand %s: %s\n", rows.Plural(uint64(len(rest)), "more finding"), countLevels(rest))
	}
	if len(m.added) > 0 {
		out = append(append(append(out, "\nWhat the map lacks of these:\n\n```diff\n"...), m.added...), "```\n"...)
	}
	if m.notAdded > 0 {
		out = fmt.Appendf(out, "\nand %s\n", rows.Plural(m.notAdded, "more line"))
	}
	if m.cut > 0 {
		out = fmt.Appendf(out, "\nThe report does not list all lines of %s.\n", rows.Plural(m.cut, "finding"))
	}
	if !held.Passes() {
		out = append(append(append(out, '\n'), held.String()...), '\n')
	}
	_, err := w.Write(out)
	return err
}

// appendHeadline counts the findings and says what was checked.
func appendHeadline(dst []byte, s *findings.Set) []byte {
	all := s.All()
	dst = fmt.Appendf(dst, "### servmap: %s", rows.Plural(uint64(len(all)), "finding"))
	if len(all) > 0 {
		dst = fmt.Appendf(dst, " (%s)", countLevels(all))
	}
	dst = append(append(dst, "\n\n"...), rows.Plural(s.Flows, "flow")...)
	var judge string
	if x := s.Extra; x != nil {
		judge = safetext.String(x.Map.File)
		for i, name := range x.Captures {
			if i == mostCaptures {
				dst = fmt.Appendf(dst, " and %d more", len(x.Captures)-i)
				break
			}
			dst = appendCode(append(dst, [...]string{" of ", ", "}[min(i, 1)]...), safetext.String(name), false)
		}
	}
	dst = fmt.Appendf(dst, ", %d not in ", s.Anomalies)
	if judge == "" {
		return append(dst, "the map\n"...)
	}
	return append(appendCode(dst, judge, false), '\n')
}

// mostCaptures is how many captures the headline names.
const mostCaptures = 3

// markdownText holds the parts of the text that grow with the findings.
type markdownText struct {
	table, reasons, added []byte
	shown                 int
	notAdded              uint64 // lines that did not fit
	cut                   uint64 // findings whose lines the report does not hold
}

// add adds a finding, unless it does not fit.
func (m *markdownText) add(f *findings.Finding, held *findings.Held) bool {
	row := append(append([]byte("| "), f.Level...), " | "...)
	row = append(appendProse(row, safetext.String(f.Title), true), " | "...)
	where := ends(f)
	if where != "" {
		row = appendProse(row, where, true)
	}
	if p := placeText(held.Places.Of(f)); p != "" {
		if where != "" {
			row = append(row, ", "...)
		}
		row = appendCode(row, p, true)
	}
	row = append(row, " | "...)
	row = append(appendCode(row, safetext.String(f.ID), true), " |\n"...)

	reason := appendCode([]byte("- "), safetext.String(f.ID), false)
	reason = append(append(append(reason, ' '), f.Kind...), ": "...)
	reason = append(appendProse(reason, safetext.String(f.Why), false), '\n')
	if len(m.table)+len(m.reasons)+len(row)+len(reason) > mostMarkdown {
		return false
	}
	m.table, m.reasons = append(m.table, row...), append(m.reasons, reason...)
	m.shown++
	for c := range f.Lines() {
		line := safetext.String(c.String())
		if m.notAdded > 0 || len(m.added)+len(line) > mostDiff {
			m.notAdded++
			continue
		}
		m.added = append(append(m.added, line...), '\n')
	}
	if len(cutText(f)) > 0 {
		m.cut++
	}
	return true
}

// appendProse appends a sentence in which there are foreign names. Words of letters and digits stay; all others are set
// as code, in which nothing is a link, a mention, an image, a tag or emphasis. cell is set within a table.
func appendProse(dst []byte, s string, cell bool) []byte {
	for i, word := range strings.Split(s, " ") {
		if i > 0 {
			dst = append(dst, ' ')
		}
		lead := len(word) - len(strings.TrimLeft(word, "("))
		core := strings.TrimRight(word[lead:], "),;")
		if isPlain(core) {
			dst = append(dst, word...)
			continue
		}
		dst = append(dst, word[:lead]...)
		dst = appendCode(dst, core, cell)
		dst = append(dst, word[lead+len(core):]...)
	}
	return dst
}

// isPlain reports whether a word has letters and digits alone.
func isPlain(word string) bool {
	for i := range len(word) {
		if b := word[i]; (b|0x20 < 'a' || b|0x20 > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// appendCode appends a code span (GitHub Flavored Markdown, section 6.3), with more backticks around it than it has in a
// row. In a table a pipe parts cells even there, unless a backslash stands before it (section 4.10).
func appendCode(dst []byte, s string, cell bool) []byte {
	most, run := 0, 0
	for i := range len(s) {
		if run++; s[i] != '`' {
			run = 0
		}
		most = max(most, run)
	}
	fence := strings.Repeat("`", most+1)
	blank := ""
	if strings.Trim(s, "` ") != s || s == "" {
		blank = " "
	}
	if cell {
		s = strings.ReplaceAll(s, "|", "\\|")
	}
	return append(append(append(append(append(dst, fence...), blank...), s...), blank...), fence...)
}
