//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package wholefile

import "os"

// lock returns ErrNoLocks.
func lock(*os.File) error { return ErrNoLocks }
