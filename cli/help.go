package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"strings"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/report/rows"
)

var versionCommand = command{
	name: "version", usage: "print the version", run: printVersion,
	examples: []example{
		{"servmap version", "prints it"},
		{"servmap --version", "does the same"},
	},
}

func printVersion(v *invocation) error {
	return v.To("", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "servmap %s %s %s/%s\n", console.VersionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	})
}

var helpCommand = command{
	name: "help", args: "[COMMAND|TOPIC]", usage: "explain the program, a command, or one of: " + strings.Join(topicNames(), ", "),
	words: func(all []*command) []string { return append(namesOf(all), topicNames()...) }, run: printHelp,
	examples: []example{{"servmap help check", "explains a command"}, {"servmap help findings", "explains the kinds of findings"}},
}

func printHelp(v *invocation) error {
	show := func(p *page) { p.program(v) }
	if len(v.args) > 0 {
		show = nil
		for _, c := range v.commands {
			if c.name == v.args[0] {
				show = func(p *page) { p.command(c) }
			}
		}
		for _, t := range topics {
			if t.name == v.args[0] {
				show = func(p *page) { t.write(p) }
			}
		}
		if show == nil {
			return unknownCommand(v.args[0], v.commands, "")
		}
	}
	return v.To("", func(w io.Writer) error {
		p := &page{width: cmp.Or(v.OutWidth(""), helpWidth)}
		show(p)
		_, err := w.Write(p.text)
		return err
	})
}

// helpWidth is how wide help is where it is for no terminal.
const helpWidth = 80

// example is a line that somebody may type, and what it does: a clause.
type example struct{ line, does string }

// page is a page of help.
type page struct {
	width int
	text  []byte
}

// paragraph writes a text, as wide as the page.
func (p *page) paragraph(text string) { p.text = rows.AppendWrapped(p.text, text, 0, p.width) }

// title writes a heading.
func (p *page) title(text string) { p.text = append(append(append(p.text, '\n'), text...), '\n') }

// item writes a word and what it means beside it, or below it where the word is long.
func (p *page) item(word, means string, indent int) {
	indent = min(indent, p.width/2)
	line := "  " + word
	if means == "" || rows.Cells(line)+2 > indent {
		p.text = rows.AppendWrapped(p.text, line, 6, p.width)
		if line = ""; means == "" {
			return
		}
	}
	line += strings.Repeat(" ", indent-rows.Cells(line))
	p.text = rows.AppendWrapped(p.text, line+means, indent, p.width)
}

// program tells of the whole program.
func (p *page) program(v *invocation) {
	p.paragraph("servmap: " + v.app.Usage + ".")
	p.title("USAGE")
	p.item("servmap COMMAND [FLAGS] [CAPTURE...]", "", 4)
	p.title("COMMANDS")
	for _, c := range v.commands {
		p.item(c.name, c.usage, 14)
	}
	p.title("TOPICS")
	for _, t := range topics {
		p.item(t.name, t.usage, 14)
	}
	p.examples(programExamples)
	p.statuses(nil)
}

// command tells of a command.
func (p *page) command(c *command) {
	p.paragraph("servmap " + c.name + ": " + c.usage + ".")
	if c.about != "" {
		p.text = append(p.text, '\n')
		p.paragraph(c.about)
	}
	p.title("USAGE")
	p.item(strings.TrimSpace("servmap "+c.name+optional(" [FLAGS]", len(flags.Of(c.flags)) > 0)+optional(" "+c.args, c.args != "")), "", 4)
	p.examples(c.examples)
	if all := flags.Of(c.flags); len(all) > 0 {
		p.title("FLAGS")
		for _, f := range all {
			p.flag(f)
		}
	}
	p.statuses(c)
}

func (p *page) examples(all []example) {
	if len(all) == 0 {
		return
	}
	p.title("EXAMPLES")
	for _, e := range all {
		p.text = rows.AppendWrapped(p.text, "  "+e.line, 6, p.width)
		p.text = rows.AppendWrapped(p.text, "      "+e.does, 6, p.width)
	}
}

func (p *page) flag(f *flags.Flag) {
	words := f.Words()
	if len(words) > 1 { // the letter first, as usual
		words[0], words[1] = words[1], words[0]
	}
	p.item(strings.Join(words, ", ")+optional(" "+f.Value, f.TakesValue()), f.Usage+optional(" (default: "+f.DefaultText()+")", f.DefaultText() != ""), 25)
}

// statuses tells the exit statuses of a command, or of all.
func (p *page) statuses(c *command) {
	p.title("EXIT STATUS")
	for _, s := range exitStatuses {
		if c == nil || s.of == 0 || c.flags&s.of != 0 {
			p.item(fmt.Sprint(int(s.status)), s.means, 6)
		}
	}
}
