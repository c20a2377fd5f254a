package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"servmap/cli/wholefile"
	"servmap/flows/ingest"
	"servmap/pcapio"
)

// File is where a command's data goes: standard output or a file. It is flushed every flushEvery,
// so that lines appear as flows end. Its errors are OutputErrors.
type File struct {
	mu   sync.Mutex
	to   io.Writer
	own  io.Closer // what Close closes, nil for standard output
	buf  *bufio.Writer
	name string
	quit chan struct{}
	// head is written again at the beginning of a file that was opened again and is empty; heading is what it was written
	// so far, until headed.
	head, heading []byte
	headed        bool
}

const (
	// flushEvery is how long a line may wait in the buffer.
	flushEvery = 200 * time.Millisecond
	bufferSize = 64 << 10
	// mostHeading is how long a heading may be.
	mostHeading = 4 << 10
)

// Stdout is the name that stands for standard output.
const Stdout = "-"

// Create opens the file of -o, or standard output where name is empty or
// Stdout. A named pipe is waited for until Done is closed.
func (c *Console) Create(name string) (*File, error) {
	f := &File{to: c.Out, name: "standard output", quit: make(chan struct{})}
	if name != "" && name != Stdout {
		file, err := wholefile.Open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666, c.Done)
		if err != nil {
			return nil, OutputError{fmt.Errorf("%s: %w", name, pcapio.Reason(err))}
		}
		f.to, f.name, f.own = file, name, file
	} else if c.Out == os.Stdout && wholefile.ClosedAtStart(1) {
		return nil, f.failed(errors.New("was closed when the program began"))
	}
	f.buf = bufio.NewWriterSize(f.to, bufferSize)
	go func() {
		defer c.ExitOnPanic()
		f.flushNowAndThen()
	}()
	return f, nil
}

// Reopen closes a file and opens it again under its name, so that another program can have taken it away: for logs that
// are rotated. Standard output stays.
func (f *File) Reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.own == nil {
		return nil
	}
	if err := f.buf.Flush(); err != nil {
		return f.failed(err)
	}
	file, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return f.failed(err)
	}
	_ = f.own.Close() // all of it was flushed
	f.to, f.own = file, file
	f.buf.Reset(file)
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		_, err = f.buf.Write(f.head)
		return f.failed(err)
	}
	return nil
}

// EndHead says that what was written so far is the heading, which each file begins with.
func (f *File) EndHead() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head, f.heading, f.headed = f.heading, nil, true
}

// To opens the output, calls write, and closes it.
func (c *Console) To(name string, write func(io.Writer) error) error {
	out, err := c.Create(name)
	if err != nil {
		return err
	}
	stop := c.reopenBySignal(out)
	err = write(out)
	stop()
	closing := out.Close()
	if err != nil {
		return err
	}
	return closing
}

func (f *File) flushNowAndThen() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f.mu.Lock()
			_ = f.buf.Flush() // the next Write meets the error again
			f.mu.Unlock()
		case <-f.quit:
			return
		}
	}
}

// Write implements io.Writer.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.headed && len(f.heading) < mostHeading {
		f.heading = append(f.heading, p...)
	}
	n, err := f.buf.Write(p)
	return n, f.failed(err)
}

// Close writes what is left.
func (f *File) Close() error {
	close(f.quit)
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.buf.Flush()
	if f.own != nil {
		if closing := f.own.Close(); err == nil {
			err = closing
		}
	}
	return f.failed(err)
}

func (f *File) failed(err error) error {
	if err == nil {
		return nil
	}
	return OutputError{fmt.Errorf("%s: %w", f.name, pcapio.Reason(err))}
}

// ReplaceFile puts a file in place whole or not at all; Stdout is standard
// output. A named pipe is waited for until Done is closed.
func (c *Console) ReplaceFile(path string, write func(io.Writer) error) error {
	if path == Stdout {
		return c.To(path, write)
	}
	err := wholefile.Write(path, c.Done, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, bufferSize)
		if err := write(b); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		return OutputError{fmt.Errorf("%s: %w", path, pcapio.Reason(err))}
	}
	return nil
}

// NotInput refuses to write over an input. Without a name, or with Stdout, the
// output is standard output, which the shell may have opened to append to an
// input.
func (c *Console) NotInput(name string, inputs []string) error {
	out, err := c.statOutput(name)
	if name == "" || name == Stdout {
		name = "standard output"
	}
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, in := range inputs {
		if info, err := ingest.Stat(in, c.In); err == nil && os.SameFile(info, out) {
			return UsageError(name + ": the output would overwrite the input")
		}
	}
	return nil
}

func (c *Console) statOutput(name string) (os.FileInfo, error) {
	if name != "" && name != Stdout {
		return os.Stat(name)
	}
	out := c.Out
	if w, ok := out.(statusWriter); ok {
		out = w.Writer
	}
	if f, ok := out.(*os.File); ok {
		return f.Stat()
	}
	return nil, os.ErrNotExist // in memory
}

// SameFile reports whether two names are those of one regular file, there
// already or not.
func SameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return a != "" && b != "" && errA == nil && errB == nil && absA == absB
}
