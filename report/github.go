package report

import (
	"fmt"
	"io"
	"strings"

	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// mostAnnotations is how many annotations a run gets: GitHub shows 10 of each kind in a step.
const mostAnnotations = 20

// writeGitHub writes the findings as workflow commands of GitHub Actions, one a line, then what it left out and whether
// the report passes (section 19).
func writeGitHub(w io.Writer, _ *Style, s *findings.Set) error {
	held, all := s.HeldOr(), s.All()
	shown := all[:min(len(all), mostAnnotations)]
	var out []byte
	for _, f := range shown {
		out = appendAnnotation(out, f, held)
	}
	if rest := all[len(shown):]; len(rest) > 0 {
		out = fmt.Appendf(out, "and %s: %s\n", rows.Plural(uint64(len(rest)), "more finding"), countLevels(rest))
	}
	if !held.Passes() {
		out = append(out, held.String()+"\n"...)
	}
	_, err := w.Write(out)
	return err
}

// annotationLines is how many of the lines that accepting would add an annotation shows.
const annotationLines = 10

func appendAnnotation(dst []byte, f *findings.Finding, held *findings.Held) []byte {
	command := "notice"
	switch {
	case f.LevelOf() >= findings.High:
		command = "error"
	case f.LevelOf() == findings.Medium:
		command = "warning"
	}
	dst = append(append(append(dst, "::"...), command...), ' ')
	if at := held.Places.Of(f); at.Line > 0 {
		dst = fmt.Appendf(dst, "file=%s,line=%d,", propertyEscapes.Replace(safetext.String(at.File)), at.Line)
	}
	dst = fmt.Appendf(dst, "title=%s::", propertyEscapes.Replace(f.Level+" "+safetext.String(f.Kind)))
	text := []string{safetext.String(f.Title)}
	if f.Why != "" {
		text = append(text, safetext.String(f.Why))
	}
	text = append(append(text, addedLines(changesOf(f), annotationLines)...), cutText(f)...)
	text = append(text, "id "+safetext.String(f.ID))
	return append(append(dst, dataEscapes.Replace(strings.Join(text, "\n"))...), '\n')
}

// dataEscapes is what the text of a workflow command needs, propertyEscapes what its properties need.
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
