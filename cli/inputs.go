package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/cli/privileges"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/flows/safetext"
	"servmap/pcapio"
	"servmap/report/rows"
)

// inputNames names what there is to read: the arguments, or standard input where
// there are none and it is no terminal; nothing for a live capture.
func (v *invocation) inputNames() ([]string, error) {
	live := v.Ingest.Interface != ""
	switch {
	case live && len(v.args) > 0:
		return nil, console.UsageError(v.command.name + ": either captures or -i, not both")
	case live:
		return nil, nil
	case len(v.args) > 0:
		return v.expand(v.args)
	case v.InIsTerminal():
		return nil, console.UsageError(v.command.name + ": no capture is named; servmap help " + v.command.name + " tells how")
	}
	return []string{"-"}, nil
}

// expand puts the captures of a folder in its place, and tells what it passed over.
func (v *invocation) expand(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	opt := v.Ingest
	opt.Stdin, opt.FlowFiles = v.In, v.command.flags&(flags.Train|flags.Check) != 0
	found, err := ingest.Expand(names, v.Recursive, opt)
	if err != nil {
		return nil, console.UsageError(describe(err))
	}
	if found.Others > 0 && !v.Quiet {
		v.Say("%s in folders passed over: no captures", rows.Plural(uint64(found.Others), "file"))
	}
	if found.Below > 0 && !v.Quiet {
		v.Say("%s below not looked into; -r does", rows.Plural(uint64(found.Below), "folder"))
	}
	if found.Unreadable > 0 {
		v.Warn("%s could not be read; the first: %s", rows.Plural(uint64(found.Unreadable), "file or folder"), describe(found.First))
	}
	if len(found.Names) == 0 {
		return nil, console.UsageError(v.command.name + ": there is no capture in " + safetext.String(strings.Join(names, ", ")))
	}
	return found.Names, nil
}

// reading is an input and when it was opened.
type reading struct {
	ingest.Input
	began time.Time
	// sight, where it is not nil, gets what packets tell of hosts.
	sight func(*flows.Sighting)
	// early, where it is not nil, gets flows as soon as they are recognised.
	early func(*flows.Flow)
	// found counts the findings so far, and stop ends the status line of a live capture; nil where there is none.
	found atomic.Int64
	stop  func()
	// vocabulary identifies the labels that flows can have.
	vocabulary string
}

// open opens the inputs of a kind of reading; without names, the interface.
func (v *invocation) open(names []string, opt ingest.Options) (*reading, error) {
	v.interruptible()
	engine := v.engine
	if engine == nil {
		var err error
		if engine, err = newEngine(v.Options); err != nil {
			return nil, err
		}
		v.engine = engine
	}
	opt.Stdin = v.In
	began, r := time.Now(), &reading{}
	if opt.Flows.Sight != nil {
		opt.Flows.Sight = func(s *flows.Sighting) {
			if r.sight != nil {
				r.sight(s)
			}
		}
	}
	if opt.Flows.Early != nil {
		opt.Flows.Early = func(f *flows.Flow) {
			if r.early != nil {
				r.early(f)
			}
		}
	}
	in, err := ingest.Open(v.context, names, engine, opt)
	if errors.Is(err, pcapio.ErrInterrupted) {
		err = console.ErrInterrupted
	}
	r.Input, r.began, r.vocabulary = in, began, engine.Vocabulary()
	if err == nil && opt.Interface != "" {
		if err = v.listen(); err == nil {
			v.showStatus(r)
		}
	}
	return r, err
}

// listen gives up what opening the interface needed, and says what is listened on.
func (v *invocation) listen() error {
	err := privileges.Drop(v.User, v.Output != "" || v.Report != "" || v.ReportFile != "" || v.command.flags == flags.Train)
	if errors.Is(err, privileges.ErrKept) {
		if !v.Quiet {
			v.Say("%s", err)
		}
		err = nil
	}
	if err != nil {
		return console.UsageError(err.Error())
	}
	if !v.Quiet {
		v.Say("listening on %s", v.Ingest.Interface)
	}
	return nil
}

// showStatus keeps a line on the terminal that says how a live capture goes.
func (v *invocation) showStatus(r *reading) {
	live, ok := r.Input.(interface{ Now() ingest.Now })
	if !ok || v.Quiet {
		return
	}
	r.stop = v.StartStatus(func() string {
		now := live.Now()
		found := ""
		if v.command.flags == flags.Check {
			found = ", " + rows.Plural(uint64(r.found.Load()), "finding")
		}
		return fmt.Sprintf("%s: %s, %s open%s, %d dropped", v.Ingest.Interface, rows.Plural(uint64(now.Packets), "packet"), rows.Plural(uint64(now.Open), "flow"), found, now.Dropped)
	})
}

// sighted makes the reading tell what packets say of hosts, where a map has use for it.
func (v *invocation) sighted(opt *ingest.Options) {
	if !v.Settings.IgnoreUnknown {
		opt.Flows.Sight = func(*flows.Sighting) {}
	}
}

// interruptible makes the first SIGINT or SIGTERM end the reading; the second
// ends the program.
func (v *invocation) interruptible() {
	if v.context.Done() != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel()
		case <-ctx.Done():
		}
	}()
	v.Done = ctx.Done()
	v.context, v.release = ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// read hands every flow to emit, with progress, and warns of what could not be
// read. The error is emit's; what went wrong with the inputs is in problems.
func (v *invocation) read(in *reading, emit func(*flows.Flow) error) error {
	defer watchHeap()()
	stop := func() {}
	if p, ok := in.Input.(ingest.Progresser); ok && !v.Quiet && (!v.OutIsTerminal() || v.Output != "") {
		stop = v.StartProgress(p.Progress)
	}
	err := in.Flows(emit)
	stop()
	if in.stop != nil {
		in.stop()
	}
	v.warnInput(in.Summary())
	return err
}

// problems joins the errors of a run that came to its end: damage, an interruption of files, and
// errs.
func problems(s ingest.Summary, errs ...error) error {
	errs = append(s.Problems, errs...)
	if s.Interrupted && !s.Endless {
		errs = append(errs, console.ErrInterrupted)
	}
	return errors.Join(errs...)
}
