package console

import (
	"fmt"
	"syscall"
	"testing"

	"servmap/cli/wholefile"
)

func TestOpenFilesHint(t *testing.T) {
	_, limit, ok := wholefile.OpenFilesLeft()
	if !ok {
		t.Skip("the system does not say")
	}
	want := fmt.Sprintf(" (the limit is %d: raise it with ulimit -n)", limit)
	if got := openFilesHint("a: " + syscall.EMFILE.Error()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := openFilesHint("a: " + syscall.ENFILE.Error()); got != "" {
		t.Errorf("another error: %q", got)
	}
}
