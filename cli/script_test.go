package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what scripts compare")

// TestScripts runs the scripts of testdata/script. The README there says what
// commands they have beside those of testscript.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join(packageFolder, "testdata", "script"),
		Setup: setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"servmap":  scriptServmap,
			"cat":      scriptCat,
			"status":   only(1, scriptStatus),
			"fails":    only(2, scriptFails),
			"capture":  scriptCapture,
			"shorten":  only(3, scriptShorten),
			"repeat":   only(3, scriptRepeat),
			"replace":  only(3, scriptReplace),
			"find":     only(2, scriptFind),
			"learned":  only(1, scriptLearned),
			"json":     only(1, scriptJSON),
			"hidetime": only(0, scriptHideTime),
		},
		UpdateScripts:      *update,
		RequireUniqueNames: true,
	})
}

// lastStatus is the key of the exit status of a script's last run, an *int.
type lastStatus struct{}

// setUpScript gives a script the usual captures, and $RECORDED, the folder of
// the recorded ones.
func setUpScript(env *testscript.Env) error {
	env.Values[lastStatus{}] = new(int)
	env.Setenv("RECORDED", filepath.Join(packageFolder, "..", "testdata"))
	texts, err := filepath.Glob(filepath.Join(packageFolder, "testdata", "captures", "*.txt"))
	for _, path := range texts {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.Join(env.WorkDir, filepath.Base(path))
		if err := os.WriteFile(name, text, 0o666); err != nil {
			return err
		}
		if err := captureText(name, strings.TrimSuffix(name, ".txt")+".pcap", ""); err != nil {
			return err
		}
	}
	return err
}

// only wants a number of arguments and no "!".
func only(n int, run func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != n {
			ts.Fatalf("expected %d arguments and no !", n)
		}
		run(ts, args)
	}
}

// scriptServmap is: servmap ARG... [< FILE] [> FILE]
func scriptServmap(ts *testscript.TestScript, neg bool, args []string) {
	name := os.DevNull
	if rest, file, found := redirection(args, "<"); found {
		args, name = rest, ts.MkAbs(file)
	}
	in, err := os.Open(name)
	ts.Check(err)
	defer in.Close()
	runScript(ts, neg, in, args)
}

// scriptCat is: cat FILE | servmap ARG... [> FILE]
func scriptCat(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 || args[1] != "|" || args[2] != "servmap" {
		ts.Fatalf("usage: cat FILE | servmap ARG...")
	}
	content := ts.ReadFile(args[0])
	in, w, err := os.Pipe()
	ts.Check(err)
	defer in.Close()
	go func() {
		_, _ = io.WriteString(w, content) // the command may not want all of it
		_ = w.Close()
	}()
	runScript(ts, neg, in, args[3:])
}

// redirection takes a sign and the file's name behind it out of args.
func redirection(args []string, sign string) (rest []string, name string, found bool) {
	for i := 0; i+1 < len(args); i++ {
		if args[i] == sign {
			return slices.Concat(args[:i], args[i+2:]), args[i+1], true
		}
	}
	return args, "", false
}

func runScript(ts *testscript.TestScript, neg bool, in *os.File, args []string) {
	args, file, toFile := redirection(args, ">")
	for i := range args {
		args[i] = unquoted(ts, args[i])
	}
	out := ts.Stdout()
	if toFile {
		f, err := os.Create(ts.MkAbs(file))
		ts.Check(err)
		defer f.Close()
		out = f
	}
	status, err := mainIn(ts.MkAbs("."), in, out, ts.Stderr(), args)
	ts.Check(err)
	*ts.Value(lastStatus{}).(*int) = status
	if neg == (status == 0) {
		ts.Fatalf("status %d", status)
	}
}

// unquoted reads an argument in quotation marks as a string of Go, so that a
// script can have any character in it.
func unquoted(ts *testscript.TestScript, arg string) string {
	if !strings.HasPrefix(arg, `"`) {
		return arg
	}
	s, err := strconv.Unquote(arg)
	ts.Check(err)
	return s
}

// scriptStatus is: status NUMBER
func scriptStatus(ts *testscript.TestScript, args []string) {
	if got := *ts.Value(lastStatus{}).(*int); strconv.Itoa(got) != args[0] {
		ts.Fatalf("status %d, want %s", got, args[0])
	}
}

// scriptFails is: fails STATUS FILE
func scriptFails(ts *testscript.TestScript, args []string) {
	in, err := os.Open(os.DevNull)
	ts.Check(err)
	defer in.Close()
	wrong, lines := 0, 0
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		lines++
		command, message, found := strings.Cut(line, "=>")
		if !found {
			ts.Fatalf("%s: expected ARG... => MESSAGE", line)
		}
		var out, messages strings.Builder
		status, err := mainIn(ts.MkAbs("."), in, &out, &messages, strings.Fields(command))
		ts.Check(err)
		got := fmt.Sprintf("%s%s(status %d)", &out, &messages, status)
		want := fmt.Sprintf("servmap: %s\n(status %s)", strings.TrimSpace(message), args[0])
		if got != want {
			wrong++
			ts.Logf("servmap %s\ngot:\n%s\nwant:\n%s", command, got, want)
		}
	}
	if wrong > 0 || lines == 0 {
		ts.Fatalf("%d of %d lines differ", wrong, lines)
	}
}

// scriptCapture is: capture TEXT PCAP [FIRST-LAST]
func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: capture TEXT PCAP [FIRST-LAST]")
	}
	packets := ""
	if len(args) == 3 {
		packets = args[2]
	}
	ts.Check(captureText(ts.MkAbs(args[0]), ts.MkAbs(args[1]), packets))
}

// captureText makes a capture of the packets in a text: of all, or of the first
// to the last in a range such as 2-5, which count from 1.
func captureText(from, to, packets string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	frames, err := parseFrames(string(text))
	if err == nil && packets != "" {
		var first, last int
		_, err = fmt.Sscanf(packets, "%d-%d", &first, &last)
		if err == nil && (first < 1 || last < first || last > len(frames)) {
			err = fmt.Errorf("%s: there are %d packets", packets, len(frames))
		}
		if err == nil {
			frames = frames[first-1 : last]
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(from), err)
	}
	data, err := encodePcap(frames)
	if err != nil {
		return err
	}
	return os.WriteFile(to, []byte(data), 0o666)
}

// scriptShorten is: shorten BYTES FILE TO
func scriptShorten(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	data := ts.ReadFile(args[1])
	if n < 1 || n > len(data) {
		ts.Fatalf("%s has %d bytes", args[1], len(data))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(data[:len(data)-n]), 0o666))
}

// scriptRepeat is: repeat NUMBER TEXT FILE
func scriptRepeat(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat(escaped(ts, args[1]), n)), 0o666))
}

// escaped reads the escapes in a text.
func escaped(ts *testscript.TestScript, text string) string {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	ts.Check(err)
	return s
}

// scriptReplace is: replace PATTERN TEXT FILE
func scriptReplace(ts *testscript.TestScript, args []string) {
	pattern, text := compilePattern(ts, args[0]), escaped(ts, args[1])
	data := ts.ReadFile(args[2])
	if !pattern.MatchString(data) {
		ts.Fatalf("%s has no %s", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(pattern.ReplaceAllString(data, text)), 0o666))
}

// scriptFind is: find PATTERN FILE
func scriptFind(ts *testscript.TestScript, args []string) {
	found := compilePattern(ts, args[0]).FindAllStringSubmatch(ts.ReadFile(args[1]), -1)
	if found == nil {
		ts.Fatalf("%s has no %s", args[1], args[0])
	}
	for _, groups := range found {
		fmt.Fprintln(ts.Stdout(), strings.Join(groups[1:], " "))
	}
}

// compilePattern reads a pattern as grep of testscript does: ^ and $ are the
// ends of lines.
func compilePattern(ts *testscript.TestScript, s string) *regexp.Regexp {
	pattern, err := regexp.Compile("(?m)" + s)
	ts.Check(err)
	return pattern
}

// scriptLearned is: learned MAP
func scriptLearned(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile(args[0])
	if before, _, found := strings.Cut(text, "\n  \"@servmap\""); found {
		text = strings.TrimSuffix(before, ",") + "\n}\n"
	}
	_, _ = io.WriteString(ts.Stdout(), text)
}

// scriptJSON is: json FILE
func scriptJSON(ts *testscript.TestScript, args []string) {
	if text := ts.ReadFile(args[0]); !json.Valid([]byte(text)) {
		ts.Fatalf("%s is no JSON:\n%s", args[0], text)
	}
}

// spent is what differs from run to run.
var spent = regexp.MustCompile(`in \d+\.\d s`)

// scriptHideTime is: hidetime
func scriptHideTime(ts *testscript.TestScript, _ []string) {
	out, messages := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	_, _ = io.WriteString(ts.Stdout(), out)
	_, _ = io.WriteString(ts.Stderr(), spent.ReplaceAllString(messages, "in N s"))
}
