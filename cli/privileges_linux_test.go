package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// threadsOf reads what the system says of every thread of a process: user, capabilities, no_new_privs.
func threadsOf(t *testing.T, pid int) (all []string) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	field := regexp.MustCompile(`(?m)^(Uid|Groups|CapPrm|CapEff|NoNewPrivs):\s*(.*?)\s*$`)
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that has ended
		}
		var words []string
		for _, f := range field.FindAllStringSubmatch(string(text), -1) {
			words = append(words, f[1]+" "+strings.Join(strings.Fields(f[2]), " "))
		}
		all = append(all, strings.Join(words, ", "))
	}
	return all
}

// TestLiveGivesUpPrivileges reads of every thread of a live capture that it has no capability left, and with --user that
// it is that user's.
func TestLiveGivesUpPrivileges(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("it takes root to give up root")
	}
	n := loopback(t)
	nobody := "65534"
	if out, err := exec.Command("id", "-u", "nobody").Output(); err == nil {
		nobody = strings.TrimSpace(string(out))
	}
	const none = "CapPrm 0000000000000000, CapEff 0000000000000000, NoNewPrivs 1"
	for _, test := range []struct{ flags, want string }{
		{"", "Uid 0 0 0 0, .*" + none},
		{"-o lines", "Uid 0 0 0 0, .*CapPrm 000000000000000b, CapEff 000000000000000b, NoNewPrivs 1"},
		{"--user nobody", strings.ReplaceAll("Uid N N N N, Groups \\d+, ", "N", nobody) + none},
	} {
		r := launch(t, n.servmap(t.TempDir(), append([]string{"flows", "-i", "lo", "--format", "text"}, strings.Fields(test.flags)...)...))
		waitFor(t, "the capture", func() bool { return strings.Contains(r.stderr.String(), "listening on lo\n") })
		want := regexp.MustCompile("^" + test.want + "$")
		threads := threadsOf(t, r.Process.Pid)
		for _, have := range threads {
			if !want.MatchString(have) {
				t.Errorf("%q: %s, want %s", test.flags, have, test.want)
			}
		}
		if len(threads) < 2 {
			t.Errorf("%q: %d threads", test.flags, len(threads))
		}
		n.datagrams(t, "127.0.0.1:40404", 2)
		if status := r.end(t, os.Interrupt); status != 0 {
			t.Errorf("%q: status %d: %s", test.flags, status, r.stderr.String())
		}
	}
	r := launch(t, n.servmap(t.TempDir(), "flows", "-i", "lo", "--user", "nobody-of-that-name"))
	if status := r.end(t, nil); status != 2 || !strings.Contains(r.stderr.String(), "--user nobody-of-that-name: there is no such user") {
		t.Errorf("status %d: %s", status, r.stderr.String())
	}
}

// TestLiveOpensItsOutputAgain takes the output away as a rotation of logs does: after SIGHUP lines go to a new file, which
// begins with the heading, too.
func TestLiveOpensItsOutputAgain(t *testing.T) {
	t.Parallel()
	n := loopback(t)
	dir := t.TempDir()
	r := launch(t, n.servmap(dir, "flows", "-q", "-i", "lo", "--format", "csv", "-o", "log"))
	waitFor(t, "the capture", func() bool { return n.captures(t) == 1 })
	waitFor(t, "the heading", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		return err == nil && strings.HasPrefix(string(text), "id,")
	})
	if err := os.Rename(filepath.Join(dir, "log"), filepath.Join(dir, "log.1")); err != nil {
		t.Fatal(err)
	}
	if err := r.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the new file", func() bool {
		_, err := os.Stat(filepath.Join(dir, "log"))
		return err == nil
	})
	n.datagrams(t, "127.0.0.1:40404", 2)
	status := r.end(t, os.Interrupt)
	old, now := read(t, dir, "log.1"), read(t, dir, "log")
	if status != 0 || strings.Count(old, "\n") != 1 || !strings.HasPrefix(now, old) || !strings.Contains(now, "40404") {
		t.Errorf("status %d, the old file:\n%s\nthe new one:\n%s\n%s", status, old, now, r.stderr.String())
	}
}
