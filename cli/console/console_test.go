package console

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"servmap/pcapio"
)

func TestProgressLine(t *testing.T) {
	for _, tt := range []struct {
		p     pcapio.Progress
		spent time.Duration
		want  string
	}{
		{pcapio.Progress{Read: 250_000_000, Size: 1_000_000_000, Packets: 500_000}, 2 * time.Second, "250.0 MB of 1.0 GB (25 %), 250000 packets/s, 6s left"},
		{pcapio.Progress{Read: 999, Size: -1, Packets: 10}, time.Second, "999 B, 10 packets/s"},
		{pcapio.Progress{Size: 1000}, 0, "0 B of 1.0 kB (0 %)"},
	} {
		if got := progressLine(tt.p, tt.spent); got != tt.want {
			t.Errorf("%+v after %v: %q, want %q", tt.p, tt.spent, got, tt.want)
		}
	}
}

func TestByteCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 2_527_774: "2.5 MB", 1e9: "1.0 GB", 5e15: "5000.0 TB"} {
		if got := ByteCount(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestRewriter sees the file grow while the rewriter is at work, and whole at the end.
func TestRewriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	c := &Console{Messages: io.Discard}
	n := 0
	r := c.rewriteEvery(time.Millisecond, path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%d\n", n)
		return err
	})
	r.Change(func() { n = 1 })
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "1\n" {
		t.Errorf("while at work it holds %q, %v", data, err)
	}
	r.Change(func() { n = 2 })
	if err := r.Stop(true); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "2\n" {
		t.Errorf("at the end it holds %q, %v", data, err)
	}
	t.Run("nothing is written where nothing is wanted", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kept")
		if err := c.rewriteEvery(time.Hour, path, func(io.Writer) error { return errors.New("asked") }).Stop(false); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file is there: %v", err)
		}
	})
}
