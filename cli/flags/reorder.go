package flags

import (
	"errors"
	"fmt"
	"strings"
)

// ErrHelp says that the flags ask for the help of their command.
var ErrHelp = errors.New("help is wanted")

// Reorder parts the flags of a command line, with their values, from its
// arguments: flags may stand anywhere, and the package that parses them wants
// them first. "-" is an argument, and all is one after "--". command is the
// command's name in errors.
func Reorder(command string, known []*Flag, args []string) (flags, rest []string, err error) {
	takesValue := map[string]bool{}
	for _, f := range known {
		for _, w := range f.Words() {
			takesValue[strings.TrimLeft(w, "-")] = f.TakesValue()
		}
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return flags, append(rest, args[i+1:]...), nil
		case a == "-" || !strings.HasPrefix(a, "-"):
			rest = append(rest, a)
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-"), "=")
		if name == "help" || name == "h" {
			return nil, nil, ErrHelp
		}
		wants, ok := takesValue[name]
		if !ok {
			return nil, nil, fmt.Errorf("%s: unknown flag %s%s", command, a, suggestFlag(name, takesValue))
		}
		flags = append(flags, a)
		if wants && !hasValue {
			if i++; i == len(args) {
				return nil, nil, fmt.Errorf("%s: flag %s needs a value", command, a)
			}
			flags = append(flags, args[i])
		}
	}
	return flags, rest, nil
}

func suggestFlag(name string, known map[string]bool) string {
	var names []string
	for n := range known {
		if len(n) > 1 {
			names = append(names, "--"+n)
		}
	}
	return Suggest("--"+name, names)
}
