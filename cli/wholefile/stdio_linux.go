package wholefile

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// ClosedAtStart reports whether the standard output or error, fd 1 or 2, was closed
// when the program began. Go opens /dev/null for reading and writing in its
// place, so that no file gets its number, and says nothing of that; what is written
// there is lost. So this takes such a descriptor for closed that neither the parent
// nor another of our own shares. Where both 1 and 2 are such, somebody more likely
// wanted to hear nothing: some programs open /dev/null like that for what they start.
func ClosedAtStart(fd int) bool { return replaced(fd) && !replaced(3-fd) }

func replaced(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return false
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	for other := range 3 {
		if equal, known := sameDescription(os.Getpid(), fd, other); other != fd && (equal || !known) {
			return false
		}
	}
	parent := os.Getppid()
	theirs, err := os.ReadDir("/proc/" + strconv.Itoa(parent) + "/fd")
	if err != nil {
		return false // nobody knows
	}
	for _, e := range theirs {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if equal, _ := sameDescription(parent, fd, n); equal {
				return false
			}
		}
	}
	_, known := sameDescription(parent, fd, 0)
	return known
}

// sameDescription reports whether our descriptor fd and the descriptor other of a
// process are one open file (kcmp(2)); known is false where the system does not say.
func sameDescription(process, fd, other int) (equal, known bool) {
	const kcmpFile = 0
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(process), kcmpFile, uintptr(fd), uintptr(other), 0)
	return errno == 0 && r == 0, errno == 0 || errno == unix.EBADF
}
