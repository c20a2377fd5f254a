//go:build unix

package pcapio

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// TestInterruptPipes interrupts waiting for a named pipe that nobody writes to, and for one
// whose writer says nothing, or stops in the middle.
func TestInterruptPipes(t *testing.T) {
	whole := newPcap(little, magicMicro, 2, 4, 0, 1).packet(1, 2, "abcd").packet(1, 2, "abcd").b
	for _, tt := range []struct {
		name   string
		writes []byte
		writer bool
	}{
		{"no writer", nil, false}, {"a silent writer", nil, true}, {"half a header", whole[:10], true},
		{"half a record", whole[:50], true}, {"half a gzip", []byte{0x1f, 0x8b, 8, 0, 0, 0}, true},
	} {
		for _, others := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, with %d files", tt.name, others), func(t *testing.T) {
				t.Parallel()
				path := fifo(t)
				if tt.writer {
					go func() {
						f, err := os.OpenFile(path, os.O_WRONLY, 0)
						if err == nil {
							f.Write(tt.writes)
							t.Cleanup(func() { f.Close() })
						}
					}()
				}
				paths := []string{path, write(t, "file", whole)}[:1+others]
				done := make(chan struct{})
				time.AfterFunc(30*time.Millisecond, func() { close(done) })
				began := time.Now()
				r, err := Open(paths, Options{Done: done})
				for err == nil {
					var p Packet
					err = r.Next(&p)
				}
				if r != nil {
					defer r.Close()
				}
				if err != ErrInterrupted || time.Since(began) > 5*time.Second {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		}
	}
}

// TestOpenInterruptible closes what is opened too late.
func TestOpenInterruptible(t *testing.T) {
	path := fifo(t)
	done := make(chan struct{})
	close(done)
	opened := make(chan *os.File, 1)
	_, err := openInterruptible(done, nil, func() (*os.File, error) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		opened <- f
		return f, err
	})
	if err != ErrInterrupted {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if data, err := io.ReadAll(reader); err != nil || len(data) != 0 {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := (<-opened).Write([]byte("x")); err == nil {
		t.Error("it is open still")
	}
}

// TestInterruptible passes a pipe through, and ends while it is silent.
func TestInterruptible(t *testing.T) {
	r, w := io.Pipe()
	done := make(chan struct{})
	in := Interruptible(r, done)
	go func() {
		io.WriteString(w, "said")
		close(done)
	}()
	got, err := io.ReadAll(in)
	if string(got) != "said" || err != ErrInterrupted {
		t.Errorf("%q, %v", got, err)
	}
	got, err = io.ReadAll(Interruptible(strings.NewReader("to the end"), nil))
	if string(got) != "to the end" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// captures writes n captures of two packets each, one behind the other in time or all of
// the same time.
func captures(t *testing.T, n int, together bool) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i := range n {
		at := uint32(10 * i)
		if together {
			at = 0
		}
		path := filepath.Join(dir, fmt.Sprintf("%03d.pcap", i))
		if err := os.WriteFile(path, newPcap(little, magicMicro, 2, 4, 0, 1).packet(at, 0, "abcd").packet(at+5, 0, "abcd").b, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// TestOpenFiles reads more captures than may be open at once, and says so where more would
// have to be.
func TestOpenFiles(t *testing.T) {
	inOrder, together := captures(t, 100, false), captures(t, 100, true)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = 40
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Skip(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	if got, damage := readAll(t, Options{}, inOrder...); len(got) != 200 || damage != nil {
		t.Errorf("one behind the other: %d packets, damage %.300q", len(got), damage)
	}
	got, damage := readAll(t, Options{}, together...)
	const want = ": damaged at packet 1, byte 0: it cannot be opened again: too many open files, at most 40 may be; raise the limit with ulimit -n"
	if missing := 100 - len(got)/2; len(damage) != missing || missing == 0 || !strings.Contains(damage[0], want) {
		t.Errorf("of the same time: %d packets, damage %.300q", len(got), damage)
	}
	var held []*os.File
	for {
		f, err := os.Open("/dev/null")
		if err != nil {
			break
		}
		held = append(held, f)
	}
	_, err := Open(inOrder, Options{})
	for _, f := range held {
		f.Close()
	}
	if want := "too many open files, at most 40 may be; raise"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("none to be had: %v", err)
	}
}

// TestManyNames tells files of the same size apart without comparing each with each.
func TestManyNames(t *testing.T) {
	seen := map[fileKey]bool{}
	for _, path := range captures(t, 50, true) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		seen[keyOf(info)] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d keys for 50 files", len(seen))
	}
}
