package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"servmap/cli/wholefile"
)

// hostileConfig says where to write, and calls anomalies by the name of what is none.
const hostileConfig = "servmap_file: stolen.json\nreport_file: stolen.json\nout_file: stolen.json\nno_error: fine\nsrc_ip_error: \" Fine\"\n" +
	"dst_ip_error: \"a\\nb\\x1b[2J\"\nfail_on: never\n"

func TestAConfigurationThatWasFoundNamesNoOutput(t *testing.T) {
	warning := func(key string) string {
		return "servmap: warning: servmap.yaml: the wording of UNKNOWN SOURCE IP, \" Fine\", is that of NONE\n" +
			"servmap: warning: servmap.yaml: " + key + " is not written to, because the configuration was found and not named; --config servmap.yaml allows it\n"
	}
	for _, tt := range []struct{ args, key string }{
		{"train -q base.pcap", "servmap_file"},
		{"check -q suspect.pcap --map map.json", "report_file"},
		{"flows -q base.pcap", "out_file"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			dir := folder(t)
			write(t, dir, "map.json", read(t, dir, "services_map.json"))
			write(t, dir, "servmap.yaml", hostileConfig)
			write(t, dir, "stolen.json", "mine")
			got := runIn(t, dir, "", strings.Fields(tt.args)...)
			if got.status != 0 || got.stderr != warning(tt.key) || read(t, dir, "stolen.json") != "mine" {
				t.Errorf("%+v, and the file holds %.20q", got, read(t, dir, "stolen.json"))
			}
			if got = runIn(t, dir, "", append(strings.Fields(tt.args), "--config", "servmap.yaml")...); got.status != 0 || read(t, dir, "stolen.json") == "mine" {
				t.Errorf("with --config: %+v, and the file is as it was", got)
			}
		})
	}
	t.Run("and is named in the summary", func(t *testing.T) {
		dir := folder(t)
		write(t, dir, "servmap.yaml", "fail_on: never\n")
		if got := runIn(t, dir, "", "check", "suspect.pcap"); !strings.Contains(got.stderr, "\nsettings from servmap.yaml\n") {
			t.Errorf("%+v", got)
		}
	})
}

// TestWordingChangesTextAlone compares everything but text with a run without words of its own.
func TestWordingChangesTextAlone(t *testing.T) {
	dir := folder(t)
	write(t, dir, "own.yaml", hostileConfig)
	for _, format := range []string{"table", "csv", "ndjson", "json"} {
		want := runIn(t, dir, "", "check", "-q", "--format", format, "--report", "want.json", "suspect.pcap", "--fail-on", "major")
		got := runIn(t, dir, "", "check", "-q", "--format", format, "--report", "got.json", "suspect.pcap", "--fail-on", "major", "--config", "own.yaml", "--map", "services_map.json")
		if got.stdout != want.stdout || got.status != want.status || read(t, dir, "got.json") != read(t, dir, "want.json") {
			t.Errorf("%s: got %+v, want %+v", format, got, want)
		}
	}
	if got := runIn(t, dir, "", "check", "-q", "--config", "own.yaml", "--map", "services_map.json", "suspect.pcap"); !strings.Contains(got.stdout, `| a\x0ab\x1b[2J`+"\n") || strings.Count(got.stdout, "\n") != 5 {
		t.Errorf("text: %+v", got)
	}
}

func TestConfigurationsThatAreNoFiles(t *testing.T) {
	dir := folder(t)
	large := strings.Repeat("# comment\n", (1<<20)/10+1)
	write(t, dir, "large.yaml", large)
	if got, want := runIn(t, dir, "", "flows", "-q", "--config", "large.yaml", "base.pcap"), (result{"", "servmap: large.yaml: is longer than 1048576 bytes\n", 2}); got != want {
		t.Errorf("a large one: %+v, want %+v", got, want)
	}
	write(t, dir, "servmap.yaml", large)
	if got, want := runIn(t, dir, "", "flows", "-q", "base.pcap"), (result{"", "servmap: servmap.yaml: is longer than 1048576 bytes\n", 2}); got != want {
		t.Errorf("a large one that was found: %+v, want %+v", got, want)
	}
	for _, path := range []string{"/dev/zero", "."} {
		name := filepath.Join(dir, "servmap.yaml")
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, name); err != nil {
			t.Skip(err)
		}
		want := result{"", "servmap: servmap.yaml: is no regular file, and the configuration was found and not named with --config\n", 2}
		if got := runIn(t, dir, "", "flows", "-q", "base.pcap"); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

// TestOutputsAreNoInputs names the configuration and what it names as outputs.
func TestOutputsAreNoInputs(t *testing.T) {
	dir := folder(t)
	write(t, dir, "apps.txt", "LabWiki\n\twiki.example\n")
	write(t, dir, "servmap.yaml", "applications_file: apps.txt\n")
	write(t, dir, "report.json", `{"tot_flows": 0}`)
	for _, args := range []string{
		"flows -q base.pcap -o", "train -q base.pcap -o", "train -q base.pcap --append -o", "check -q suspect.pcap -o", "check -q suspect.pcap --report",
		"check -q suspect.pcap --format json -o", "info -q base.pcap -o", "report report.json -o", "protocols -o",
	} {
		for _, name := range []string{"servmap.yaml", "apps.txt"} {
			before := read(t, dir, name)
			got := runIn(t, dir, "", append(strings.Fields(args), name)...)
			if got.status != 2 || read(t, dir, name) != before {
				t.Errorf("%s %s: %+v", args, name, got)
			}
		}
	}
}

// TestAppendingAtTheSameTime has many processes add to one map: all that they learn stays.
func TestAppendingAtTheSameTime(t *testing.T) {
	dir := folder(t)
	const processes = 8
	var all []*exec.Cmd
	for i := range processes {
		name := fmt.Sprintf("%d.pcap", i)
		write(t, dir, name, pcap(t, frame{float64(i), "icmp", fmt.Sprintf("10.7.0.%d", i), "10.42.0.1", "", "ping"}))
		cmd := program(dir, "train", "-q", "--append", name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd, err)
		}
	}
	text := read(t, dir, "services_map.json")
	for i := range processes {
		if !strings.Contains(text, fmt.Sprintf("\"10.7.0.%d\": {", i)) || !strings.Contains(text, fmt.Sprintf("\"%d.pcap\"", i)) {
			t.Errorf("what process %d learned is lost", i)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestAMapThatIsKeptUpToDate holds the lock as a live training does.
func TestAMapThatIsKeptUpToDate(t *testing.T) {
	dir := folder(t)
	lock, err := wholefile.Acquire(filepath.Join(dir, "services_map.json"), true, 0, nil, nil)
	if err != nil {
		t.Skip(err)
	}
	defer lock.Release()
	want := result{"", fmt.Sprintf("servmap: services_map.json: process %d keeps it up to date; stop that first, or use another file\n", os.Getpid()), 2}
	for _, args := range []string{"train -q suspect.pcap", "train -q --append suspect.pcap"} {
		if got := runIn(t, dir, "", strings.Fields(args)...); got != want {
			t.Errorf("%s: got %+v, want %+v", args, got, want)
		}
	}
	if got := runIn(t, dir, "", "check", "-q", "suspect.pcap"); got.status != 1 || got.stderr != "" {
		t.Errorf("reading it: %+v", got)
	}
}

func TestAMapThatIsBeingChanged(t *testing.T) {
	dir := folder(t)
	lock, err := wholefile.Acquire(filepath.Join(dir, "services_map.json"), false, 0, nil, nil)
	if err != nil {
		t.Skip(err)
	}
	time.AfterFunc(300*time.Millisecond, lock.Release)
	got := runIn(t, dir, "", "train", "--append", "suspect.pcap")
	want := fmt.Sprintf("services_map.json: process %d is changing it: waiting for it, 30s at most\n", os.Getpid())
	if got.status != 0 || !strings.HasPrefix(got.stderr, want) {
		t.Errorf("%+v, want it to begin with %q", got, want)
	}
}

// spoofed is a capture in which so many local addresses ping one.
func spoofed(t *testing.T, n int) string {
	t.Helper()
	var frames []frame
	for i := range n {
		frames = append(frames, frame{float64(i), "icmp", fmt.Sprintf("10.7.0.%d", i), "10.42.0.1", "", "ping"})
	}
	return pcap(t, frames...)
}

func TestLimitsOfMapAndReport(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "spoofed.pcap", spoofed(t, 10))
	write(t, dir, "empty.json", "{}")
	write(t, dir, "limits.yaml", "max_hosts: 4\n")
	warning := func(n int, what string) string {
		return fmt.Sprintf("servmap: warning: %d flows are not in %s: it has room for as many hosts and pairs as --max-hosts and --max-pairs say, and the first are kept\n", n, what)
	}
	whole := runIn(t, dir, "", "check", "-q", "--map", "empty.json", "spoofed.pcap")
	for _, tt := range []struct {
		args, stderr, file, want string
	}{
		{"train -q spoofed.pcap --max-pairs 3 -o m.json", warning(7, "m.json"), "m.json", `"10.7.0.2": {`},
		{"train -q spoofed.pcap --config limits.yaml -o m.json", warning(7, "m.json"), "m.json", `"10.7.0.2": {`},
		{"train -q spoofed.pcap --append --max-hosts 5 -o m.json --force", warning(6, "m.json"), "m.json", `"10.7.0.3": {`},
		{"check -q --map empty.json --max-hosts 4 --report r.json spoofed.pcap", warning(7, "the report"), "r.json", `"10.7.0.2": {`},
		{"train -q spoofed.pcap --max-pairs 0 --max-hosts 0 -o all.json", "", "all.json", `"10.7.0.9": {`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			got := runIn(t, dir, "", strings.Fields(tt.args)...)
			if got.stderr != tt.stderr || got.status != 0 && got.status != whole.status {
				t.Errorf("%+v, want %q", got, tt.stderr)
			}
			if got.stdout != "" && got.stdout != whole.stdout {
				t.Errorf("the verdicts are\n%s\nwant\n%s", got.stdout, whole.stdout)
			}
			text := read(t, dir, tt.file)
			hosts := strings.Count(text, `"10.7.0.`)
			if last := strings.LastIndex(text, `"10.7.0.`); !strings.HasPrefix(text[last:], tt.want) || tt.file == "r.json" && !strings.Contains(text, `"tot_flows": 10,`) {
				t.Errorf("%d hosts:\n%s", hosts, text)
			}
		})
	}
}
