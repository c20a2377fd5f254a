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

// TestAppendingAtTheSameTime has many processes add to one map: all that they learn stays.
func TestAppendingAtTheSameTime(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	dir := folder(t)
	lock, err := wholefile.Acquire(filepath.Join(dir, "services_map.json"), true, 0, nil, nil)
	if err != nil {
		t.Skip(err)
	}
	defer lock.Release()
	want := result{"", fmt.Sprintf("servmap: services_map.json: process %d keeps it up to date; stop that first, or use another file\n", os.Getpid()), 2}
	for _, args := range []string{"train -q suspect.pcap", "train -q --replace suspect.pcap", "train -q --append suspect.pcap", "prune -q --unseen 1d services_map.json"} {
		if got := runIn(t, dir, strings.Fields(args)...); got != want {
			t.Errorf("%s: got %+v, want %+v", args, got, want)
		}
	}
	if got := runIn(t, dir, "check", "-q", "--fail-on", "major", "suspect.pcap"); got.status != 1 || got.stderr != "" {
		t.Errorf("reading it: %+v", got)
	}
}

func TestAMapThatIsBeingChanged(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	lock, err := wholefile.Acquire(filepath.Join(dir, "services_map.json"), false, 0, nil, nil)
	if err != nil {
		t.Skip(err)
	}
	time.AfterFunc(300*time.Millisecond, lock.Release)
	got := runIn(t, dir, "train", "--append", "suspect.pcap")
	want := fmt.Sprintf("services_map.json: process %d is changing it: waiting for it, 30s at most\n", os.Getpid())
	if got.status != 0 || !strings.HasPrefix(got.stderr, want) {
		t.Errorf("%+v, want it to begin with %q", got, want)
	}
}
