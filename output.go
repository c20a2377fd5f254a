package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"servmap/servmap/wholefile"
)

// output is where a command's data goes: standard output or a file. What is
// written comes out after a fraction of a second at the latest, so that lines
// appear as flows end. Its errors are outputErrors.
type output struct {
	mu   sync.Mutex
	file *os.File
	buf  *bufio.Writer
	name string
	quit chan struct{}
}

// flushEvery is how long a line may wait in the buffer.
const flushEvery = 200 * time.Millisecond

// toStdout is the name that stands for standard output.
const toStdout = "-"

// openOutput opens the file of -o, or standard output where name is empty or
// "-". It must not be one of the inputs. A named pipe is waited for until done is closed.
func openOutput(name string, inputs []string, done <-chan struct{}) (*output, error) {
	o := &output{file: os.Stdout, name: "standard output", quit: make(chan struct{})}
	if err := notInput(name, inputs); err != nil {
		return nil, err
	}
	if name != "" && name != toStdout {
		f, err := wholefile.Open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666, done)
		if err != nil {
			return nil, outputError{fmt.Errorf("%s: %w", name, reason(err))}
		}
		o.file, o.name = f, name
	} else if wholefile.ClosedAtStart(1) {
		return nil, o.failed(errors.New("was closed when the program began"))
	}
	o.buf = bufio.NewWriterSize(o.file, 64<<10)
	go o.flushNowAndThen()
	return o, nil
}

// notInput refuses to write over an input. Without a name, or with "-", the
// output is standard output, which the shell may have opened to append to an input.
func notInput(name string, inputs []string) error {
	stat := func() (os.FileInfo, error) { return os.Stat(name) }
	if name == "" || name == toStdout {
		name, stat = "standard output", os.Stdout.Stat
	}
	out, err := stat()
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, in := range inputs {
		if info, err := statInput(in); err == nil && os.SameFile(info, out) {
			return usageError(name + ": the output would overwrite the input")
		}
	}
	return nil
}

// sameFile reports whether two names are those of one regular file, there
// already or not.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return a != "" && b != "" && errA == nil && errB == nil && absA == absB
}

func (o *output) flushNowAndThen() {
	defer exitOnPanic()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			o.mu.Lock()
			_ = o.buf.Flush() // the next Write meets the error again
			o.mu.Unlock()
		case <-o.quit:
			return
		}
	}
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.buf.Write(p)
	return n, o.failed(err)
}

// Close writes what is left.
func (o *output) Close() error {
	close(o.quit)
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.buf.Flush()
	if o.file != os.Stdout {
		if closing := o.file.Close(); err == nil {
			err = closing
		}
	}
	return o.failed(err)
}

func (o *output) failed(err error) error {
	if err == nil {
		return nil
	}
	return outputError{fmt.Errorf("%s: %w", o.name, reason(err))}
}

// writeWhole puts a file in place whole or not at all; "-" is standard output.
// A named pipe is waited for until done is closed.
func writeWhole(path string, done <-chan struct{}, write func(io.Writer) error) error {
	if path == toStdout {
		return toOutput(path, nil, func(out *output) error { return write(out) })
	}
	err := wholefile.Write(path, done, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 64<<10)
		if err := write(b); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		return outputError{fmt.Errorf("%s: %w", path, reason(err))}
	}
	return nil
}

// reason is the system's error without the path that it repeats.
func reason(err error) error {
	var path *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
