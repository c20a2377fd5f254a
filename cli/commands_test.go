package cli

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// folder returns a folder with the captures of the tests and a map of the
// baseline.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "base.pcap", pcap(t, baseline()...))
	write(t, dir, "suspect.pcap", pcap(t, suspect()...))
	if got := runIn(t, dir, "", "train", "--quiet", "base.pcap"); got != (result{}) {
		t.Fatalf("train: %+v", got)
	}
	return dir
}

// withoutMeta cuts the reserved key from a map's text.
func withoutMeta(m string) string {
	before, _, _ := strings.Cut(m, "\n  \"@servmap\"")
	return before
}

func TestTrainAndCheck(t *testing.T) {
	dir := folder(t)
	got := runIn(t, dir, "", "check", "--quiet", "suspect.pcap")
	want := "" +
		"  1. 10.42.0.130     --> 10.42.0.1       , DNS                  | NONE\n" +
		"  2. 10.42.0.130     --> remote          , ICMP                 | PROTOCOL NEVER USED\n" +
		"  3. 10.42.0.130     --> 10.42.0.96      , Unknown              | UNKNOWN DESTINATION IP\n" +
		"  4. remote          --> 10.42.0.130     , ICMP                 | UNKNOWN SOURCE IP\n" +
		"  5. 10.42.0.130     --> 10.42.0.1       , Unknown              | UNKNOWN PROTOCOL\n"
	if got != (result{want, "", 1}) {
		t.Errorf("got %+v, want\n%s", got, want)
	}
	for _, tt := range []struct {
		name, args string
		status     int
	}{
		{"the baseline itself", "check --quiet base.pcap", 0},
		{"minor alone, from major on", "check --quiet minor.pcap", 0},
		{"minor alone, from minor on", "check --quiet --fail-on minor minor.pcap", 1},
		{"never", "check --quiet --fail-on never suspect.pcap", 0},
		{"baseline in memory", "check --quiet --baseline base.pcap suspect.pcap", 1},
		{"flags behind the captures", "check suspect.pcap --fail-on=never --quiet", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, dir, "minor.pcap", pcap(t, suspect()[4]))
			if got := runIn(t, dir, "", strings.Fields(tt.args)...); got.status != tt.status || got.stderr != "" {
				t.Errorf("%+v, want status %d", got, tt.status)
			}
		})
	}
	t.Run("anomalies keep their numbers", func(t *testing.T) {
		got := runIn(t, dir, "", "check", "-q", "--anomalies", "suspect.pcap")
		if _, after, _ := strings.Cut(want, "\n"); got.stdout != after {
			t.Errorf("got\n%s\nwant\n%s", got.stdout, after)
		}
	})
	t.Run("devices", func(t *testing.T) {
		got := runIn(t, dir, "", "check", "-q", "--device", "203.0.113.7", "suspect.pcap")
		line := "  1. 10.42.0.130     --> 203.0.113.7     , ICMP                 | UNKNOWN DESTINATION IP\n"
		warning := "servmap: warning: services_map.json: device_ips is [203.0.113.7], the map's []\n"
		if got != (result{line, warning, 1}) {
			t.Errorf("got %+v, want\n%s", got, line)
		}
	})
	t.Run("many remote flows name the flag", func(t *testing.T) {
		got := runIn(t, dir, "", "check", "--local-network", "192.168.0.0/16", "suspect.pcap")
		if !strings.Contains(got.stderr, "100.0 % of the flows are between two remote hosts: name your own networks with --local-network") {
			t.Errorf("summary:\n%s", got.stderr)
		}
	})
}

func TestFilter(t *testing.T) {
	dir := folder(t)
	for _, tt := range []struct {
		name, filter string
		flows        int
	}{
		{"a host", "host 10.42.0.96", 1},
		{"a protocol", "icmp", 2},
		{"neither", "not icmp and not port 53", 2},
		{"everything", "", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := runIn(t, dir, "", "flows", "-q", "--filter", tt.filter, "suspect.pcap")
			if n := strings.Count(got.stdout, "\n") - 1; n != tt.flows || got.status != 0 {
				t.Errorf("%d flows, want %d: %+v", n, tt.flows, got)
			}
		})
	}
	t.Run("the summary counts what is left out", func(t *testing.T) {
		if got := runIn(t, dir, "", "flows", "--filter", "icmp", "suspect.pcap"); !strings.Contains(got.stderr, "3 packets left out by the filter\n") {
			t.Errorf("%s", got.stderr)
		}
	})
}

func TestReportFile(t *testing.T) {
	dir := folder(t)
	byFlag := runIn(t, dir, "", "check", "-q", "--report", "report.json", "suspect.pcap")
	asFormat := runIn(t, dir, "", "check", "-q", "--format", "json", "suspect.pcap")
	toFile := runIn(t, dir, "", "check", "-q", "--format", "json", "-o", "format.json", "suspect.pcap")
	file := read(t, dir, "report.json")
	if asFormat.stdout != file || read(t, dir, "format.json") != file || toFile.stdout != "" {
		t.Errorf("--report, --format json and its -o differ:\n%s\n%s\n%s", file, asFormat.stdout, read(t, dir, "format.json"))
	}
	toStdout := runIn(t, dir, "", "check", "-q", "--format", "json", "-o", "-", "suspect.pcap")
	if toStdout.stdout != file {
		t.Errorf("-o - is no standard output: %+v", toStdout)
	}
	if byFlag.status != 1 || asFormat.status != 1 || toFile.status != 1 {
		t.Errorf("status %d, %d, %d, want 1", byFlag.status, asFormat.status, toFile.status)
	}
	if got := runIn(t, dir, file, "report", "--format", "json", "-"); got != (result{stdout: file}) {
		t.Errorf("report -: %+v", got)
	}
	if got := runIn(t, dir, "[", "report", "-"); got.status != 2 || !strings.HasPrefix(got.stderr, "servmap: standard input:1:1: expected a report") {
		t.Errorf("report - of something else: %+v", got)
	}
	for _, format := range []string{"text", "table", "csv", "json"} {
		got := runIn(t, dir, "", "report", "--format", format, "report.json")
		if got.status != 0 || got.stderr != "" || !strings.Contains(got.stdout, "10.42.0.96") {
			t.Errorf("report --format %s: %+v", format, got)
		}
	}
	if got := runIn(t, dir, "", "report", "report.json"); !strings.HasSuffix(got.stdout, "\n+++++++ On 5 flows, 4 anomalies +++++++\n") {
		t.Errorf("grouped text:\n%s", got.stdout)
	}
}

func TestTheCSVOfFlowsStandsForTheCapture(t *testing.T) {
	dir := folder(t)
	for _, name := range []string{"base", "suspect"} {
		write(t, dir, name+".csv", runIn(t, dir, "", "flows", "-q", name+".pcap").stdout)
		var pandas strings.Builder
		for i, line := range strings.SplitAfter(read(t, dir, name+".csv"), "\n") {
			if line != "" {
				pandas.WriteString(strings.TrimPrefix(strings.Repeat("7", min(i, 1)), "") + "," + line)
			}
		}
		write(t, dir, name+".pandas.csv", pandas.String())
	}
	want := runIn(t, dir, "", "check", "-q", "suspect.pcap")
	for _, suffix := range []string{".csv", ".pandas.csv"} {
		if got := runIn(t, dir, "", "train", "-q", "base"+suffix, "-o", "csv.json"); got != (result{}) {
			t.Fatalf("train: %+v", got)
		}
		if a, b := withoutMeta(read(t, dir, "csv.json")), withoutMeta(read(t, dir, "services_map.json")); a != b {
			t.Errorf("the map of base%s:\n%s\nwant\n%s", suffix, a, b)
		}
		if got := runIn(t, dir, "", "check", "-q", "suspect"+suffix); got != want {
			t.Errorf("check suspect%s: %+v\nwant %+v", suffix, got, want)
		}
		if got := runIn(t, dir, read(t, dir, "suspect"+suffix), "check", "-q", "-"); got != want {
			t.Errorf("check of suspect%s on standard input: %+v\nwant %+v", suffix, got, want)
		}
	}
}

// TestThePipeOfAShell reads what <(command) stands for.
func TestThePipeOfAShell(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/dev/fd is looked into on Linux")
	}
	dir := folder(t)
	want := runIn(t, dir, "", "check", "-q", "suspect.pcap")
	for _, stdin := range []string{read(t, dir, "suspect.pcap"), runIn(t, dir, "", "flows", "-q", "suspect.pcap").stdout} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(w, stdin)
			_ = w.Close()
		}()
		cmd := program(dir, "check", "-q", "/dev/fd/3")
		cmd.ExtraFiles = []*os.File{r}
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run()
		_ = r.Close()
		if got := (result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestStandardInput(t *testing.T) {
	dir := folder(t)
	suspectBytes := read(t, dir, "suspect.pcap")
	want := runIn(t, dir, "", "check", "-q", "suspect.pcap")
	for _, args := range []string{"check -q -", "check -q", "check - -q"} {
		if got := runIn(t, dir, suspectBytes, strings.Fields(args)...); got != want {
			t.Errorf("%s: %+v, want %+v", args, got, want)
		}
	}
	t.Run("from a file", func(t *testing.T) {
		shell, err := exec.LookPath("sh")
		if err != nil {
			t.Skip("there is no sh")
		}
		cmd := exec.Command(shell, "-c", servmapBinary()+" check -q < suspect.pcap")
		cmd.Dir = dir
		if out, _ := cmd.Output(); string(out) != want.stdout {
			t.Errorf("got\n%s\nwant\n%s", out, want.stdout)
		}
	})
}

func TestOddNames(t *testing.T) {
	dir := folder(t)
	want := runIn(t, dir, "", "flows", "-q", "base.pcap").stdout
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"help", []string{"flows", "-q", "help"}},
		{"-q", []string{"flows", "--quiet", "--", "-q"}},
		{"a,b", []string{"flows", "-q", "a,b"}},
	} {
		write(t, dir, tt.name, read(t, dir, "base.pcap"))
		if got := runIn(t, dir, "", tt.args...); got != (result{want, "", 0}) {
			t.Errorf("%q: %+v", tt.args, got)
		}
	}
	t.Run("a name that a terminal would obey", func(t *testing.T) {
		got := runIn(t, dir, "", "flows", "no\x1b[31m\nsuch")
		if strings.ContainsAny(strings.TrimSuffix(got.stderr, "\n"), "\x1b\n") || got.status != 2 {
			t.Errorf("%+v", got)
		}
	})
}

func TestSplitCapturesMakeTheSameMap(t *testing.T) {
	dir := folder(t)
	all := baseline()
	write(t, dir, "1.pcap", pcap(t, all[:2]...))
	write(t, dir, "2.pcap", pcap(t, all[2:5]...))
	write(t, dir, "3.pcap", pcap(t, all[5:]...))
	want := withoutMeta(read(t, dir, "services_map.json"))
	var first string
	for _, order := range []string{"1.pcap 2.pcap 3.pcap", "3.pcap 1.pcap 2.pcap", "2.pcap 3.pcap 1.pcap"} {
		if got := runIn(t, dir, "", append([]string{"train", "-q", "-o", "split.json"}, strings.Fields(order)...)...); got != (result{}) {
			t.Fatalf("train %s: %+v", order, got)
		}
		m := read(t, dir, "split.json")
		if withoutMeta(m) != want {
			t.Errorf("%s:\n%s\nwant\n%s", order, withoutMeta(m), want)
		}
		if first == "" {
			first = m
		} else if m != first {
			t.Errorf("%s: another list of captures:\n%s\nbefore\n%s", order, m, first)
		}
	}
	var meta struct {
		Meta struct {
			Captures []struct {
				Name           string
				Packets, Flows int
			}
		} `json:"@servmap"`
	}
	if err := json.Unmarshal([]byte(first), &meta); err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(meta.Meta.Captures)
	if want := `[{"Name":"1.pcap","Packets":2,"Flows":2},{"Name":"2.pcap","Packets":3,"Flows":1},{"Name":"3.pcap","Packets":2,"Flows":2}]`; string(got) != want {
		t.Errorf("captures %s, want %s", got, want)
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	dir := folder(t)
	want := runIn(t, dir, "", "flows", "-q", "--workers", "1", "base.pcap", "suspect.pcap")
	if want.status != 0 || strings.Count(want.stdout, "\n") != 11 {
		t.Fatalf("flows: %+v, want 10 flows", want)
	}
	for _, n := range []string{"2", "8"} {
		if got := runIn(t, dir, "", "flows", "-q", "--workers", n, "base.pcap", "suspect.pcap"); got != want {
			t.Errorf("%s workers:\n%s\nwant\n%s", n, got.stdout, want.stdout)
		}
	}
}

func TestAppend(t *testing.T) {
	dir := folder(t)
	before := read(t, dir, "services_map.json")
	t.Run("the same capture is refused", func(t *testing.T) {
		write(t, dir, "renamed.pcap", read(t, dir, "base.pcap"))
		got := runIn(t, dir, "", "train", "-q", "--append", "renamed.pcap")
		want := result{"", "servmap: renamed.pcap: the map has learned it already, as base.pcap; --force adds it again\n", 2}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if read(t, dir, "services_map.json") != before {
			t.Error("and still the map was changed")
		}
	})
	t.Run("unless forced", func(t *testing.T) {
		if got := runIn(t, dir, "", "train", "-q", "--append", "--force", "base.pcap", "-o", "services_map.json"); got.status != 0 {
			t.Errorf("%+v", got)
		}
		write(t, dir, "services_map.json", before)
	})
	t.Run("another one is added", func(t *testing.T) {
		if got := runIn(t, dir, "", "train", "-q", "--append", "suspect.pcap"); got.status != 0 || got.stderr != "" {
			t.Fatalf("%+v", got)
		}
		if got := runIn(t, dir, "", "check", "-q", "--anomalies", "suspect.pcap"); got.stdout !=
			"  3. 10.42.0.130     --> 10.42.0.96      , Unknown              | UNKNOWN DESTINATION IP\n"+
				"  5. 10.42.0.130     --> 10.42.0.1       , Unknown              | UNKNOWN PROTOCOL\n" {
			t.Errorf("only what is Unknown stays unknown:\n%s", got.stdout)
		}
		both := runIn(t, dir, "", "train", "-q", "base.pcap", "suspect.pcap", "-o", "both.json")
		if both.status != 0 || read(t, dir, "both.json") != read(t, dir, "services_map.json") {
			t.Errorf("trained on both:\n%s\nadded one by one:\n%s", read(t, dir, "both.json"), read(t, dir, "services_map.json"))
		}
	})
	t.Run("to a map without the reserved key", func(t *testing.T) {
		write(t, dir, "plain.json", `{"10.9.9.9": {"remote": [5, "SSH"]}}`)
		if got := runIn(t, dir, "", "train", "-q", "--append", "base.pcap", "-o", "plain.json"); got != (result{}) {
			t.Errorf("%+v", got)
		}
		if m := read(t, dir, "plain.json"); !strings.Contains(m, `"remote": [5, "SSH"]`) || !strings.Contains(m, "base.pcap") {
			t.Errorf("the map:\n%s", m)
		}
	})
	t.Run("to a map that does not say its settings", func(t *testing.T) {
		write(t, dir, "bare.json", `{"@servmap": {"format": 1}}`)
		if got := runIn(t, dir, "", "train", "-q", "--append", "base.pcap", "-o", "bare.json"); got != (result{}) {
			t.Errorf("%+v", got)
		}
		if got := read(t, dir, "bare.json"); got != before {
			t.Errorf("the map:\n%s\nwant\n%s", got, before)
		}
	})
}

func TestTrainToStandardOutput(t *testing.T) {
	dir := folder(t)
	if got, want := runIn(t, dir, "", "train", "-q", "base.pcap", "-o", "-"), (result{stdout: read(t, dir, "services_map.json")}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMapWithoutTheReservedKey(t *testing.T) {
	dir := folder(t)
	want := runIn(t, dir, "", "check", "-q", "suspect.pcap")
	plain := strings.TrimSuffix(withoutMeta(read(t, dir, "services_map.json")), ",") + "\n}"
	write(t, dir, "plain.json", strings.ReplaceAll(plain, "\n", "\r\n"))
	if got := runIn(t, dir, "", "check", "-q", "--map", "plain.json", "suspect.pcap"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSettingsThatDiffer(t *testing.T) {
	dir := folder(t)
	got := runIn(t, dir, "", "check", "-q", "--fail-on", "never", "--idle-timeout", "30", "--active-timeout", "1m", "suspect.pcap")
	want := "servmap: warning: services_map.json: idle_timeout is 30s, the map's 2m0s\n" +
		"servmap: warning: services_map.json: active_timeout is 1m0s, the map's 30m0s\n"
	if got.stderr != want || got.status != 0 {
		t.Errorf("%+v, want the warnings\n%s", got, want)
	}
}

func TestSummary(t *testing.T) {
	dir := folder(t)
	seconds := regexp.MustCompile(`in \d+\.\d s`)
	got := runIn(t, dir, "", "train", "base.pcap")
	want := "services_map.json: 5 flows learned (0.0 % Unknown), 3 hosts, 2 pairs, 3 applications\n" +
		"7 packets, 450 B, 5 flows in N s\n"
	if text := seconds.ReplaceAllString(got.stderr, "in N s"); text != want || got.stdout != "" {
		t.Errorf("train said\n%s\nwant\n%s", text, want)
	}
	got = runIn(t, dir, "", "check", "suspect.pcap")
	want = "5 flows checked, 4 anomalies (3 major, 1 minor): 1 PROTOCOL NEVER USED, 1 UNKNOWN DESTINATION IP, 1 UNKNOWN SOURCE IP, 1 UNKNOWN PROTOCOL\n"
	if text, _, _ := strings.Cut(got.stderr, "5 packets"); text != want {
		t.Errorf("check said\n%s\nwant it to begin with\n%s", got.stderr, want)
	}
}

func TestListings(t *testing.T) {
	dir := t.TempDir()
	for _, command := range []string{"protocols", "interfaces"} {
		text := runIn(t, dir, "", command)
		csv := runIn(t, dir, "", command, "--format", "csv")
		asJSON := runIn(t, dir, "", command, "--format", "json")
		var rows []map[string]any
		if err := json.Unmarshal([]byte(asJSON.stdout), &rows); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if n := strings.Count(csv.stdout, "\n") - 1; n != len(rows) || strings.Count(text.stdout, "\n")-2 != n {
			t.Errorf("%s: %d rows of CSV, %d of JSON, text\n%s", command, n, len(rows), text.stdout)
		}
	}
	protocols := runIn(t, dir, "", "protocols", "--format", "csv").stdout
	for _, want := range []string{"\nDNS,protocol,Network,", "\nNetFlix,application,Video,"} {
		if !strings.Contains(protocols, want) {
			t.Errorf("no line begins with %q in\n%.500s", want, protocols)
		}
	}
}

func TestHelp(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		if got := runIn(t, dir, "", args...); got.status != 0 || got.stderr != "" || !strings.Contains(got.stdout, "completion") {
			t.Errorf("%q: %+v", args, got)
		}
	}
	for _, c := range commands {
		byName := runIn(t, dir, "", "help", c.name)
		byFlag := runIn(t, dir, "", c.name, "--help")
		if byName.status != 0 || byName.stdout == "" || byFlag != byName {
			t.Errorf("help %s: %+v\n%s --help: %+v", c.name, byName, c.name, byFlag)
		}
	}
	if got := runIn(t, dir, "", "version"); got.status != 0 || !strings.HasPrefix(got.stdout, "servmap ") || got != runIn(t, dir, "", "--version") {
		t.Errorf("version: %+v", got)
	}
}

func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			got := runIn(t, dir, "", "completion", shell)
			if got.status != 0 || !strings.Contains(got.stdout, "local-network") || !strings.Contains(got.stdout, "ndjson") {
				t.Errorf("%+v", got)
			}
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("there is no " + shell)
			}
			write(t, dir, shell, got.stdout)
			if out, err := exec.Command(program, "-n", filepath.Join(dir, shell)).CombinedOutput(); err != nil {
				t.Errorf("%s refuses it: %v\n%s", shell, err, out)
			}
		})
	}
	t.Run("bash answers", func(t *testing.T) {
		bash, err := exec.LookPath("bash")
		if err != nil {
			t.Skip("there is no bash")
		}
		script := runIn(t, dir, "", "completion", "bash").stdout
		for _, tt := range []struct {
			line string
			want []string
		}{
			{"servmap che", []string{"check"}},
			{"servmap check --fail", []string{"--fail-on"}},
			{"servmap check --fail-on m", []string{"major", "minor"}},
			{"servmap check --fail-on = m", []string{"major", "minor"}}, // bash cuts words at =
			{"servmap check --fail-on =", []string{"major", "minor", "never"}},
			{"servmap completion ", []string{"bash", "zsh", "fish"}},
		} {
			words := strings.Split(tt.line, " ")
			quoted := make([]string, len(words))
			for i, w := range words {
				quoted[i] = singleQuoted(w)
			}
			ask := script + "\nCOMP_WORDS=(" + strings.Join(quoted, " ") + "); COMP_CWORD=" + string(rune('0'+len(words)-1)) +
				"; _servmap; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
			out, err := exec.Command(bash, "-c", ask).Output()
			if err != nil || !slices.Equal(strings.Fields(string(out)), tt.want) {
				t.Errorf("%q is completed to %q, %v, want %q", tt.line, out, err, tt.want)
			}
		}
	})
}
