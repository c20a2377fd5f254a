package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// internalError is a fault of the program itself.
type internalError string

func (e internalError) Error() string { return string(e) }

// guarded returns what run returns, or an internalError where it panics.
func guarded(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = faultOf(v)
		}
	}()
	return run()
}

// exitOnPanic ends the program as a panic in main does. Every goroutine that is ours defers it.
func exitOnPanic() {
	if v := recover(); v != nil {
		err := faultOf(v)
		tell(err)
		os.Exit(int(statusOf(err)))
	}
}

// faultOf describes a panic in a line. It is called by the deferred function that recovered.
func faultOf(v any) internalError {
	return internalError(fmt.Sprintf("internal error at %s: %v; this is a fault of servmap %s: please report it, with the input if you may",
		panicPlace(), v, versionName()))
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
