package wholefile

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// shells are the names of programs that close a descriptor because somebody wrote >&-.
var shells = []string{"ash", "bash", "busybox", "dash", "fish", "ksh", "ksh93", "mksh", "rbash", "sh", "zsh"}

// ClosedAtStart reports whether the shell that started the program closed its standard output
// or error, fd 1 or 2. Go's runtime opens /dev/null for reading and writing in place of a closed
// descriptor, and what is written there is lost. Other programs pass on /dev/null, opened in
// the same way, to silence what they start; the descriptor alone does not tell the two cases
// apart. A shell opens /dev/null for writing alone, or passes on its own. So ClosedAtStart
// answers only where the parent is a shell, and misses descriptors that others closed.
func ClosedAtStart(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return false
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	parent := os.Getppid()
	dir := "/proc/" + strconv.Itoa(parent)
	name, err := os.ReadFile(dir + "/comm")
	if err != nil || !slices.Contains(shells, strings.TrimSpace(string(name))) {
		return false
	}
	theirs, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return false
	}
	for _, e := range theirs {
		n, err := strconv.Atoi(e.Name())
		if equal, known := sameFile(parent, fd, n); err == nil && (equal || !known) {
			return false
		}
	}
	return true
}

// sameFile reports whether our descriptor fd and the descriptor other of a process are one
// open file (kcmp(2)); known is false where the system does not say.
func sameFile(process, fd, other int) (equal, known bool) {
	const kcmpFile = 0
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(process), kcmpFile, uintptr(fd), uintptr(other), 0)
	return errno == 0 && r == 0, errno == 0 || errno == unix.EBADF
}
