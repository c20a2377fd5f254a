//go:build unix

package pcapio

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openFilesReason says what to do where too many files are open, and is empty for
// other errors.
func openFilesReason(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		reason := "too many open files"
		var limit syscall.Rlimit
		if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
			reason = fmt.Sprintf("too many open files, at most %d may be", limit.Cur)
		}
		return reason + "; raise the limit with ulimit -n, or read fewer captures of the same time at once"
	case errors.Is(err, syscall.ENFILE):
		return "too many open files in the whole system; close some, or raise fs.file-max"
	}
	return ""
}

// identity tells files apart as os.SameFile does; ok is not set where that has to
// be asked.
func identity(info os.FileInfo) (id [2]uint64, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return id, false
	}
	return [2]uint64{uint64(s.Dev), uint64(s.Ino)}, true
}
