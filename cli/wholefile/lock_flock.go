//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package wholefile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock locks a file until it is closed, or returns errLocked or ErrNoLocks.
func lock(f *os.File) error {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.EWOULDBLOCK:
			return errLocked
		default: // file systems that have no locks say so in many ways
			return ErrNoLocks
		}
	}
}
