package cli

import (
	"fmt"
	"io"

	"servmap/cli/console"
	"servmap/report"
)

// noArguments refuses arguments of a command that takes none.
func (v *invocation) noArguments() error {
	if len(v.args) > 0 {
		return console.UsageError(fmt.Sprintf("%s takes no arguments, and there is %q", v.command.name, v.args[0]))
	}
	return nil
}

// writeListing writes a listing in the format and to the file of the options.
func (v *invocation) writeListing(l *report.Listing) error {
	if err := v.NotInput(v.Output, v.ConfigFiles()); err != nil {
		return err
	}
	return v.To(v.Output, func(w io.Writer) error {
		return report.Print(report.ListingFormats, v.Format, w, style(v.Console, v.Output, nil), l)
	})
}
