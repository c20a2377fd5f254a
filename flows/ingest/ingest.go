// Package ingest turns whatever a user names into flows: captures, an
// interface, or files of flows that another program made. It knows the
// conditions under which reading stops, and what is to be told afterwards.
package ingest

import (
	"context"
	"fmt"
	"os"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/flowfile"
	"servmap/pcapio"
)

// Options says how inputs are read. The zero value reads captures with one
// worker and all timeouts off.
type Options struct {
	// Flows says how packets become flows.
	Flows flows.Options
	// Limit and Ratio bound what compressed captures expand to, as in
	// pcapio.Options.
	Limit, Ratio int64
	// Hash asks for the SHA-256 of every capture.
	Hash bool
	// FlowFiles accepts files of flows besides captures.
	FlowFiles bool
	// Stdin is what the name "-" stands for; nil is os.Stdin.
	Stdin *os.File
	// Interface, where it is not empty, is captured on in place of files.
	Interface string
	// Promiscuous also takes frames for other hosts.
	Promiscuous bool
	// Duration ends a live capture after so long; 0 is no limit.
	Duration time.Duration
	// Count ends a live capture after so many packets that Flows.Filter takes;
	// 0 is no limit.
	Count uint64
}

// Input is what there is to read, opened.
type Input interface {
	// Flows hands every flow to emit, in the order of flows.Run, and closes the
	// input. Damage, an interruption and an interface that goes away end the
	// reading and not the run: they are in the Summary. An error is emit's.
	// The context given to Open, not this call, is what interrupts.
	Flows(emit func(*flows.Flow) error) error
	// Names are the base names of the captures, or the interface, in the order of Summary.Captures and of
	// flows.Sighting.File.
	Names() []string
	// Summary tells what was read; it holds after Flows has returned.
	Summary() Summary
}

// Progresser is an Input that can tell how far it is, from any goroutine.
type Progresser interface{ Progress() pcapio.Progress }

// Summary is what became of an input.
type Summary struct {
	// Stats counts packets and flows.
	Stats flows.Stats
	// Files describes the captures that were files or pipes.
	Files []pcapio.File
	// Captures tells where the flows came from: a capture, an interface or a
	// file of flows each.
	Captures []Capture
	// Dropped counts the packets that the kernel had no room for, live.
	Dropped uint64
	// Problems are what went wrong with the inputs, after which the reading
	// went on: *pcapio.DamageError, *flowfile.RowError, *SourceError,
	// *UnhandledError.
	Problems []error
	// Interrupted is set where the context ended the reading.
	Interrupted bool
	// Endless is set where an input was a pipe or an interface: then an
	// interruption is its ordinary end.
	Endless bool
}

// Capture is the provenance of flows.
type Capture struct {
	// Name is the base name of the file, or the interface.
	Name string
	// SHA256 is that of the bytes as stored, in hexadecimal; empty where they
	// were piped or live.
	SHA256 string
	// Packets and Flows count what it gave; a flow counts for the capture of
	// its first packet.
	Packets, Flows uint64
	// First and Last are the smallest and largest packet times, in UTC; zero
	// where there was no packet.
	First, Last time.Time
}

// SourceError says that a running source failed: an interface went away.
type SourceError struct{ Err error }

// Error is the error below.
func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap returns the error below.
func (e *SourceError) Unwrap() error { return e.Err }

// UnhandledError tells of packets that could not be handled because of a fault of
// the program: a recogniser, the decoder or the filter panicked.
type UnhandledError struct {
	// Input is the capture or interface of the first of them.
	Input string
	// Packets is how many there were, First what is known of the first.
	Packets uint64
	First   flows.Failure
}

// Error is one line that says where, and asks for a report.
func (e *UnhandledError) Error() string {
	place := ""
	if len(e.First.Stack) > 0 {
		place = " in " + e.First.Stack[0]
	}
	others := ""
	if e.Packets > 1 {
		others = fmt.Sprintf(", nor %d others", e.Packets-1)
	}
	return fmt.Sprintf("%s: packet %d of the input could not be handled%s: %s%s; its flow is Unknown; this is a fault of the program: please report it, with the capture if you may",
		e.Input, e.First.Packet, others, e.First.Reason, place)
}

// A UsageError says that inputs and options do not go together.
type UsageError string

// Error is the text.
func (e UsageError) Error() string { return string(e) }

// idleAfter is how long a pipe or an interface is silent before flows whose end
// has passed by the clock are released.
const idleAfter = time.Second

// Open opens the named inputs; "-" is standard input. Without Options.Interface
// there must be at least one name. The error names the first input that cannot
// be read (*pcapio.InputError, *flowfile.HeaderError, UsageError), or is
// pcapio.ErrInterrupted. When ctx is done, reading stops: a file within one
// buffer, a pipe or an interface once it has delivered what it holds.
func Open(ctx context.Context, names []string, engine *classify.Engine, opt Options) (Input, error) {
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	if opt.Interface != "" {
		return openLive(ctx, engine, opt)
	}
	captures, files, err := sortInputs(ctx, names, opt)
	if err != nil {
		return nil, err
	}
	var all several
	if len(captures) > 0 || len(files) == 0 {
		c, err := openCaptures(ctx, captures, engine, opt)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for _, f := range files {
		all = append(all, f)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// sortInputs parts captures from files of flows, known by how they begin.
func sortInputs(ctx context.Context, names []string, opt Options) (captures []string, files []*flowFile, err error) {
	for _, name := range names {
		if !opt.FlowFiles {
			captures = append(captures, name)
			continue
		}
		head := expand(peek(name, opt.Stdin, ctx.Done()))
		format := flowfile.Find(head)
		if format == nil {
			captures = append(captures, name)
			continue
		}
		if opt.Flows.Filter != nil {
			return nil, nil, UsageError(DisplayName(name) + ": --filter selects packets, and a CSV of flows has none")
		}
		files = append(files, &flowFile{ctx: ctx, name: name, stdin: opt.Stdin, head: head, format: format, opt: opt})
	}
	files, err = orderFlowFiles(files)
	return captures, files, err
}

// several is inputs read one after the other.
type several []Input

// Flows implements Input. The flows of files of flows have numbers behind those of packets, and a sighting tells where
// those of each file begin.
func (s several) Flows(emit func(*flows.Flow) error) error {
	last, before := uint64(0), 0
	for _, in := range s {
		out := emit
		if f, ok := in.(*flowFile); ok {
			if f.opt.Flows.Sight != nil {
				f.opt.Flows.Sight(&flows.Sighting{Kind: flows.From, Number: last + 1, File: uint32(before)})
			}
			out = func(f *flows.Flow) error {
				last++
				f.Number = last
				return emit(f)
			}
		}
		if err := in.Flows(out); err != nil {
			return err
		}
		sum := in.Summary()
		if sum.Interrupted {
			break
		}
		if _, ok := in.(*flowFile); !ok {
			last = sum.Stats.Packets + sum.Stats.Decode.Aggregated
		}
		before += len(in.Names())
	}
	return nil
}

// Names implements Input.
func (s several) Names() []string {
	var out []string
	for _, in := range s {
		out = append(out, in.Names()...)
	}
	return out
}

// Summary adds up those of the inputs. What only packets have comes from the
// first, the captures.
func (s several) Summary() Summary {
	out := s[0].Summary()
	for _, in := range s[1:] {
		m := in.Summary()
		out.Stats.Flows += m.Stats.Flows
		out.Stats.Packets += m.Stats.Packets
		out.Stats.Bytes += m.Stats.Bytes
		out.Captures = append(out.Captures, m.Captures...)
		out.Problems = append(out.Problems, m.Problems...)
		out.Interrupted = out.Interrupted || m.Interrupted
		out.Endless = out.Endless || m.Endless
	}
	return out
}

// Progress is that of the captures.
func (s several) Progress() pcapio.Progress {
	if p, ok := s[0].(Progresser); ok {
		return p.Progress()
	}
	return pcapio.Progress{}
}

// DisplayName is what messages call an input.
func DisplayName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// Stat describes an input; "-" is stdin.
func Stat(name string, stdin *os.File) (os.FileInfo, error) {
	if name == "-" {
		return stdin.Stat()
	}
	return os.Stat(name)
}

// isEndless reports whether a name is there and no regular file.
func isEndless(name string, stdin *os.File) bool {
	info, err := Stat(name, stdin)
	return err == nil && !info.Mode().IsRegular()
}

// packetTime is a packet time, in nanoseconds since 1970, as a time in UTC.
func packetTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }
