package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is set by the linker where a release is built.
var version = ""

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(c *cli.Context) error {
			return toOutput("", nil, func(out *output) error {
				_, err := fmt.Fprintf(out, "servmap %s %s %s/%s\n", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			})
		},
	}
}

// versionName is the release, or what the build knows of the module.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "explain the program or a command",
		ArgsUsage: "[COMMAND]",
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			if c.Args().Present() && c.App.Command(name) == nil {
				var names []string
				for _, k := range c.App.Commands {
					names = append(names, k.Name)
				}
				return usageError(fmt.Sprintf("unknown command %q%s", name, suggest(name, names)))
			}
			return toOutput("", nil, func(out *output) error {
				c.App.Writer = out
				if !c.Args().Present() {
					return cli.ShowAppHelp(c)
				}
				return cli.ShowCommandHelp(c, name)
			})
		},
	}
}
