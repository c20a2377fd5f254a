// Package cli is the command line: one file a command, which turns options into
// one call and a writer.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"servmap/classify"
	"servmap/cli/console"
	"servmap/cli/flags"

	"github.com/urfave/cli/v2"
)

// command is one command of the program.
type command struct {
	name string
	// args stands for the arguments in help, usage is a clause.
	args, usage string
	// about says what the command is for, in a few sentences, and examples show it.
	about    string
	examples []example
	// flags are those that the table of flags has for it.
	flags flags.Commands
	// words returns the values that the argument can have; it is nil where they
	// are files. It is given all commands.
	words func(all []*command) []string
	run   func(*invocation) error
}

// commands are all of them, in the order of the help.
var commands = []*command{
	&trainCommand, &checkCommand, &reportCommand, &extractCommand, &acceptCommand, &diffCommand, &mergeCommand, &pruneCommand, &lintCommand, &graphCommand, &policyCommand, &flowsCommand, &infoCommand, &protocolsCommand, &interfacesCommand,
	&completionCommand, &manCommand, &versionCommand, &helpCommand,
}

// namesOf returns the names of commands.
func namesOf(all []*command) []string {
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	return names
}

// invocation is one run of a command.
type invocation struct {
	*console.Console
	*flags.Options
	command  *command
	commands []*command
	args     []string
	app      *cli.App
	// engine is the classifier, once something was opened.
	engine *classify.Engine
	// context ends with the first SIGINT or SIGTERM, once interruptible was
	// called.
	context context.Context
	release func()
}

// Main runs the command that args, without the program's name, ask for, and
// returns the exit status. in is standard input, out standard output, which
// gets data alone, and messages standard error.
func Main(args []string, in *os.File, out, messages io.Writer) int {
	con := &console.Console{In: in, Out: out, Messages: messages}
	err := console.Guard(func() error { return run(con, args) })
	con.PrintErrors(err)
	return int(console.StatusOf(err))
}

func run(con *console.Console, args []string) error {
	app := newApp(con)
	args, err := reorder(args)
	if err == nil {
		err = console.EnoughFiles()
	}
	if err != nil {
		return err
	}
	return app.Run(append([]string{app.Name}, args...))
}

// newApp describes the program to the package that parses its command line.
func newApp(con *console.Console) *cli.App {
	app := &cli.App{
		Name:                      "servmap",
		Usage:                     "learn who talks to whom and with what, and judge other traffic by it",
		UsageText:                 "servmap COMMAND [FLAGS] [CAPTURE...]",
		Writer:                    con.Out,
		ErrWriter:                 con.Messages,
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // Main returns the status
	}
	for _, c := range commands {
		app.Commands = append(app.Commands, c.urfave(con, app))
	}
	return app
}

// urfave returns the command as that package wants it.
func (c *command) urfave(con *console.Console, app *cli.App) *cli.Command {
	out := &cli.Command{
		Name: c.name, Usage: c.usage, ArgsUsage: c.args,
		HideHelp:     true, // reorder sees to it, and a capture may be called "help"
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return console.UsageError(err.Error()) },
		Action: func(ctx *cli.Context) error {
			o, err := flags.Read(ctx, c.flags)
			if err != nil {
				return console.UsageError(err.Error())
			}
			con.Color, con.Live = o.Color, o.Ingest.Interface != ""
			v := &invocation{
				Console: con, Options: o, command: c, commands: commands, args: ctx.Args().Slice(), app: app, context: context.Background(), release: func() {},
			}
			defer func() { v.release() }()
			v.warnConfig()
			return c.run(v)
		},
	}
	for _, f := range flags.Of(c.flags) {
		out.Flags = append(out.Flags, f.Urfave())
	}
	return out
}

// reorder brings a command line into the order that is parsed: the command, its
// flags, "--", its arguments. It finds what is wrong before anything runs.
func reorder(args []string) ([]string, error) {
	if len(args) == 0 {
		return nil, console.UsageError("no command; servmap help lists them")
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return []string{"help"}, nil
	case "-v", "-version", "--version":
		return []string{"version"}, nil
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		given, rest, err := flags.Reorder(c.name, flags.Of(c.flags), args[1:])
		if errors.Is(err, flags.ErrHelp) {
			return []string{"help", c.name}, nil
		}
		if err != nil {
			return nil, console.UsageError(err.Error())
		}
		return slices.Concat(args[:1], given, []string{"--"}, rest), nil
	}
	return nil, unknownCommand(args[0], commands, "; servmap help lists them")
}

func unknownCommand(name string, all []*command, then string) error {
	return console.UsageError(fmt.Sprintf("unknown command %q%s%s", name, flags.Suggest(name, namesOf(all)), then))
}
