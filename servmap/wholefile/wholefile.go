// Package wholefile writes files whole or not at all.
package wholefile

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write puts what write writes in place of the file at path: into a temporary
// file in the same directory, which is synced and renamed. Where anything
// fails the old file stays as it was, and the error is that of the system or of write. What is no regular file, such as a
// device or a pipe, is written to directly. A symbolic link is followed.
func Write(path string, write func(io.Writer) error) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		target = path
	}
	mode := os.FileMode(0o666)
	old, err := os.Stat(target)
	if err == nil {
		if !old.Mode().IsRegular() {
			return direct(target, write)
		}
		mode = old.Mode().Perm()
	}
	f, err := create(target, mode)
	if err != nil {
		return err
	}
	if old != nil { // the umask must not take from what the old file had
		err = f.Chmod(mode)
	}
	if err == nil {
		err = write(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return err
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// create opens a new file beside target.
func create(target string, mode os.FileMode) (*os.File, error) {
	for range 100 {
		name := filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s.%08x", filepath.Base(target), rand.Uint32()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !os.IsExist(err) {
			return f, err
		}
	}
	return nil, fmt.Errorf("%s: no free name for a temporary file beside it", target)
}

// syncFolder makes the rename last through a power cut, where the system can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func direct(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = write(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
