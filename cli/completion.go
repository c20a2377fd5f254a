package cli

import (
	"fmt"
	"io"
	"strings"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/report/rows"
)

// shells are those for which there is a completion, and how each is written.
var shells = []struct {
	name  string
	write func(w io.Writer, all []*command) error
}{
	{"bash", bashCompletion},
	{"zsh", zshCompletion},
	{"fish", fishCompletion},
}

func shellNames() []string {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

var completionCommand = command{
	name: "completion", args: "SHELL", usage: "print the completion script of a shell: bash, zsh or fish",
	words: func([]*command) []string { return shellNames() }, run: printCompletion,
	examples: []example{
		{"source <(servmap completion bash)", "completes commands and flags in this shell"},
		{"servmap completion fish", "prints what fish reads"},
	},
}

func printCompletion(v *invocation) error {
	for _, s := range shells {
		if len(v.args) == 1 && s.name == v.args[0] {
			return v.To("", func(w io.Writer) error { return s.write(w, v.commands) })
		}
	}
	return console.UsageError("completion: expected " + rows.List(shellNames()))
}

// flagWords are a command's flags as they are typed.
func flagWords(c *command) []string {
	var out []string
	for _, f := range flags.Of(c.flags) {
		out = append(out, f.Words()...)
	}
	return append(out, "--help")
}

func bashCompletion(w io.Writer, all []*command) error {
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
`, strings.Join(namesOf(all), " "))
	for _, c := range all {
		for _, f := range flags.Of(c.flags) {
			if f.Choices != nil {
				fmt.Fprintf(&b, "    \"%s %s\") words=%q ;;\n", c.name, f.Words()[0], strings.Join(f.Choices, " "))
			}
		}
	}
	b.WriteString("  esac\n  if [ -z \"$words\" ] && [[ $word == -* ]]; then\n    case \"${COMP_WORDS[1]}\" in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "      %s) words=%q ;;\n", c.name, strings.Join(flagWords(c), " "))
	}
	b.WriteString(`    esac
  fi
  case "${COMP_WORDS[1]}" in
`)
	for _, c := range all {
		if c.words != nil {
			fmt.Fprintf(&b, "    %s) words=%q ;;\n", c.name, strings.Join(c.words(all), " "))
		}
	}
	b.WriteString(`  esac
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _servmap servmap
`)
	_, err := io.WriteString(w, b.String())
	return err
}

func zshCompletion(w io.Writer, all []*command) error {
	var b strings.Builder
	b.WriteString("#compdef servmap\n# zsh completion for servmap: source <(servmap completion zsh)\n_servmap() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n")
	for _, c := range all {
		fmt.Fprintf(&b, "      %s\n", singleQuoted(c.name+":"+c.usage))
	}
	b.WriteString("    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n")
	for _, c := range all {
		fmt.Fprintf(&b, "    %s)\n      _arguments", c.name)
		for _, f := range flags.Of(c.flags) {
			for _, word := range f.Words() {
				fmt.Fprintf(&b, " \\\n        %s", singleQuoted(zshFlag(f, word)))
			}
		}
		if c.words != nil {
			fmt.Fprintf(&b, " \\\n        '*:%s:(%s)'", strings.ToLower(strings.Trim(c.args, "[]")), strings.Join(c.words(all), " "))
		} else {
			b.WriteString(" \\\n        '*:file:_files'")
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("  esac\n}\ncompdef _servmap servmap\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshFlag is a flag, under one of its names, as _arguments wants it.
func zshFlag(f *flags.Flag, word string) string {
	name := strings.TrimLeft(word, "-")
	usage := strings.NewReplacer("[", "(", "]", ")", ":", "").Replace(f.Usage)
	s := "*" + word + "[" + usage + "]"
	switch {
	case !f.TakesValue():
		return s
	case f.Choices != nil:
		return s + ":" + name + ":(" + strings.Join(f.Choices, " ") + ")"
	}
	return s + ":" + name + ":_files"
}

func fishCompletion(w io.Writer, all []*command) error {
	var b strings.Builder
	b.WriteString("# fish completion for servmap: servmap completion fish | source\n")
	for _, c := range all {
		fmt.Fprintf(&b, "complete -c servmap -n __fish_use_subcommand -f -a %s -d %s\n", c.name, singleQuoted(c.usage))
	}
	for _, c := range all {
		for _, f := range flags.Of(c.flags) {
			fmt.Fprintf(&b, "complete -c servmap -n '__fish_seen_subcommand_from %s' -l %s", c.name, f.Name)
			if f.Short != "" {
				fmt.Fprintf(&b, " -s %s", f.Short)
			}
			switch {
			case f.Choices != nil:
				fmt.Fprintf(&b, " -x -a %s", singleQuoted(strings.Join(f.Choices, " ")))
			case f.TakesValue():
				b.WriteString(" -r")
			}
			fmt.Fprintf(&b, " -d %s\n", singleQuoted(f.Usage))
		}
	}
	for _, c := range all {
		if c.words != nil {
			fmt.Fprintf(&b, "complete -c servmap -n '__fish_seen_subcommand_from %s' -f -a %s\n", c.name, singleQuoted(strings.Join(c.words(all), " ")))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// singleQuoted is s as one word of a shell.
func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
