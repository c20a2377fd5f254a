package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/pcapio"
	"servmap/report"
	"servmap/servmap"

	"golang.org/x/term"
)

// analysis turns the inputs of one run, captures or CSVs of flows, into flows.
type analysis struct {
	opt *options
	// stats is what became of the packets, files and captures where they and
	// the flows came from.
	stats    flows.Stats
	files    []pcapio.File
	captures []servmap.Capture
	// stopped is set after an interruption, and running where the input was a
	// pipe or an interface: then an interruption is its ordinary end.
	stopped, running bool
	// problems are damages, after which the analysis went on.
	problems []error
	began    time.Time

	csvs   []csvInput
	reader *pcapio.Reader
	engine *classify.Engine
	// done is closed by the first signal; unwatch stops waiting for one.
	done    chan struct{}
	unwatch func()
}

// inputNames names what there is to read: the arguments, or standard input where
// there are none and it is no terminal.
func inputNames(args []string, command string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, usageError(command + ": no capture is named; servmap help " + command + " tells how")
	}
	return []string{"-"}, nil
}

// need says what a command wants of its inputs.
type need uint8

// What there is to want.
const (
	// withHashes asks for the SHA-256 of the inputs.
	withHashes need = 1 << iota
	// withCSVs accepts CSVs of flows besides captures.
	withCSVs
)

// begin opens the inputs. The error names the first that cannot be read.
func begin(o *options, names []string, wants need) (*analysis, error) {
	a := &analysis{opt: o, began: time.Now(), done: make(chan struct{})}
	a.watch()
	if err := a.open(names, wants); err != nil {
		a.unwatch()
		if errors.Is(err, pcapio.ErrInterrupted) {
			err = interrupted
		}
		return nil, err
	}
	return a, nil
}

func (a *analysis) open(names []string, wants need) (err error) {
	var captures []string
	var csvs []csvInput
	for _, name := range names {
		a.running = a.running || isPipe(name)
		if wants&withCSVs == 0 {
			captures = append(captures, name)
		} else if head := peek(name, a.done); report.LooksLikeFlows(head) {
			csvs = append(csvs, csvInput{name: name, head: head})
		} else {
			captures = append(captures, name)
		}
	}
	if a.csvs, err = orderCSVs(csvs); err != nil || len(captures) == 0 {
		return err
	}
	if a.engine, err = newEngine(a.opt.config); err != nil {
		return err
	}
	a.reader, err = pcapio.Open(captures, pcapio.Options{Hash: wants&withHashes != 0, Done: a.done, Idle: idleAfter})
	return err
}

// idleAfter is how long a pipe is silent before flows whose end has passed by
// the clock are released.
const idleAfter = time.Second

// run hands every flow to emit, and closes the inputs. Damage and interruption
// end the reading, not the run: they are in problems and stopped. An error is
// one of emit.
func (a *analysis) run(emit func(*flows.Flow) error) error {
	defer a.unwatch()
	if a.reader != nil {
		if err := a.runCaptures(emit); err != nil {
			return err
		}
	}
	for i := 0; i < len(a.csvs) && !a.stopped; i++ {
		if err := a.runCSV(a.csvs[i].name, emit); err != nil {
			return err
		}
	}
	return nil
}

// watch makes the first SIGINT or SIGTERM end the reading; the second ends the
// program.
func (a *analysis) watch() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			close(a.done)
		case <-over:
		}
	}()
	a.unwatch = sync.OnceFunc(func() {
		signal.Stop(signals)
		close(over)
	})
}

func (a *analysis) runCaptures(emit func(*flows.Flow) error) error {
	defer a.reader.Close()
	var err error
	progress := startProgress(a.opt, a.reader)
	byFile := flowCount{several: len(a.reader.Files()) > 1}
	src := &untilStopped{Reader: a.reader}
	a.stats, err = flows.Run(context.Background(), src, a.engine, a.opt.flows, func(f *flows.Flow) error {
		byFile.note(f.Number)
		return emit(f)
	})
	progress.stop()
	a.stopped = src.stopped
	for _, d := range a.reader.Damage() {
		a.problems = append(a.problems, d)
	}
	a.files = a.reader.Files()
	a.captures = byFile.captures(a.files)
	a.warnUnsupported()
	return err
}

// untilStopped makes an interruption the end of the input, so that the flows
// read so far are handed out.
type untilStopped struct {
	*pcapio.Reader
	stopped bool
}

func (s *untilStopped) Next(p *pcapio.Packet) error {
	err := s.Reader.Next(p)
	if err == pcapio.ErrInterrupted {
		s.stopped = true
		return io.EOF
	}
	return err
}

// outcome puts together what a run that was not broken off ends with: damage,
// interruption of files, and errs.
func (a *analysis) outcome(errs ...error) error {
	errs = append(a.problems, errs...)
	if a.stopped && !a.running {
		errs = append(errs, interrupted)
	}
	return errors.Join(errs...)
}

// isPipe reports whether a name is neither a regular file nor absent.
func isPipe(name string) bool {
	info, err := statInput(name)
	return err == nil && !info.Mode().IsRegular()
}

func statInput(name string) (os.FileInfo, error) {
	if name == "-" {
		return os.Stdin.Stat()
	}
	return os.Stat(name)
}
