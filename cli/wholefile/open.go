package wholefile

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrNoReader tells that a named pipe was not opened because nobody reads it.
var ErrNoReader = errors.New("nobody reads this pipe")

// pipeEvery is how often a named pipe is tried.
const pipeEvery = 20 * time.Millisecond

// Open is os.OpenFile for writing, but can be interrupted while a named pipe has no reader: it
// returns ErrNoReader when done is closed. With a nil done it waits for ever, and signals end
// the program as usual. A descriptor in /dev/fd that was closed when the program began is an
// error, even if its number is in use again.
func Open(path string, flag int, perm os.FileMode, done <-chan struct{}) (*os.File, error) {
	if closedDescriptor(path) {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EBADF}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return os.OpenFile(path, flag, perm)
	}
	// A pipe that is opened for reading too has a reader, ourselves, and what is written is lost.
	flag = flag&^(os.O_CREATE|os.O_TRUNC|os.O_RDWR) | os.O_WRONLY | syscall.O_NONBLOCK
	for {
		f, err := os.OpenFile(path, flag, perm)
		if !errors.Is(err, syscall.ENXIO) {
			return f, err
		}
		select {
		case <-done:
			return nil, &os.PathError{Op: "open", Path: path, Err: ErrNoReader}
		case <-time.After(pipeEvery):
		}
	}
}
