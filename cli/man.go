package cli

import (
	"fmt"
	"io"
	"strings"

	"servmap/cli/console"
	"servmap/cli/flags"
)

var manCommand = command{
	name: "man", usage: "print the manual page", run: printMan,
	examples: []example{
		{"servmap man | man -l -", "shows it"},
		{"servmap man", "prints it in the language of man(7)"},
	},
}

// printMan writes the page in the language of man(7): servmap man | man -l -
func printMan(v *invocation) error {
	if err := v.noArguments(); err != nil {
		return err
	}
	return v.To("", func(w io.Writer) error {
		_, err := io.WriteString(w, manPage(v.app.Usage, v.commands))
		return err
	})
}

// exitStatuses says what each status means, as the README does. Of says which commands have it, 0 for all.
var exitStatuses = []struct {
	status console.Status
	means  string
	of     flags.Commands
}{
	{console.Done, "done; nothing was found that counts", 0},
	{console.Anomalies, "check found something at or above --fail-on, diff a difference, lint a mistake, policy what it would drop", flags.Check | flags.Report | flags.Diff | flags.Lint | flags.Policy},
	{console.Usage, "wrong usage, configuration, map or file name, or no flow was learned or judged", 0},
	{console.Damaged, "an input was damaged: what could be read was analysed, and the error says where", flags.Capturing | flags.Diff | flags.Policy},
	{console.Output, "output failed, or a running source did", 0},
	{console.Fault, "a fault of servmap itself: please report it", 0},
	{console.Interrupted, "interrupted while reading files: flows read so far are printed", flags.Capturing},
}

const manDescription = `servmap learns from a baseline capture who talks to whom with which application: the services map. Then it says of every flow of another capture whether it fits, and puts what is new together to findings, each with a kind and a level.
A CAPTURE is a pcap or pcapng file, plain or compressed (gzip, zstd, xz, bzip2, lz4), or "-" for standard input. Several are merged by packet time. train and check also read the CSV that flows writes. With -i IFACE packets come from an interface.
Standard output carries only data. Progress, warnings and the summary go to standard error. Flags may stand before and behind the captures; behind "--" everything is a capture.`

var manFiles = []struct{ name, what string }{
	{flags.DefaultMap, "the map that train writes and check judges by, in the working directory"},
	{flags.DefaultConfig, "the configuration, in the working directory: YAML or JSON with the keys below. Flags win over it"},
}

// programExamples show the whole program.
var programExamples = []example{
	{"servmap train baseline.pcap", "learns the map"},
	{"servmap check suspect.pcap", "judges every flow of a capture by it"},
	{"servmap check --baseline baseline.pcap suspect.pcap", "does both, without a file"},
	{"tcpdump -i eth0 -w - | servmap check -", "judges what tcpdump sees"},
	{"servmap check -i eth0 --report report.json", "judges an interface until it is interrupted"},
	{"servmap graph report.json -o found.svg", "draws what a report found"},
	{"servmap flows --filter 'net 10.42.0.0/16 and not port 53' suspect.pcap", "prints the flows of some of the packets"},
}

// manPage is the page: what is said above, and what the tables of commands and
// flags say.
func manPage(usage string, all []*command) string {
	var p roff
	fmt.Fprintf(&p, ".TH SERVMAP 1 \"\" %q \"User Commands\"\n", "servmap "+console.VersionName())
	p.section("NAME")
	p.text("servmap - " + usage)
	p.section("SYNOPSIS")
	p.WriteString(".nf\n")
	for _, c := range all {
		p.text(strings.TrimSpace("servmap " + c.name + optional(" [FLAG...]", len(flags.Of(c.flags)) > 0) + optional(" "+c.args, c.args != "")))
	}
	p.WriteString(".fi\n")
	p.section("DESCRIPTION")
	for i, paragraph := range strings.Split(manDescription, "\n") {
		p.WriteString(optional(".PP\n", i > 0))
		p.text(paragraph)
	}
	p.section("COMMANDS")
	for _, c := range all {
		fmt.Fprintf(&p, ".SS %s\n", c.name)
		reads := c.flags&flags.Capturing != 0
		p.text(strings.ToUpper(c.usage[:1]) + c.usage[1:] + "." + optional(" It has the flags of READING CAPTURES too.", reads))
		if c.about != "" {
			p.WriteString(".PP\n")
			p.text(c.about)
		}
		for _, f := range flags.Of(c.flags) {
			if !reads || !forAllCaptures(f) {
				p.flag(f)
			}
		}
	}
	p.section("READING CAPTURES")
	for _, f := range flags.Of(flags.Capturing) {
		if forAllCaptures(f) {
			p.flag(f)
		}
	}
	p.section("FILES")
	for _, f := range manFiles {
		p.item(f.name, f.what+".")
	}
	p.section("CONFIGURATION")
	for _, f := range flags.Keys() {
		p.item(f.Key, optional("As --"+f.Name+".", f.Name != "")+optional(f.Usage+".", f.Name == ""))
	}
	p.section("EXIT STATUS")
	for _, s := range exitStatuses {
		p.item(fmt.Sprint(int(s.status)), s.means+".")
	}
	p.section("EXAMPLES")
	for _, e := range programExamples {
		p.item(e.line, e.does+".")
	}
	for _, c := range all {
		for _, e := range c.examples {
			p.item(e.line, e.does+".")
		}
	}
	p.section("SEE ALSO")
	p.text("tcpdump(8), pcap-filter(7)")
	return p.String()
}

// forAllCaptures reports whether every command that reads captures has the flag.
func forAllCaptures(f *flags.Flag) bool { return f.For&flags.Capturing == flags.Capturing }

func optional(s string, there bool) string {
	if there {
		return s
	}
	return ""
}

// roff is text in the language of man(7).
type roff struct{ strings.Builder }

func (p *roff) section(title string) { fmt.Fprintf(p, ".SH %s\n", title) }

// text writes a line of text, of which nothing is a command.
func (p *roff) text(line string) { p.WriteString(escapeRoff(line) + "\n") }

// item writes a word, or a few, and below it what it means.
func (p *roff) item(word, meaning string) {
	fmt.Fprintf(p, ".TP\n\\fB%s\\fR\n", escapeRoff(word))
	p.text(meaning)
}

func (p *roff) flag(f *flags.Flag) {
	var names []string
	for _, word := range f.Words() {
		names = append(names, word+optional(" "+f.Value, f.TakesValue()))
	}
	value := f.DefaultText()
	p.item(strings.Join(names, ", "), f.Usage+optional(" (default: "+value+")", value != "")+".")
}

// escapeRoff escapes what roff takes for its own: the backslash, the dash that
// would become a hyphen, and a line that begins like a command.
func escapeRoff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
