package console

import (
	"fmt"
	"strings"
	"syscall"

	"servmap/cli/wholefile"
)

// fewestFiles is how many files the program opens besides its inputs. Go's runtime opens some
// of them, and dies where it cannot.
const fewestFiles = 8

// EnoughFiles refuses to begin where hardly any file may be opened.
func EnoughFiles() error {
	left, limit, ok := wholefile.OpenFilesLeft()
	if ok && left < fewestFiles {
		return UsageError(fmt.Sprintf("too many open files: the limit is %d, and %d of it are left; raise it with ulimit -n", limit, left))
	}
	return nil
}

// openFilesHint says what to do about an error that ends as EMFILE's text does. It is empty for
// other errors.
func openFilesHint(text string) string {
	if !strings.HasSuffix(text, syscall.EMFILE.Error()) {
		return ""
	}
	_, limit, ok := wholefile.OpenFilesLeft()
	if !ok {
		return ""
	}
	return fmt.Sprintf(" (the limit is %d: raise it with ulimit -n)", limit)
}
