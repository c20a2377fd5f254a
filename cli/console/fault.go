package console

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Version is the release. It is set by the linker where one is built; else it is
// what the build knows of the module.
var Version = ""

// VersionName is Version, never empty.
func VersionName() string {
	if Version != "" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

// FaultError is a fault of the program itself.
type FaultError string

// Error is one line that asks for a report.
func (e FaultError) Error() string { return string(e) }

// Guard returns what run returns, or a FaultError where it panics.
func Guard(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = faultOf(v)
		}
	}()
	return run()
}

// ExitOnPanic ends the program as a panic under Guard does. Every goroutine of
// the command line defers it.
func (c *Console) ExitOnPanic() {
	if v := recover(); v != nil {
		err := faultOf(v)
		c.PrintErrors(err)
		os.Exit(int(StatusOf(err)))
	}
}

// faultOf describes a panic in a line. It is called by the deferred function
// that recovered.
func faultOf(v any) FaultError {
	return FaultError(fmt.Sprintf("internal error at %s: %v; this is a fault of servmap %s: please report it, with the input if you may",
		panicPlace(), v, VersionName()))
}

// panicPlace is the innermost line of our own that panicked.
func panicPlace() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	panicking := false
	for {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if panicking && !inRuntime {
			return fmt.Sprintf("%s:%d", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
		panicking = panicking || f.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
