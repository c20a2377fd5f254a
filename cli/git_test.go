package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestGitShowsPermissions has git show what docs/map.md says, with the settings that stand there.
func TestGitShowsPermissions(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil || runtime.GOOS == "windows" {
		t.Skip("git is not there, or no shell")
	}
	text, err := os.ReadFile(filepath.Join(packageFolder, "..", "docs", "map.md"))
	if err != nil {
		t.Fatal(err)
	}
	attribute := regexp.MustCompile(`(?m)^    (services_map.json diff=\w+)$`).FindSubmatch(text)
	setting := regexp.MustCompile(`(?m)^    git (config .*)$`).FindSubmatch(text)
	if attribute == nil || setting == nil {
		t.Fatal("docs/map.md has no settings of git")
	}
	dir := t.TempDir()
	if err := os.Symlink(servmapBinary(), filepath.Join(dir, "servmap")); err != nil {
		t.Fatal(err)
	}
	captures := filepath.Join(packageFolder, "..", "testdata")
	script := strings.Join([]string{
		"set -e; git init -q .",
		"servmap train -q " + captures + "/baseline.pcap",
		"echo '" + string(attribute[1]) + "' > .gitattributes",
		"git add services_map.json .gitattributes",
		"git " + string(setting[1]),
		"servmap train -q --append " + captures + "/suspect.pcap",
		"git --no-pager diff",
	}, "\n")
	run := exec.Command("sh", "-c", script)
	run.Dir = dir
	run.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "+ 10.42.0.130 -> remote TLS.Dropbox\n") || strings.Contains(string(out), "evidence") || strings.Count(string(out), "\n") > 20 {
		t.Errorf("git diff shows\n%s", out)
	}
}
