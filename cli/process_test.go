//go:build unix

package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What takes a process of its own: standard output that is full or closed,
// signals, and what shells do with file descriptors.

func TestAFullStandardOutput(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	dir := folder(t)
	for _, args := range []string{
		"flows -q base.pcap", "check -q suspect.pcap", "check -q --format json suspect.pcap", "protocols",
		"info -q base.pcap", "version", "help", "check --help",
	} {
		t.Run(args, func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			cmd := program(dir, strings.Fields(args)...)
			var stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = full, &stderr
			_ = cmd.Run()
			got := result{"", stderr.String(), cmd.ProcessState.ExitCode()}
			if want := (result{"", "servmap: standard output: no space left on device\n", 4}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestAFullDiskKeepsTheWholeFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("mounting a small disk takes root on Linux")
	}
	dir := folder(t)
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o777); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no small disk: %v %s", err, out)
	}
	defer func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	}()
	old := `{"10.0.0.1": {"remote": [5, "SSH"]}}`
	write(t, disk, "map.json", old)
	write(t, disk, "report.json", old)
	write(t, disk, "fill", "")
	if f, err := os.OpenFile(filepath.Join(disk, "fill"), os.O_WRONLY, 0); err == nil {
		for {
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				break
			}
		}
		f.Close()
	}
	for _, args := range []string{
		"train -q --replace base.pcap -o disk/map.json", "check -q suspect.pcap --report disk/report.json",
		"check -q suspect.pcap --format json -o disk/report.json",
	} {
		got := runIn(t, dir, strings.Fields(args)...)
		if got.status != 4 || !strings.HasSuffix(got.stderr, ".json: no space left on device\n") {
			t.Errorf("%s: %+v, want status 4", args, got)
		}
	}
	entries, err := os.ReadDir(disk)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 || read(t, disk, "map.json") != old || read(t, disk, "report.json") != old {
		t.Errorf("the disk holds %v, %s and %s", entries, read(t, disk, "map.json"), read(t, disk, "report.json"))
	}
}

func TestAClosedStandardOutputIsASilentDeath(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd := program(dir, "flows", "base.pcap")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	_ = cmd.Run()
	w.Close()
	ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() || ws.Signal() != syscall.SIGPIPE || stderr.Len() != 0 {
		t.Errorf("ended with %v and %q, want by SIGPIPE without a word", cmd.ProcessState, &stderr)
	}
}

// TestThePipeOfAShell reads what <(command) stands for.
func TestThePipeOfAShell(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/fd is looked into on Linux")
	}
	dir := folder(t)
	want := runIn(t, dir, "check", "-q", "suspect.pcap")
	for _, stdin := range []string{read(t, dir, "suspect.pcap"), runIn(t, dir, "flows", "-q", "suspect.pcap").stdout} {
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

// TestTheShellsFile has a shell open standard input, which main passes on.
func TestTheShellsFile(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	dir := folder(t)
	want := runIn(t, dir, "check", "-q", "suspect.pcap")
	cmd := exec.Command(shell, "-c", servmapBinary()+" check -q < suspect.pcap")
	cmd.Dir = dir
	if out, _ := cmd.Output(); string(out) != want.stdout {
		t.Errorf("got\n%s\nwant\n%s", out, want.stdout)
	}
}

// TestInterruptedPipe sends SIGINT to a check of a pipe that stays open: what
// was read is judged and the report is written.
func TestInterruptedPipe(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd := program(dir, "check", "-q", "--report", "report.json", "-")
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer w.Close()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, read(t, dir, "suspect.pcap")); err != nil {
		t.Fatal(err)
	}
	for unread := 1; unread != 0; time.Sleep(10 * time.Millisecond) {
		if unread, err = unix.Poll([]unix.PollFd{{Fd: int32(in.Fd()), Events: unix.POLLIN}}, 0); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond) // it has read all, and is to wait for more
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	want := runIn(t, dir, "check", "-q", "suspect.pcap")
	if got := (result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if r := read(t, dir, "report.json"); !strings.Contains(r, `"tot_flows": 5,`) {
		t.Errorf("the report:\n%s", r)
	}
}

// TestInterruptedTraining sends SIGINT to a training on a large file: the old
// map stays.
func TestInterruptedTraining(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it writes a large file")
	}
	dir := folder(t)
	old := read(t, dir, "services_map.json")
	header := pcap(t)
	const packets = 1_000_000
	ping := strings.TrimPrefix(pcap(t, storedFrames(t, "suspect.txt")[1]), header)
	write(t, dir, "large.pcap", header+strings.Repeat(ping, packets))
	for _, wait := range []int{50, 100, 200, 400} {
		cmd := program(dir, "train", "-q", "--replace", "large.pcap")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(wait) * time.Millisecond)
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		switch status := cmd.ProcessState.ExitCode(); status {
		case 130:
			if read(t, dir, "services_map.json") != old {
				t.Error("the map was replaced")
			}
			return
		case -1: // it had not begun to wait for signals
		case 0:
			t.Skip("the machine is too fast to be interrupted")
		default:
			t.Fatalf("status %d", status)
		}
	}
	t.Error("never interrupted in order")
}
