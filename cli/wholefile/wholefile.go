// Package wholefile replaces files atomically, locks a file that several processes change, and
// opens named pipes in a way that can be interrupted.
package wholefile

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Write replaces the file at path by what write writes. It writes a temporary file in the same
// directory, syncs it and renames it. If anything fails, the old file stays as it was, and the
// error is that of the system or of write.
//
// The new file has the mode of the old one, and its owner and group where the system allows
// that. A symbolic link is followed, even to a file that does not exist. Other hard links to
// the old file keep the old content. A device or a pipe is written to directly, and so is
// everything in /dev and /proc.
//
// Write removes temporary files of path that a killed process left.
//
// Write waits for the reader of a named pipe. When done is closed, it returns ErrNoReader. Done
// may be nil.
func Write(path string, done <-chan struct{}, write func(io.Writer) error) error {
	target, old, err := resolve(path)
	if err != nil {
		return err
	}
	if old != nil && !old.Mode().IsRegular() || special(path) {
		return direct(path, done, write)
	}
	removeLeftovers(target)
	f, err := create(target, old)
	if err != nil {
		return err
	}
	if old != nil {
		err = copyAttributes(f, old)
	}
	if err == nil {
		err = write(f)
	}
	if err == nil {
		err = system.sync(f)
	}
	if closeBeforeRename {
		err = errors.Join(err, f.Close())
	}
	if err == nil {
		err = system.rename(f.Name(), target)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	if !closeBeforeRename { // its lock kept others from removing it
		_ = f.Close() // synced before, or failed already
	}
	if err != nil {
		return err
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// system is what is asked of the operating system that tests must see.
var system = struct {
	sync   func(*os.File) error
	rename func(from, to string) error
}{(*os.File).Sync, os.Rename}

// special reports whether a path is one of those that stand for open
// descriptors or devices.
func special(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}

// resolve follows the symbolic links of a path. The file need not be there; then
// its FileInfo is nil.
func resolve(path string) (target string, old os.FileInfo, err error) {
	if old, err = os.Stat(path); err == nil {
		if target, err = filepath.EvalSymlinks(path); err != nil {
			target = path
		}
		return target, old, nil
	}
	const most = 40 // links in a row, as on Linux
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil, nil // creating the file tells what is wrong with it, if anything
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", nil, fmt.Errorf("%s: too many symbolic links", path)
}

// create opens a new file beside target and locks it, which tells others that
// somebody writes it.
func create(target string, old os.FileInfo) (*os.File, error) {
	mode := os.FileMode(0o666)
	if old != nil {
		mode = 0o600 // until it has the owner of the old one
	}
	for range 100 {
		f, err := os.OpenFile(temporaryName(target, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := lock(f); err == errLocked || err == nil && !same(f) {
			_ = f.Close() // another process took it for a leftover
			continue
		}
		return f, nil
	}
	return nil, fmt.Errorf("%s: no free name for a temporary file beside it", target)
}

// same reports whether a file still has its name.
func same(f *os.File) bool {
	a, errA := f.Stat()
	b, errB := os.Lstat(f.Name())
	return errA == nil && errB == nil && os.SameFile(a, b)
}

const temporaryDigits = 8

func temporaryName(target string, n uint32) string {
	return filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s.%0*x", filepath.Base(target), temporaryDigits, n))
}

// removeLeftovers removes the temporary files of target that no living process
// writes: those that can be locked. Where files cannot be locked they stay.
func removeLeftovers(target string) {
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		return
	}
	prefix := "." + filepath.Base(target) + "."
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || len(digits) != temporaryDigits || strings.Trim(digits, "0123456789abcdef") != "" || !e.Type().IsRegular() {
			continue
		}
		f, err := os.OpenFile(filepath.Join(filepath.Dir(target), e.Name()), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		switch free := lock(f) == nil && abandoned(f); {
		case free && closeBeforeRename:
			_ = f.Close()
			_ = os.Remove(f.Name())
		case free:
			_ = os.Remove(f.Name())
			_ = f.Close()
		default:
			_ = f.Close()
		}
	}
}

// syncFolder makes the rename last through a power cut, where the system can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = system.sync(d)
		_ = d.Close()
	}
}

func direct(path string, done <-chan struct{}, write func(io.Writer) error) error {
	f, err := Open(path, os.O_WRONLY, 0, done)
	if err != nil {
		return err
	}
	err = write(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
