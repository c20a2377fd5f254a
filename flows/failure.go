package flows

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Failure tells of a packet at which a recogniser, the decoder or the filter panicked. Users should
// report it.
type Failure struct {
	// Packet is the packet's number in the merged input, from 1. File is the index of its capture
	// among the inputs.
	Packet uint64
	File   int
	// Reason is the runtime's message. Stack has a line for each function, the innermost first, at
	// most eight.
	Reason string
	Stack  []string
}

// Fault is the error of a run that a panic ended: one in code that Failure does not name. The flows
// that were not handed out by then are lost.
type Fault struct {
	// Reason and Stack are those of a Failure.
	Reason string
	Stack  []string
}

// Error tells the reason and the innermost function, and asks for a report.
func (f *Fault) Error() string {
	place := ""
	if len(f.Stack) > 0 {
		place = " in " + f.Stack[0]
	}
	return fmt.Sprintf("internal error: %s%s; this is a fault of the program: please report it, with the input if you may", f.Reason, place)
}

// newFault makes a Fault of what recover returned. The function that recovered must call it.
func newFault(v any) *Fault {
	return &Fault{fmt.Sprint(v), panicStack()}
}

// stackLines is how many functions a stack names.
const stackLines = 8

// panicStack returns the functions that were running at the panic which is being recovered from.
func panicStack() []string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	var lines []string
	panicked := false
	for more := true; more && len(lines) < stackLines; {
		var f runtime.Frame
		f, more = frames.Next()
		panicked = panicked || f.Function == "runtime.gopanic"
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			lines = append(lines, fmt.Sprintf("%s (%s:%d)", f.Function, path.Base(f.File), f.Line))
		}
	}
	return lines
}

// fail counts a packet at which v was the panic, and remembers the first. The function that
// recovered must call it.
func (s *failures) fail(packet uint64, file uint32, v any) {
	s.count++
	if s.first == nil || packet < s.first.Packet {
		s.first = &Failure{packet, int(file), fmt.Sprint(v), panicStack()}
	}
}

// failures counts the failures of one goroutine.
type failures struct {
	count uint64
	first *Failure
}

// add adds them to the statistics.
func (s *failures) add(st *Stats) {
	st.Failed += s.count
	if s.first != nil && (st.FirstFailure == nil || s.first.Packet < st.FirstFailure.Packet) {
		st.FirstFailure = s.first
	}
}
