package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeShowsWhatIsPrinted runs the README's first example.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(packageFolder, "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```\n")
	command, found := strings.CutPrefix(strings.TrimSpace(blocks[1]), "go run . ")
	if !found {
		t.Fatalf("the first example is %q", blocks[1])
	}
	got := runIn(t, filepath.Join(packageFolder, ".."), strings.Fields(command)...)
	if got.status != 1 || got.stdout != blocks[3] {
		t.Errorf("status %d\n%s\nthe README shows\n%s", got.status, got.stdout, blocks[3])
	}
	if !strings.Contains(got.stderr, blocks[5]) {
		t.Errorf("on standard error\n%s\nthe README shows\n%s", got.stderr, blocks[5])
	}
}
