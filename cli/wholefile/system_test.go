package wholefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// watch records what is asked of the system until the test ends; where fail names one of
// them, that fails.
func watch(t *testing.T, fail string) *[]string {
	t.Helper()
	events := &[]string{}
	was := system
	t.Cleanup(func() { system = was })
	note := func(kind, what string) error {
		*events = append(*events, kind+" "+what)
		if kind == fail {
			return errors.New("no " + kind)
		}
		return nil
	}
	system.sync = func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		kind := "sync"
		if info.IsDir() {
			kind = "sync folder"
		}
		return errors.Join(was.sync(f), note(kind, fmt.Sprint(info.Size() == int64(len("new")) || info.IsDir())))
	}
	system.rename = func(from, to string) error {
		if err := note("rename", filepath.Base(to)); err != nil {
			return err
		}
		return was.rename(from, to)
	}
	return events
}

func TestWriteSyncsThenRenames(t *testing.T) {
	events := watch(t, "")
	if err := Write(filepath.Join(t.TempDir(), "map.json"), nil, write("new")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"sync true", "rename map.json", "sync folder true"}; !reflect.DeepEqual(*events, want) {
		t.Errorf("the system was asked for %q, want %q", *events, want)
	}
}

func TestWhatTheSystemRefusesLeavesTheOldFile(t *testing.T) {
	for _, fail := range []string{"sync", "rename"} {
		t.Run(fail, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "map.json")
			if err := Write(path, nil, write("old")); err != nil {
				t.Fatal(err)
			}
			watch(t, fail)
			if err := Write(path, nil, write("new")); err == nil || err.Error() != "no "+fail {
				t.Errorf("error %v, want no %s", err, fail)
			}
			if got, left := content(t, path), names(t, dir); got != "old" || len(left) != 1 {
				t.Errorf("the file holds %q, and there are %v", got, left)
			}
		})
	}
}

// TestWhoHasTheOldFileOpenKeepsIt tells replacing from writing into the old file.
func TestWhoHasTheOldFileOpenKeepsIt(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "map.json"), filepath.Join(dir, "other")
	if err := Write(path, nil, write("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, other); err != nil {
		t.Skip(err)
	}
	half := ""
	err := Write(path, nil, func(w io.Writer) error {
		_, err := w.Write([]byte("ne"))
		half = content(t, path)
		_, err2 := w.Write([]byte("w"))
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{half, content(t, path), content(t, other)}; !reflect.DeepEqual(got, []string{"old", "new", "old"}) {
		t.Errorf("while it is written, after it and by another name it holds %q", got)
	}
}

func TestALinkToNothingIsFollowed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("later", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := Write(filepath.Join(dir, "link"), nil, write("new")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !reflect.DeepEqual(got, []string{"later", "link"}) || content(t, filepath.Join(dir, "later")) != "new" {
		t.Errorf("there are %v", got)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "loop"), nil, write("new")); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("a link to itself: %v", err)
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map.json")
	if f, err := create(filepath.Join(dir, "x"), nil); err != nil || lock(f) == ErrNoLocks {
		t.Skip("files cannot be locked here")
	} else {
		f.Close()
		os.Remove(f.Name())
	}
	alive, err := create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	foreign := []string{".map.json.12345678", ".map.json.1234567", ".map.json.1234567g", ".map.json.123456789", ".other.12345678", "map.json.12345678"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if closeBeforeRename {
		t.Skip("a young file may be alive there")
	}
	if err := Write(path, nil, write("new")); err != nil {
		t.Fatal(err)
	}
	want := append(foreign[1:], filepath.Base(alive.Name()), "map.json")
	left := names(t, dir)
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	if len(left) != len(want) {
		t.Errorf("there are %q, want %q", left, want)
	}
}
