package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// shell runs a command line of sh in dir, in which $S is the program.
func shell(t *testing.T, dir, line string) result {
	t.Helper()
	cmd := exec.Command("sh", "-c", line+"\nexit $?") // a shell that stays, and is the parent
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "S="+servmapBinary())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func TestClosedDescriptors(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	capture := read(t, dir, "base.pcap")
	flowsOf := runIn(t, dir, "flows", "-q", "base.pcap")
	const closed = "servmap: standard output: was closed when the program began\n"
	for _, tt := range []struct {
		line string
		want result
	}{
		{"$S flows -q base.pcap >&-", result{"", closed, 4}},
		{"$S check -q base.pcap >&-", result{"", closed, 4}},
		{"$S version >&-", result{"", closed, 4}},
		{"$S train -q base.pcap -o - >&-", result{"", closed, 4}},
		{"$S flows -q base.pcap >&- 2>&-", result{"", "", 4}},
		{"$S flows -q base.pcap -o /dev/fd/1 >&-", result{"", "servmap: /dev/fd/1: bad file descriptor\n", 4}},
		{"$S flows -q base.pcap -o /dev/fd/9", result{"", "servmap: /dev/fd/9: bad file descriptor\n", 4}},
		{"$S flows -q base.pcap -o /dev/fd/9 9>out && cat out", flowsOf},
		{"$S flows -q base.pcap 2>&-", flowsOf},
		{"$S flows base.pcap -o out 2>&- && cat out", flowsOf},
		{"$S flows -q gone.pcap 2>&-", result{"", "", 2}},
		{"$S flows -q base.pcap <&-", flowsOf},
		{"$S flows -q base.pcap >/dev/null", result{}},
		{"$S flows -q base.pcap </dev/null >/dev/null 2>&1", result{}},
	} {
		t.Run(tt.line, func(t *testing.T) {
			if got := shell(t, dir, tt.line); got != tt.want {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) { // as Go and Python open it
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := program(dir, "flows", "-q", "base.pcap")
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = null, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		null.Close()
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%v, %s", err, &stderr)
		}
	})
	if read(t, dir, "base.pcap") != capture {
		t.Error("the capture was changed")
	}
}

func TestStandardOutputIsAnInput(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	write(t, dir, "report.json", `{"tot_flows": 0}`)
	write(t, dir, "servmap.yaml", "applications_file: apps.txt\n")
	write(t, dir, "apps.txt", "LabWiki\n\twiki.example\n")
	for _, tt := range []struct{ line, file string }{
		{"$S flows -q base.pcap", "base.pcap"},
		{"$S flows -q - <base.pcap", "base.pcap"},
		{"$S flows -q base.pcap suspect.pcap -o -", "suspect.pcap"},
		{"$S info -q base.pcap", "base.pcap"},
		{"$S train -q base.pcap -o -", "base.pcap"},
		{"$S check -q suspect.pcap", "suspect.pcap"},
		{"$S check -q suspect.pcap", "services_map.json"},
		{"$S check -q suspect.pcap", "servmap.yaml"},
		{"$S check -q --format json suspect.pcap", "apps.txt"},
		{"$S check -q --baseline base.pcap suspect.pcap", "base.pcap"},
		{"$S report report.json", "report.json"},
		{"$S protocols", "servmap.yaml"},
	} {
		t.Run(tt.line+" >>"+tt.file, func(t *testing.T) {
			before := read(t, dir, tt.file)
			want := result{"", "servmap: standard output: the output would overwrite the input\n", 2}
			if got := shell(t, dir, tt.line+" >>"+tt.file); got != want || read(t, dir, tt.file) != before {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	if got := shell(t, dir, "$S flows -q base.pcap >base.pcap"); got != (result{"", "servmap: base.pcap: is empty\n", 2}) {
		t.Errorf("a capture that the shell emptied: %+v", got)
	}
}

// TestAPipeThatNobodyReads sends SIGTERM while the output waits for a reader.
func TestAPipeThatNobodyReads(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	for _, args := range []string{
		"flows -q base.pcap -o pipe", "train -q base.pcap -o pipe", "info -q base.pcap -o pipe", "check -q suspect.pcap -o pipe",
		"check -q suspect.pcap --report pipe -o rows", "check -q suspect.pcap --format json -o pipe", "protocols -o pipe",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			cmd := program(dir, strings.Fields(args)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			time.Sleep(500 * time.Millisecond)
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !late.Stop() || ws.ExitStatus() != 4 && ws.Signal() != syscall.SIGTERM {
				t.Errorf("ended with %v, want status 4 or SIGTERM", cmd.ProcessState)
			}
		})
	}
}

func TestTooManyOpenFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, limit := range []int{4, 7, 9, 11, 13, 15, 20, 40} {
		for _, args := range []string{"flows -q base.pcap -o out", "train -q --replace base.pcap"} {
			got := shell(t, dir, fmt.Sprintf("ulimit -n %d && $S %s", limit, args))
			said := got.stderr == "" && got.status == 0 || strings.Contains(got.stderr, "ulimit -n") && strings.Count(got.stderr, "\n") == 1 && got.status == 2
			if early := got.status >= 126 || strings.HasPrefix(got.stderr, "sh: "); !said && !early { // the shell or the loader failed
				t.Errorf("%s with %d files: %+v", args, limit, got)
			}
		}
	}
}
