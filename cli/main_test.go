package cli

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// packageFolder is where the tests lie. Tests that run in parallel name files
// from here, since a run of a command changes the working directory.
var packageFolder = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

// servmapBinary builds the program for the few tests that need a process.
var servmapBinary = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "servmap")
	if err != nil {
		panic(err)
	}
	binaryFolder = dir
	path := filepath.Join(dir, "servmap.exe") // the ending does no harm where it is not needed
	build := exec.Command("go", "build", "-o", path, "servmap")
	build.Dir, build.Stderr = packageFolder, os.Stderr
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as releases are built
	if err := build.Run(); err != nil {
		panic(err)
	}
	return path
})

// binaryFolder is where the program was built, empty where it was not.
var binaryFolder string

func TestMain(m *testing.M) {
	flag.Parse()
	all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""
	if all {
		go servmapBinary() // while the first tests run
	}
	status := m.Run()
	if all {
		servmapBinary() // must have ended before its folder goes
	}
	if binaryFolder != "" {
		_ = os.RemoveAll(binaryFolder)
	}
	os.Exit(status)
}

// result is what a run of the program left.
type result struct {
	stdout, stderr string
	status         int
}

// program prepares a run in dir.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(servmapBinary(), args...)
	cmd.Dir = dir
	return cmd
}

// inFolder holds the working directory of the process, which a run changes.
var inFolder sync.Mutex

// runIn runs a command in this process, in dir and with an empty standard
// input.
func runIn(t *testing.T, dir string, args ...string) result {
	t.Helper()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var stdout, stderr bytes.Buffer
	status, err := mainIn(dir, in, &stdout, &stderr, args)
	if err != nil {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), status}
}

// mainIn calls Main in dir.
func mainIn(dir string, in *os.File, out, messages io.Writer, args []string) (status int, err error) {
	inFolder.Lock()
	defer inFolder.Unlock()
	if err := os.Chdir(dir); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.Chdir(packageFolder)) }()
	return Main(args, in, out, messages), nil
}

// folder returns a folder with the captures of testdata/captures and a map of
// the first.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "base.pcap", pcap(t, storedFrames(t, "base.txt")...))
	write(t, dir, "suspect.pcap", pcap(t, storedFrames(t, "suspect.txt")...))
	if got := runIn(t, dir, "train", "--quiet", "base.pcap"); got != (result{}) {
		t.Fatalf("train: %+v", got)
	}
	return dir
}

// write puts a file into dir.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
