package flows

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Failure is what became of a packet that a recogniser, the decoder or the filter could not handle because of a
// fault of its own. It is worth a report.
type Failure struct {
	// Packet is the packet's number in the merged input, from 1, and File the place of its capture among the
	// inputs, from 0.
	Packet uint64
	File   int
	// Reason is what went wrong, as the runtime puts it, and Stack where: a line a function, the innermost first,
	// at most eight.
	Reason string
	Stack  []string
}

// Fault is the error of a run that could not go on because of a fault of the program itself: a panic anywhere but in
// what Failure names. Nothing can be said of the flows that were not handed out by then.
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

// newFault makes a Fault of what recover returned. It is to be called by the function that recovered.
func newFault(v any) *Fault {
	return &Fault{fmt.Sprint(v), panicStack()}
}

// stackLines is how many functions a stack names.
const stackLines = 8

// panicStack returns the functions that were under way when the panic came which is being recovered from.
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

// fail counts a packet that could not be handled, and remembers the first. It is to be called by the function that
// recovered v.
func (s *failures) fail(packet uint64, file uint32, v any) {
	s.count++
	if s.first == nil || packet < s.first.Packet {
		s.first = &Failure{packet, int(file), fmt.Sprint(v), panicStack()}
	}
}

// failures are those of one goroutine.
type failures struct {
	count uint64
	first *Failure
}

// add adds them to what was counted.
func (s *failures) add(st *Stats) {
	st.Failed += s.count
	if s.first != nil && (st.FirstFailure == nil || s.first.Packet < st.FirstFailure.Packet) {
		st.FirstFailure = s.first
	}
}
