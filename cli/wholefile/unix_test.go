//go:build unix

package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestModes(t *testing.T) {
	for _, tt := range []struct {
		name      string
		umask     int
		old, want os.FileMode // old is 0 where there is none
	}{
		{"a new file has what the umask leaves", 0o027, 0, 0o640},
		{"the umask takes nothing from an old one", 0o077, 0o664, 0o664},
		{"a secret file stays secret", 0, 0o600, 0o600},
		{"odd bits", 0o022, 0o640 | os.ModeSetgid | os.ModeSticky, 0o640 | os.ModeSetgid | os.ModeSticky},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "map.json")
			if tt.old != 0 {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, tt.old); err != nil {
					t.Fatal(err)
				}
			}
			defer syscall.Umask(syscall.Umask(tt.umask))
			var during os.FileMode
			err := Write(path, nil, func(w io.Writer) error {
				info, err := w.(*os.File).Stat()
				during = info.Mode()
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != tt.want || during != tt.want {
				t.Errorf("mode %v, while it was written %v, want %v; %v", info.Mode(), during, tt.want, err)
			}
		})
	}
}

func TestTheOwnerStays(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	path := filepath.Join(t.TempDir(), "map.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chown(path, 1234, 4321), os.Chmod(path, 0o640|os.ModeSetgid)); err != nil {
		t.Skip(err)
	}
	if err := Write(path, nil, write("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 1234 || st.Gid != 4321 || info.Mode() != 0o640|os.ModeSetgid {
		t.Errorf("owner %d, group %d, mode %v", st.Uid, st.Gid, info.Mode())
	}
}

func TestAPipeIsOpenedWhenSomebodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan struct{})
	time.AfterFunc(3*pipeEvery, func() { close(done) })
	if err := Write(path, done, write("new")); !errors.Is(err, ErrNoReader) {
		t.Errorf("error %v, want %v", err, ErrNoReader)
	}
	read := make(chan string)
	go func() {
		time.Sleep(2 * pipeEvery)
		read <- content(t, path)
	}()
	if err := Write(path, nil, write("new")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "new" {
		t.Errorf("the reader got %q", got)
	}
}

func TestDescriptors(t *testing.T) {
	for _, path := range []string{"/dev/fd/200", "/proc/self/fd/200"} {
		if _, err := Open(path, os.O_WRONLY, 0, nil); !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s: error %v, want %v", path, err, syscall.EBADF)
		}
	}
	left, limit, ok := OpenFilesLeft()
	if !ok || left == 0 || left >= limit {
		t.Errorf("%d of %d open files are left, %v", left, limit, ok)
	}
}
