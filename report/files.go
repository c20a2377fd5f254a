package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"servmap/report/rows"
	"servmap/servmap/findings"
)

// FileFindings is a capture that was judged by itself, and what was found there, the worst first.
type FileFindings struct {
	File     string
	Findings []*findings.Finding
}

// mostOnScreen is how many rows of each table of WriteFiles a terminal shows.
const mostOnScreen = 20

// WriteFiles writes what was found in captures that were judged each by itself: the captures, the worst first, and
// the findings by their ids, with how many captures have them.
func WriteFiles(w io.Writer, all []FileFindings, style *Style) error {
	files, clean := worstFirst(all)
	head := fmt.Sprintf("%s, %d with findings of level low or above", rows.Plural(uint64(len(all)), "capture"), len(files))
	out := rows.AppendWrapped([]byte{'\n'}, head, 4, style.width())
	if len(files) > 0 {
		out = append(out, '\n')
		if _, err := w.Write(out); err != nil {
			return err
		}
		out = nil
		if err := writeWorst(w, style, files); err != nil {
			return err
		}
		if err := writeShared(w, style, files, len(all)); err != nil {
			return err
		}
	}
	if clean > 0 && len(files) > 0 {
		out = fmt.Appendf(out, "\n%s without\n", rows.Plural(uint64(clean), "capture"))
	}
	_, err := w.Write(out)
	return err
}

// worstFirst returns the captures with findings of level low and above, the worst first, and how many have none.
func worstFirst(all []FileFindings) (files []FileFindings, clean int) {
	for _, f := range all {
		if len(f.Findings) > 0 && f.Findings[0].LevelOf() >= findings.Low {
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b FileFindings) int {
		m, n := countLevels(a.Findings), countLevels(b.Findings)
		for l := findings.Critical; l > findings.Info; l-- {
			if m[l] != n[l] {
				return cmp.Compare(n[l], m[l])
			}
		}
		return 0 // as the captures were named
	})
	return files, len(all) - len(files)
}

// cut returns at most as many rows as a terminal shows, and what tells of the others.
func cut[T any](list []T, style *Style, what string) ([]T, string) {
	if n := len(list) - mostOnScreen; style.width() > 0 && n > 0 {
		return list[:mostOnScreen], string(rows.AppendWrapped(nil, "and "+rows.Plural(uint64(n), "more "+what)+"; in a pipe all are shown", 4, style.width()))
	}
	return list, ""
}

// writeWorst writes a row a capture: counts by level, and what is worst.
func writeWorst(w io.Writer, style *Style, files []FileFindings) error {
	files, rest := cut(files, style, "capture")
	var cells [][]string
	for _, f := range files {
		cells = append(cells, []string{rows.Name(f.File), countLevels(f.Findings).String(), rows.Name(f.Findings[0].Title)})
	}
	if err := writeTable(w, style, []string{"file", "findings", "the worst"}, cells); err != nil {
		return err
	}
	_, err := io.WriteString(w, rest)
	return err
}

// writeShared writes a row a finding: in how many captures it is.
func writeShared(w io.Writer, style *Style, files []FileFindings, captures int) error {
	type shared struct {
		*findings.Finding
		files int
	}
	byID := map[string]*shared{}
	var list []*shared
	for _, file := range files {
		for _, f := range file.Findings {
			if f.LevelOf() < findings.Low {
				continue
			}
			s := byID[f.ID]
			if s == nil {
				s = &shared{Finding: f}
				byID[f.ID], list = s, append(list, s)
			}
			if s.files++; f.LevelOf() > s.LevelOf() {
				s.Finding = f
			}
		}
	}
	slices.SortFunc(list, func(a, b *shared) int {
		return cmp.Or(cmp.Compare(b.LevelOf(), a.LevelOf()), cmp.Compare(b.files, a.files), cmp.Compare(a.KindOf(), b.KindOf()), cmp.Compare(a.ID, b.ID))
	})
	list, rest := cut(list, style, "finding")
	var cells [][]string
	for _, s := range list {
		cells = append(cells, []string{rows.Name(s.ID), s.Level, fmt.Sprintf("in %d of %d", s.files, captures), rows.Name(s.Title)})
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	if err := writeTable(w, style, []string{"id", "level", "captures", "title"}, cells); err != nil {
		return err
	}
	_, err := io.WriteString(w, rest)
	return err
}
