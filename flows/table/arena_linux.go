package table

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// largePage is the size of large pages on the usual processors.
const largePage = 2 << 20

// adviseLargePages asks the kernel to back a block with large pages (madvise(2), MADV_HUGEPAGE),
// also those that reach beyond its ends: blocks mostly lie side by side. Nothing depends on the
// answer.
func adviseLargePages(block unsafe.Pointer, size int) {
	start := uintptr(block)
	end := start + uintptr(size)
	start &^= largePage - 1
	end = (end + largePage - 1) &^ (largePage - 1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, start, end-start, unix.MADV_HUGEPAGE)
}
