package cli

import (
	"os/exec"
	"testing"
)

// mount puts a disk of 64 kB at path.
func mount(path string) ([]byte, error) {
	return exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path).CombinedOutput()
}

func unmount(t *testing.T, path string) {
	if out, err := exec.Command("umount", path).CombinedOutput(); err != nil {
		t.Errorf("umount: %v\n%s", err, out)
	}
}
