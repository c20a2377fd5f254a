package wholefile

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// acquire takes the lock, or skips the test where there are none.
func acquire(t *testing.T, path string, lasting bool, wait time.Duration) (*Lock, error) {
	t.Helper()
	l, err := Acquire(path, lasting, wait, nil, nil)
	if errors.Is(err, ErrNoLocks) {
		t.Skip(err)
	}
	return l, err
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "map.json")
	first, err := acquire(t, path, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is held while the file is replaced", func(t *testing.T) {
		if err := Write(path, nil, write("new")); err != nil {
			t.Fatal(err)
		}
		var held *HeldError
		_, err := acquire(t, path, false, 10*time.Millisecond)
		if !errors.As(err, &held) || *held != (HeldError{path, os.Getpid(), false}) {
			t.Errorf("error %v, want that this process holds it", err)
		}
	})
	t.Run("by every name", func(t *testing.T) {
		link := filepath.Join(dir, "link")
		if err := os.Symlink("map.json", link); err != nil {
			t.Skip(err)
		}
		defer os.Remove(link)
		if _, err := acquire(t, link, false, 0); err == nil {
			t.Error("the link has a lock of its own")
		}
	})
	t.Run("is waited for", func(t *testing.T) {
		var waited []*HeldError
		time.AfterFunc(2*lockEvery, first.Release)
		second, err := Acquire(path, true, time.Minute, nil, func(h *HeldError) { waited = append(waited, h) })
		if err != nil || len(waited) != 1 {
			t.Fatalf("error %v, told %v", err, waited)
		}
		t.Run("but not where it lasts", func(t *testing.T) {
			began := time.Now()
			_, err := Acquire(path, false, time.Minute, nil, nil)
			var held *HeldError
			if !errors.As(err, &held) || !held.Lasting || time.Since(began) > 10*time.Second {
				t.Errorf("error %v after %v", err, time.Since(began))
			}
		})
		second.Release()
	})
	t.Run("ends the waiting when done", func(t *testing.T) {
		l, err := acquire(t, path, false, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release()
		done := make(chan struct{})
		close(done)
		if _, err := Acquire(path, false, time.Minute, done, nil); err == nil {
			t.Error("it was taken twice")
		}
	})
	t.Run("of a killed process is free", func(t *testing.T) {
		l, err := acquire(t, path, true, 0)
		if err != nil {
			t.Fatal(err)
		}
		l.file.Close() // as the system does
		if l, err = acquire(t, path, false, 0); err != nil {
			t.Fatal(err)
		}
		l.Release()
	})
	if got := names(t, dir); !reflect.DeepEqual(got, []string{"map.json"}) {
		t.Errorf("left behind: %v", got)
	}
	for _, path := range []string{os.DevNull, filepath.Join(dir, "no", "map.json")} {
		l, err := acquire(t, path, false, 0)
		if l != nil || (err == nil) != (path == os.DevNull) {
			t.Errorf("%s: lock %v, error %v", path, l, err)
		}
		l.Release()
	}
}

// TestTheLockFileMayBeRemoved has many take the lock and remove its file, as fast as they
// can: whoever opened the file before it was removed must not think that it holds the lock.
func TestTheLockFileMayBeRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "map.json")
	if l, err := acquire(t, path, false, 0); err == nil {
		l.Release()
	}
	var group sync.WaitGroup
	var holders, most atomic.Int32
	for range 8 {
		group.Go(func() {
			for range 400 {
				l, _, err := try(path+".lock", false)
				if err != nil {
					t.Error(err)
				}
				if l == nil {
					continue
				}
				if n := holders.Add(1); n > 1 {
					most.Store(n)
				}
				time.Sleep(50 * time.Microsecond)
				holders.Add(-1)
				l.Release()
			}
		})
	}
	group.Wait()
	if n := most.Load(); n > 1 {
		t.Errorf("%d held the lock at once", n)
	}
}

// TestTheLockIsNeverHeldTwice has many add to a counter in a file.
func TestTheLockIsNeverHeldTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "count")
	const writers, rounds = 8, 20
	if err := Write(path, nil, write("")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range rounds {
				l, err := Acquire(path, false, time.Minute, nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if err := Write(path, nil, write(content(t, path)+"x")); err != nil {
					t.Error(err)
				}
				l.Release()
			}
		})
	}
	group.Wait()
	if got := len(content(t, path)); got != writers*rounds {
		t.Errorf("%d of %d changes are left", got, writers*rounds)
	}
}
