package cli

import (
	"io"

	"servmap/cli/console"
	"servmap/report"
)

// style says how data looks that goes to the output of that name.
func style(c *console.Console, name string, wording *report.Wording) *report.Style {
	s := &report.Style{Width: c.OutWidth(name)}
	if wording != nil {
		s.Wording = *wording
	}
	toFile := name != "" && name != console.Stdout
	s.Color = !toFile && c.Colored(s.Width > 0)
	return s
}

// messageStyle says how what is for people looks.
func messageStyle(c *console.Console) *report.Style {
	width := c.Width()
	return &report.Style{Width: width, Color: c.Colored(width > 0)}
}

// writeRows opens the output, has fill write rows in the format, and closes
// both. A format that appears whole does so in place of the file, or not at all.
func writeRows[T any](c *console.Console, name string, format *report.Format[T], wording *report.Wording, fill func(report.Writer[T]) error) error {
	if format.Whole && name != "" {
		late := &lateWriter{}
		rows, err := format.New(late, style(c, name, wording))
		if err == nil {
			err = fill(rows)
		}
		if err != nil {
			return err
		}
		return c.ReplaceFile(name, func(w io.Writer) error {
			late.Writer = w
			return rows.Close()
		})
	}
	return c.To(name, func(w io.Writer) error {
		rows, err := format.New(w, style(c, name, wording))
		if err != nil {
			return err
		}
		if f, ok := w.(*console.File); ok {
			f.EndHead()
		}
		if err := fill(rows); err != nil {
			return err
		}
		return rows.Close()
	})
}

// lateWriter stands for a file that is opened when a format is closed.
type lateWriter struct{ io.Writer }
