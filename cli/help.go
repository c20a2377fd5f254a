package cli

import (
	"fmt"
	"io"
	"runtime"

	"servmap/cli/console"

	"github.com/urfave/cli/v2"
)

var versionCommand = command{name: "version", usage: "print the version", run: printVersion}

func printVersion(v *invocation) error {
	return v.To("", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "servmap %s %s %s/%s\n", console.VersionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	})
}

var helpCommand = command{
	name: "help", args: "[COMMAND]", usage: "explain the program or a command",
	words: namesOf, run: printHelp,
}

func printHelp(v *invocation) error {
	if len(v.args) > 0 && v.app.Command(v.args[0]) == nil {
		return unknownCommand(v.args[0], v.commands, "")
	}
	return v.To("", func(w io.Writer) error {
		v.app.Writer = w
		ctx := cli.NewContext(v.app, nil, nil)
		if len(v.args) == 0 {
			return cli.ShowAppHelp(ctx)
		}
		return cli.ShowCommandHelp(ctx, v.args[0])
	})
}
