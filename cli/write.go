package cli

import (
	"io"

	"servmap/cli/console"
	"servmap/report"
)

// writeRows opens the output, has fill write rows in the format, and closes
// both. A format that appears whole does so in place of the file, or not at all.
func writeRows[T any](c *console.Console, name string, format *report.Format[T], wording *report.Wording, fill func(report.Writer[T]) error) error {
	if format.Whole && name != "" {
		late := &lateWriter{}
		rows, err := format.New(late, wording)
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
		rows, err := format.New(w, wording)
		if err != nil {
			return err
		}
		if err := fill(rows); err != nil {
			return err
		}
		return rows.Close()
	})
}

// lateWriter stands for a file that is opened when a format is closed.
type lateWriter struct{ io.Writer }
