package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap"
)

// DiffFormats are the formats of `servmap diff`, the default first.
var DiffFormats = []Format[[]servmap.Change]{
	{Name: "text", New: single(wrapped(writeDiffText))},
	{Name: "markdown", New: single(writeDiffMarkdown)},
	{Name: "json", New: single(writeDiffJSON)},
}

func writeDiffText(w io.Writer, _ *Style, changes []servmap.Change) error {
	for _, c := range changes {
		if _, err := fmt.Fprintln(w, safetext.String(c.String())); err != nil {
			return err
		}
	}
	return nil
}

// manyChanges is from how many changes on Markdown counts them by source.
const manyChanges = 50

func writeDiffMarkdown(w io.Writer, style *Style, changes []servmap.Change) error {
	added := 0
	for _, c := range changes {
		if c.Added {
			added++
		}
	}
	if _, err := fmt.Fprintf(w, "%d added, %d removed\n", added, len(changes)-added); err != nil || len(changes) == 0 {
		return err
	}
	if len(changes) > manyChanges {
		if err := writeSources(w, changes); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\n```diff\n"); err != nil {
		return err
	}
	if err := writeDiffText(w, style, changes); err != nil {
		return err
	}
	_, err := io.WriteString(w, "```\n")
	return err
}

// writeSources writes a table of how many changes each source has. The changes are sorted by source.
func writeSources(w io.Writer, changes []servmap.Change) error {
	if _, err := io.WriteString(w, "\n| source | added | removed |\n|---|---|---|\n"); err != nil {
		return err
	}
	for i := 0; i < len(changes); {
		var counts [2]int
		first := i
		for ; i < len(changes) && changes[i].Source == changes[first].Source; i++ {
			if changes[i].Added {
				counts[0]++
			} else {
				counts[1]++
			}
		}
		if _, err := fmt.Fprintf(w, "| %s | %d | %d |\n", strings.ReplaceAll(safetext.String(changes[first].Source), "|", "\\|"), counts[0], counts[1]); err != nil {
			return err
		}
	}
	return nil
}

func writeDiffJSON(w io.Writer, _ *Style, changes []servmap.Change) error {
	if changes == nil {
		changes = []servmap.Change{}
	}
	text, err := json.MarshalIndent(changes, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(safetext.SecureJSON(text), '\n'))
	return err
}
