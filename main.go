// Command servmap learns from a baseline capture who talks to whom and with
// which applications, and judges every flow of another capture by it.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"servmap/report"

	"github.com/urfave/cli/v2"
)

func main() {
	err := guarded(func() error { return run(os.Args[1:]) })
	tell(err)
	os.Exit(int(statusOf(err)))
}

// commands lists the commands in the order of the help.
func commands() []*cli.Command {
	return []*cli.Command{
		trainCommand(), checkCommand(), reportCommand(), flowsCommand(), infoCommand(),
		protocolsCommand(), interfacesCommand(), completionCommand(), versionCommand(), helpCommand(),
	}
}

// run runs the command that args, without the program's name, ask for.
func run(args []string) error {
	app := &cli.App{
		Name:                      "servmap",
		Usage:                     "learn who talks to whom and with what, and judge other traffic by it",
		UsageText:                 "servmap COMMAND [FLAGS] [CAPTURE...]",
		Commands:                  commands(),
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // main alone exits
	}
	for _, c := range app.Commands {
		c.HideHelp = true // arrange sees to it, and a capture may be called "help"
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usageError(err.Error()) }
	}
	args, err := arrange(app.Commands, args)
	if err == nil {
		err = enoughFiles()
	}
	if err != nil {
		return err
	}
	return app.Run(append([]string{app.Name}, args...))
}

// tell prints an error for people, a line for each of its parts.
func tell(err error) {
	for _, e := range parts(err) {
		var quiet silent
		if !errors.As(e, &quiet) {
			fmt.Fprintln(os.Stderr, "servmap: "+oneLine(e.Error()+openFilesHint(e.Error())))
		}
	}
}

// warn prints a line for people that is no error.
func warn(format string, args ...any) {
	fmt.Fprintln(os.Stderr, "servmap: warning: "+oneLine(fmt.Sprintf(format, args...)))
}

// oneLine makes a text fit for one line of a terminal.
func oneLine(s string) string {
	return report.Name(strings.ReplaceAll(strings.TrimSpace(s), "\n", " "))
}
