package main

import (
	"fmt"
	"io"
	"strings"

	"servmap/report"

	"github.com/urfave/cli/v2"
)

// shells are those for which there is a completion, and how each is written.
var shells = []struct {
	name  string
	write func(w io.Writer, commands []*cli.Command) error
}{
	{"bash", bashCompletion},
	{"zsh", zshCompletion},
	{"fish", fishCompletion},
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell: bash, zsh or fish",
		ArgsUsage: "SHELL",
		Action: func(c *cli.Context) error {
			var names []string
			for _, s := range shells {
				if c.Args().Len() == 1 && s.name == c.Args().First() {
					return toOutput("", nil, func(out *output) error { return s.write(out, c.App.Commands) })
				}
				names = append(names, s.name)
			}
			return usageError("completion: expected " + report.List(names))
		},
	}
}

// flagWords are a command's flags as they are typed.
func flagWords(c *cli.Command) []string {
	var out []string
	for _, f := range c.Flags {
		for _, n := range f.Names() {
			out = append(out, dashed(n))
		}
	}
	return append(out, "--help")
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func commandWords(commands []*cli.Command) string {
	var out []string
	for _, c := range commands {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

// choices are the words that a flag of a command takes, nil where it takes
// anything.
func choices(c *cli.Command, flag string) []string {
	switch {
	case flag == "fail-on":
		return []string{"major", "minor", "never"}
	case flag == "fingerprint":
		return fingerprints
	case flag != "format":
		return nil
	case c.Name == "check":
		return append(report.CheckFormats[:len(report.CheckFormats):len(report.CheckFormats)], jsonFormat)
	case c.Name == "flows":
		return report.FlowFormats
	case c.Name == "report":
		return report.GroupedFormats
	}
	return report.ListingFormats
}

func bashCompletion(w io.Writer, commands []*cli.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# bash completion for servmap: source <(servmap completion bash)
_servmap() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
  if [ "$word" = = ]; then # --flag=value is three words to bash
    word=
  elif [ "$before" = = ]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "%s" -- "$word"))
    return
  fi
  case "${COMP_WORDS[1]} $before" in
`, commandWords(commands))
	for _, c := range commands {
		for _, f := range c.Flags {
			if list := choices(c, f.Names()[0]); list != nil {
				fmt.Fprintf(&b, "    \"%s %s\") words=%q ;;\n", c.Name, dashed(f.Names()[0]), strings.Join(list, " "))
			}
		}
	}
	b.WriteString("  esac\n  if [ -z \"$words\" ] && [[ $word == -* ]]; then\n    case \"${COMP_WORDS[1]}\" in\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "      %s) words=%q ;;\n", c.Name, strings.Join(flagWords(c), " "))
	}
	fmt.Fprintf(&b, `    esac
  fi
  case "${COMP_WORDS[1]}" in
    help) words="%s" ;;
    completion) words="bash zsh fish" ;;
  esac
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _servmap servmap
`, commandWords(commands))
	_, err := io.WriteString(w, b.String())
	return err
}

func zshCompletion(w io.Writer, commands []*cli.Command) error {
	var b strings.Builder
	b.WriteString("#compdef servmap\n# zsh completion for servmap: source <(servmap completion zsh)\n_servmap() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "      %s\n", singleQuoted(c.Name+":"+c.Usage))
	}
	b.WriteString("    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "    %s)\n      _arguments", c.Name)
		for _, f := range c.Flags {
			for _, n := range f.Names() {
				fmt.Fprintf(&b, " \\\n        %s", singleQuoted(zshFlag(c, f, n)))
			}
		}
		switch c.Name {
		case "help":
			fmt.Fprintf(&b, " \\\n        '*:command:(%s)'", commandWords(commands))
		case "completion":
			b.WriteString(" \\\n        '*:shell:(bash zsh fish)'")
		default:
			b.WriteString(" \\\n        '*:file:_files'")
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("  esac\n}\ncompdef _servmap servmap\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshFlag is a flag as _arguments wants it.
func zshFlag(c *cli.Command, f cli.Flag, name string) string {
	doc := f.(cli.DocGenerationFlag)
	usage := strings.NewReplacer("`", "", "[", "(", "]", ")", ":", "").Replace(doc.GetUsage())
	s := "*" + dashed(name) + "[" + usage + "]"
	if !doc.TakesValue() {
		return s
	}
	if list := choices(c, name); list != nil {
		return s + ":" + name + ":(" + strings.Join(list, " ") + ")"
	}
	return s + ":" + name + ":_files"
}

func fishCompletion(w io.Writer, commands []*cli.Command) error {
	var b strings.Builder
	b.WriteString("# fish completion for servmap: servmap completion fish | source\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "complete -c servmap -n __fish_use_subcommand -f -a %s -d %s\n", c.Name, singleQuoted(c.Usage))
	}
	for _, c := range commands {
		for _, f := range c.Flags {
			doc := f.(cli.DocGenerationFlag)
			fmt.Fprintf(&b, "complete -c servmap -n '__fish_seen_subcommand_from %s'", c.Name)
			for _, n := range f.Names() {
				if len(n) == 1 {
					fmt.Fprintf(&b, " -s %s", n)
				} else {
					fmt.Fprintf(&b, " -l %s", n)
				}
			}
			if list := choices(c, f.Names()[0]); list != nil {
				fmt.Fprintf(&b, " -x -a %s", singleQuoted(strings.Join(list, " ")))
			} else if doc.TakesValue() {
				b.WriteString(" -r")
			}
			fmt.Fprintf(&b, " -d %s\n", singleQuoted(strings.ReplaceAll(doc.GetUsage(), "`", "")))
		}
	}
	fmt.Fprintf(&b, "complete -c servmap -n '__fish_seen_subcommand_from help' -f -a %s\n", singleQuoted(commandWords(commands)))
	b.WriteString("complete -c servmap -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// singleQuoted is s as one word of a shell.
func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
