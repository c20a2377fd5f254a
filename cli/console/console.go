// Package console is where a command meets the world: standard input and
// output, files, lines for people, progress and the exit status.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"

	"servmap/report/rows"

	"golang.org/x/term"
)

// Console is where a command reads and writes.
type Console struct {
	// In is standard input.
	In *os.File
	// Out is standard output: data and nothing else.
	Out io.Writer
	// Messages is standard error: everything for people.
	Messages io.Writer
	// About stands before warnings: what they are about, where that is not all.
	About string
	// Color is the word of --color.
	Color string
	// Live is set where the command captures live: a SIGHUP opens its output again.
	Live bool
	// Done, when it is closed, ends the waiting for the reader of a named pipe.
	// It may be nil.
	Done <-chan struct{}
}

// Say prints a line for people. On a terminal it is broken where it is wider.
func (c *Console) Say(format string, args ...any) {
	_, _ = c.Messages.Write(rows.AppendWrapped(nil, OneLine(fmt.Sprintf(format, args...)), 4, c.Width()))
}

// Warn prints a line for people about something that is wrong and no error.
func (c *Console) Warn(format string, args ...any) {
	c.Say("servmap: warning: %s%s", c.About, fmt.Sprintf(format, args...))
}

// PrintErrors prints a line for each error that is joined in err.
func (c *Console) PrintErrors(err error) {
	for _, e := range parts(err) {
		if _, quiet := e.(silent); !quiet {
			c.Say("servmap: %s%s", e, openFilesHint(e.Error()))
		}
	}
}

// OneLine makes a text fit for one line of a terminal.
func OneLine(s string) string {
	return rows.Name(strings.ReplaceAll(strings.TrimSpace(s), "\n", " "))
}

// InIsTerminal reports whether somebody types standard input.
func (c *Console) InIsTerminal() bool { return isTerminal(c.In) }

// OutIsTerminal reports whether somebody looks at standard output.
func (c *Console) OutIsTerminal() bool { return isTerminal(c.Out) }

// MessagesAreSeen reports whether somebody looks at standard error.
func (c *Console) MessagesAreSeen() bool { return isTerminal(c.Messages) }

func isTerminal(stream any) bool {
	if w, ok := stream.(statusWriter); ok {
		stream = w.Writer
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usualWidth is how wide a terminal is that does not tell.
const usualWidth = 80

// Width returns how many columns the terminal has that shows what is for people, 0 where it is none.
func (c *Console) Width() int { return widthOf(c.Messages) }

// OutWidth returns how many columns the terminal has that shows the data, 0 where it is none: where -o names a file.
func (c *Console) OutWidth(name string) int {
	if name != "" && name != Stdout {
		return 0
	}
	return widthOf(c.Out)
}

func widthOf(stream any) int {
	if !isTerminal(stream) {
		return 0
	}
	if w, ok := stream.(statusWriter); ok {
		stream = w.Writer
	}
	width, _, err := term.GetSize(int(stream.(*os.File).Fd()))
	if err != nil || width <= 0 {
		return usualWidth
	}
	return width
}

// Colored reports whether what goes to a stream shows levels by colour, by --color and by NO_COLOR. Terminal is set
// where the stream is one.
func (c *Console) Colored(terminal bool) bool {
	switch c.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
