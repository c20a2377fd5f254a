package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange brings a command line into the order that the cli package wants:
// the command, its flags, "--", its arguments. It knows which flags take a
// value, and finds what is wrong before anything runs.
func arrange(commands []*cli.Command, args []string) ([]string, error) {
	if len(args) == 0 {
		return nil, usageError("no command; servmap help lists them")
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return []string{"help"}, nil
	case "-v", "-version", "--version":
		return []string{"version"}, nil
	}
	var names []string
	for _, c := range commands {
		if c.HasName(args[0]) {
			flags, rest, err := splitFlags(c, args[1:])
			if err == errHelp {
				return []string{"help", c.Name}, nil
			}
			if err != nil {
				return nil, err
			}
			return slices.Concat(args[:1], flags, []string{"--"}, rest), nil
		}
		names = append(names, c.Name)
	}
	return nil, usageError(fmt.Sprintf("unknown command %q%s; servmap help lists them", args[0], suggest(args[0], names)))
}

// errHelp says that the flags ask for the help of their command.
var errHelp = errors.New("help is wanted")

// splitFlags parts the flags of a command line, with their values, from its
// arguments.
func splitFlags(c *cli.Command, args []string) (flags, rest []string, err error) {
	takesValue := map[string]bool{}
	for _, f := range c.Flags {
		for _, n := range f.Names() {
			takesValue[n] = f.(cli.DocGenerationFlag).TakesValue()
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
			return nil, nil, errHelp
		}
		wants, known := takesValue[name]
		if !known {
			return nil, nil, usageError(fmt.Sprintf("%s: unknown flag %s%s", c.Name, a, suggestFlag(name, takesValue)))
		}
		flags = append(flags, a)
		if wants && !hasValue {
			if i++; i == len(args) {
				return nil, nil, usageError(fmt.Sprintf("%s: flag %s needs a value", c.Name, a))
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
	return suggest("--"+name, names)
}

// suggest names the word nearest to what was written, as a clause to append
// to an error; nothing where none is near.
func suggest(word string, known []string) string {
	if best, distance := nearest(word, known); distance <= 1+len(word)/3 {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	return ""
}

// nearest returns the known word with the smallest edit distance to word, the
// alphabetically first of several, and that distance.
func nearest(word string, known []string) (best string, distance int) {
	distance = 1 << 30
	for _, k := range known {
		d := editDistance(word, k)
		if d < distance || d == distance && k < best {
			best, distance = k, d
		}
	}
	return best, distance
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
