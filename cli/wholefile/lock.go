package wholefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Lock keeps other processes from changing a file while we read, change and write it. The
// file itself is replaced, so the lock is on another one beside it, .NAME.lock, which Release
// removes. The system frees the lock of a process that is killed.
type Lock struct{ file *os.File }

// HeldError tells that another process holds the lock.
type HeldError struct {
	// Path is the locked file. Process is the ID of the process that holds the lock, 0 where
	// it is not known.
	Path    string
	Process int
	// Lasting is set where that process holds the lock until it is stopped.
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

// Acquire takes the lock of the file at path, which need not exist. It follows symbolic links.
// Where another process holds the lock, Acquire calls waiting once and then waits for at most
// wait, or until done is closed; it does not wait for a lasting lock. If it gives up, the error
// is a *HeldError. Set lasting where the lock will be held until the process is stopped. A file
// that is not regular has no lock: the Lock is then nil, which Release accepts.
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
