//go:build unix

package wholefile

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeBeforeRename is set where an open file cannot be renamed.
const closeBeforeRename = false

// abandoned reports whether a temporary file that we could lock is one that nobody writes. It is.
func abandoned(*os.File) bool { return true }

// copyAttributes gives f the owner, group and mode of an old file. Where the owner cannot be
// changed, it changes the group alone, and leaves out the set-user-ID and set-group-ID bits.
func copyAttributes(f *os.File, old os.FileInfo) error {
	mode := old.Mode() & (os.ModePerm | os.ModeSetuid | os.ModeSetgid | os.ModeSticky)
	was, ok := old.Sys().(*syscall.Stat_t)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	is, alsoOK := info.Sys().(*syscall.Stat_t)
	if ok && alsoOK && (was.Uid != is.Uid || was.Gid != is.Gid) && f.Chown(int(was.Uid), int(was.Gid)) != nil {
		mode &= os.ModePerm
		if was.Gid != is.Gid && f.Chown(-1, int(was.Gid)) != nil {
			mode &^= 0o070 // they were for another group
		}
	}
	return f.Chmod(mode) // after the owner, which takes bits away; and whatever the umask is
}

// openAtStart are the descriptors that were open when the program began.
var openAtStart = func() (open [256]bool) {
	for fd := range open {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		open[fd] = err == nil
	}
	return open
}()

// descriptor returns the number of the descriptor that a path stands for.
func descriptor(path string) (fd int, ok bool) {
	switch path {
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if digits, found := strings.CutPrefix(path, dir); found {
			fd, err := strconv.Atoi(digits)
			return fd, err == nil && fd >= 0
		}
	}
	return 0, false
}

func closedDescriptor(path string) bool {
	fd, ok := descriptor(path)
	return ok && fd < len(openAtStart) && (!openAtStart[fd] || fd <= 2 && ClosedAtStart(fd))
}

// OpenFilesLeft returns how many files more the program may open, about, and the limit that
// holds for all of them; false where the system does not say.
func OpenFilesLeft() (left, limit uint64, ok bool) {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 0, 0, false
	}
	limit = uint64(r.Cur)
	for fd, open := range openAtStart {
		if !open && uint64(fd) < limit {
			left++
		}
	}
	if n := uint64(len(openAtStart)); limit > n {
		left += limit - n
	}
	return left, limit, true
}
