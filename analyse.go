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
	"servmap/flows/decode"
	"servmap/pcapio"
	"servmap/report"
	"servmap/servmap"

	"github.com/urfave/cli/v2"
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
	// dropped is how many packets the kernel had no room for, live.
	dropped uint64
	// stopped is set after an interruption, and running where the input was a
	// pipe or an interface: then an interruption is its ordinary end.
	stopped, running bool
	// problems are what went wrong with the inputs, after which the analysis
	// went on.
	problems []error
	began    time.Time

	// One of reader and live is nil; both are where all inputs are CSVs.
	reader *pcapio.Reader
	live   *pcapio.Live
	csvs   []csvInput
	engine *classify.Engine
	// done is closed by stop: by the first signal, or when a live capture has
	// lasted long enough; unwatch stops waiting for that.
	done    chan struct{}
	stop    func()
	unwatch func()
}

// inputNames names what there is to read: the arguments, or standard input where
// there are none and it is no terminal; nothing for a live capture.
func inputNames(c *cli.Context, o *options) ([]string, error) {
	args := c.Args().Slice()
	switch {
	case o.iface != "" && len(args) > 0:
		return nil, usageError(c.Command.Name + ": either captures or -i, not both")
	case o.iface != "" || len(args) > 0:
		return args, nil
	case term.IsTerminal(int(os.Stdin.Fd())):
		return nil, usageError(c.Command.Name + ": no capture is named; servmap help " + c.Command.Name + " tells how")
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

// begin opens the inputs; without names, the interface. The error names the
// first that cannot be read.
func begin(o *options, names []string, wants need) (*analysis, error) {
	a := &analysis{opt: o, began: time.Now(), done: make(chan struct{})}
	a.stop = sync.OnceFunc(func() { close(a.done) })
	a.watch()
	err := a.open(names, wants)
	if err != nil {
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
			if a.opt.flows.Filter != nil {
				return usageError(inputName(name) + ": --filter selects packets, and a CSV of flows has none")
			}
			csvs = append(csvs, csvInput{name: name, head: head})
		} else {
			captures = append(captures, name)
		}
	}
	if a.csvs, err = orderCSVs(csvs); err != nil || len(csvs) > 0 && len(captures) == 0 {
		return err
	}
	if a.engine, err = newEngine(a.opt.config); err != nil {
		return err
	}
	a.engine.UseFingerprint(a.opt.fingerprint)
	if len(names) == 0 {
		return a.openLive()
	}
	read := pcapio.Options{Hash: wants&withHashes != 0, Done: a.done, Idle: idleAfter}
	if a.opt.limited {
		read.Ratio, read.Limit = -1, a.opt.limit
		if a.opt.limit == 0 {
			read.Limit = -1
		}
	}
	a.reader, err = pcapio.Open(captures, read)
	return err
}

// openLive begins to capture on the interface.
func (a *analysis) openLive() (err error) {
	o := a.opt
	a.running = true
	a.live, err = pcapio.OpenLive(o.iface, pcapio.LiveOptions{Promiscuous: o.promiscuous, Done: a.done, Idle: idleAfter})
	if err == nil && o.duration > 0 {
		time.AfterFunc(o.duration, a.stop)
	}
	return err
}

// idleAfter is how long a pipe or an interface is silent before flows whose end
// has passed by the clock are released.
const idleAfter = time.Second

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
			a.stop()
		case <-over:
		}
	}()
	a.unwatch = sync.OnceFunc(func() {
		signal.Stop(signals)
		close(over)
	})
}

// run hands every flow to emit, and closes the inputs. Damage, interruption and
// an interface that goes away end the reading, not the run: they are in
// problems and stopped. An error is one of emit.
func (a *analysis) run(emit func(*flows.Flow) error) error {
	defer a.unwatch()
	defer watchHeap()()
	var err error
	switch {
	case a.reader != nil:
		err = a.runCaptures(emit)
	case a.live != nil:
		err = a.runLive(emit)
	}
	for i := 0; i < len(a.csvs) && err == nil && !a.stopped; i++ {
		err = a.runCSV(a.csvs[i].name, emit)
	}
	return err
}

func (a *analysis) runCaptures(emit func(*flows.Flow) error) error {
	defer a.reader.Close()
	progress := startProgress(a.opt, a.reader)
	err := a.runFlows(a.reader, emit)
	progress.stop()
	for _, d := range a.reader.Damage() {
		a.problems = append(a.problems, d)
	}
	a.files = a.reader.Files()
	a.captures = capturesOf(a.files, a.stats.FlowsByFile)
	return err
}

func (a *analysis) runLive(emit func(*flows.Flow) error) error {
	defer a.live.Close()
	err := a.runFlows(a.live, emit)
	if a.dropped = a.live.Stats().Dropped; a.dropped > 0 {
		warn("%s: the kernel dropped %d packets that servmap had no time for", a.opt.iface, a.dropped)
	}
	a.captures = []servmap.Capture{{Name: a.opt.iface, Packets: a.stats.Packets, Flows: a.stats.Flows}}
	if a.stats.Packets > 0 {
		a.captures[0].First, a.captures[0].Last = packetTime(a.stats.First), packetTime(a.stats.Last)
	}
	return err
}

// runFlows makes flows of a source's packets.
func (a *analysis) runFlows(packets flows.Source, emit func(*flows.Flow) error) (err error) {
	src, opt := &untilStopped{Source: packets}, a.opt.flows
	if a.live != nil { // and not for the baseline of a live check
		src.left = a.opt.count
		src.counted(&opt)
	}
	a.stats, err = flows.Run(context.Background(), src, a.engine, opt, emit)
	a.stopped = src.stopped
	if src.failed != nil {
		a.problems = append(a.problems, outputError{src.failed})
	}
	a.warnUnsupported()
	return err
}

// untilStopped makes an interruption, the last of so many packets and a failure
// of the source the end of the input, so that the flows so far are handed out.
type untilStopped struct {
	flows.Source
	// left is how many packets are wanted still; 0 is no limit, done is set
	// when there was one. With byFilter, only those that the filter takes count.
	left     uint64
	done     bool
	byFilter bool
	stopped  bool
	failed   error
}

// counted has the filter of opt, where there is one, tell which packets count
// for left: as with tcpdump, those that it takes.
func (s *untilStopped) counted(opt *flows.Options) {
	filter := opt.Filter
	if filter == nil {
		return
	}
	s.byFilter = true
	opt.Filter = func(p *decode.Packet) bool {
		takes := !s.done && filter(p)
		if takes {
			s.took()
		}
		return takes
	}
}

// took counts a packet.
func (s *untilStopped) took() {
	if s.left > 0 {
		s.left--
		s.done = s.left == 0
	}
}

func (s *untilStopped) Next(p *pcapio.Packet) error {
	if s.done {
		return io.EOF
	}
	err := s.Source.Next(p)
	switch {
	case err == nil:
		if !s.byFilter {
			s.took()
		}
		return nil
	case err == pcapio.ErrIdle || err == io.EOF:
		return err
	case err == pcapio.ErrInterrupted:
		s.stopped = true
	default:
		s.failed = err
	}
	return io.EOF
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

// packetTime is a packet time, in nanoseconds since 1970, as a time in UTC.
func packetTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }
