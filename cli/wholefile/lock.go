package wholefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Lock keeps other processes from changing a file between our reading and our
// writing of it. It is held on a file of its own beside it, .NAME.lock, which
// is removed in the end, since the file itself is replaced by another. The lock of a process
// that was killed is free.
type Lock struct{ file *os.File }

// HeldError tells that another process holds the lock.
type HeldError struct {
	// Path is the file that is locked, Process the number of who holds it, 0 where that is
	// not known.
	Path    string
	Process int
	// Lasting is set where it said that it will hold the lock until it is stopped.
	Lasting bool
}

// Error says who holds the lock.
func (e *HeldError) Error() string {
	who := "another process"
	if e.Process != 0 {
		who = fmt.Sprintf("process %d", e.Process)
	}
	if e.Lasting {
		return fmt.Sprintf("%s: %s keeps it up to date; stop that first, or use another file", e.Path, who)
	}
	return fmt.Sprintf("%s: %s is changing it", e.Path, who)
}

// ErrNoLocks tells that files cannot be locked there.
var ErrNoLocks = errors.New("files cannot be locked here")

// errLocked tells that another process has a file locked.
var errLocked = errors.New("locked by another process")

// lockEvery is how often a lock that is held is tried.
const lockEvery = 50 * time.Millisecond

// Acquire takes the lock of the file at path, whose symbolic links it follows;
// the file need not be there. While another process holds it, it waits, so
// long as wait says at most, and tells waiting first; a lasting lock is not waited for. Then the
// error is a *HeldError. It also ends when done is closed. Lasting tells others that this lock
// is not worth waiting for. What is no regular file has no lock: the Lock is nil, which Release takes.
func Acquire(path string, lasting bool, wait time.Duration, done <-chan struct{}, waiting func(*HeldError)) (*Lock, error) {
	target, old, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if old != nil && !old.Mode().IsRegular() || special(path) {
		return nil, nil
	}
	name := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".lock")
	told := false
	for deadline := time.Now().Add(wait); ; {
		l, held, err := try(name, lasting)
		if l != nil || err != nil {
			return l, err
		}
		held.Path = path
		if held.Lasting || !time.Now().Before(deadline) {
			return nil, held
		}
		if !told && waiting != nil {
			waiting(held)
		}
		told = true
		select {
		case <-done:
			return nil, held
		case <-time.After(lockEvery):
		}
	}
}

const lastingWord = "lasting"

// try takes the lock, or tells who holds it.
func try(name string, lasting bool) (*Lock, *HeldError, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, nil, err
		}
		switch err := lock(f); {
		case err == errLocked:
			held := holder(f)
			_ = f.Close()
			return nil, held, nil
		case err != nil:
			_ = f.Close()
			return nil, nil, err
		case !same(f): // whoever held it removed it meanwhile
			_ = f.Close()
			continue
		}
		text := fmt.Sprintln(os.Getpid())
		if lasting {
			text = fmt.Sprintln(os.Getpid(), lastingWord)
		}
		if err := f.Truncate(0); err == nil {
			_, _ = f.WriteAt([]byte(text), 0) // it is for people
		}
		return &Lock{f}, nil, nil
	}
}

// holder reads who holds a lock.
func holder(f *os.File) *HeldError {
	var text [64]byte
	n, _ := f.ReadAt(text[:], 0)
	e := &HeldError{Lasting: strings.Contains(string(text[:n]), lastingWord)}
	_, _ = fmt.Sscan(string(text[:n]), &e.Process)
	return e
}

// Release gives the lock back.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	if !closeBeforeRename {
		_ = os.Remove(l.file.Name()) // before others can lock it
	}
	_ = l.file.Close()
	if closeBeforeRename {
		_ = os.Remove(l.file.Name()) // fails while others have it open
	}
}
