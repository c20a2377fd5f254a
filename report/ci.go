package report

import (
	"fmt"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// What the formats for tickets and CI share (section 19).

// levelCounts counts findings by level.
type levelCounts [findings.Critical + 1]int

func countLevels(list []*findings.Finding) (n levelCounts) {
	for _, f := range list {
		n[f.LevelOf()]++
	}
	return n
}

// String lists the counts that are not 0, the worst first: "1 high, 3 low".
func (n levelCounts) String() string {
	var parts []string
	for l := findings.Critical; ; l-- {
		if n[l] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[l], l))
		}
		if l == findings.Info {
			return strings.Join(parts, ", ")
		}
	}
}

// addedLines returns at most so many of the lines that accepting a finding would add to the map, fit to be shown, and
// how many there are besides. The last line says so where there are more.
func addedLines(changes []servmap.Change, most int) []string {
	var out []string
	for i, c := range changes {
		if i == most {
			return append(out, fmt.Sprintf("and %d more lines", len(changes)-most))
		}
		out = append(out, safetext.String(c.String()))
	}
	return out
}

// changesOf returns all lines that accepting a finding would add.
func changesOf(f *findings.Finding) []servmap.Change {
	var out []servmap.Change
	for c := range f.Lines() {
		out = append(out, c)
	}
	return out
}

// cutText says that the report does not hold all that accepting the finding would add, where that is so.
func cutText(f *findings.Finding) []string {
	if !f.IsCut("accept") {
		return nil
	}
	return []string{"and more that the report does not list"}
}

// placeText is a place as compilers write it: "services_map.json:12".
func placeText(p servmap.MapLine) string {
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d", safetext.String(p.File), p.Line)
}
