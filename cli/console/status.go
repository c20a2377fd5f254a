package console

import (
	"errors"

	"servmap/flows"
	"servmap/flows/flowfile"
	"servmap/flows/ingest"
	"servmap/pcapio"
)

// Status is the exit status of the program.
type Status int

// What each status means is a contract with scripts.
const (
	Done        Status = 0
	Anomalies   Status = 1
	Usage       Status = 2
	Damaged     Status = 3
	Output      Status = 4
	Fault       Status = 70 // EX_SOFTWARE of sysexits.h
	Interrupted Status = 130
)

// UsageError is an error of the command line, the configuration or a file
// named there: nothing was analysed.
type UsageError string

// Error is the text.
func (e UsageError) Error() string { return string(e) }

// OutputError is a failure to write, or to ask the system for what is to be
// written.
type OutputError struct{ Err error }

// Error is the error below.
func (e OutputError) Error() string { return e.Err.Error() }

// Unwrap returns the error below.
func (e OutputError) Unwrap() error { return e.Err }

// silent is an outcome that is an exit status and no more.
type silent Status

// Error is empty: there is nothing to print.
func (s silent) Error() string { return "" }

// The outcomes without a message.
var (
	ErrAnomalies   error = silent(Anomalies)
	ErrInterrupted error = silent(Interrupted)
	ErrDamaged     error = silent(Damaged) // told before
)

// precedence orders the statuses that can come together, the strongest first.
var precedence = []Status{Fault, Usage, Output, Interrupted, Damaged, Anomalies}

// StatusOf returns the exit status for what a command returned.
func StatusOf(err error) Status {
	found := map[Status]bool{}
	for _, e := range parts(err) {
		found[statusOfOne(e)] = true
	}
	for _, s := range precedence {
		if found[s] {
			return s
		}
	}
	return Done
}

func statusOfOne(err error) Status {
	var (
		quiet  silent
		output OutputError
		source *ingest.SourceError
		damage *pcapio.DamageError
		row    *flowfile.RowError
		fault  FaultError
		broken *flows.Fault
		missed *ingest.UnhandledError
	)
	switch {
	case errors.As(err, &fault), errors.As(err, &broken):
		return Fault
	case errors.As(err, &quiet):
		return Status(quiet)
	case errors.As(err, &output), errors.As(err, &source):
		return Output
	case errors.As(err, &damage), errors.As(err, &row), errors.As(err, &missed):
		return Damaged
	}
	return Usage
}

// parts returns the errors that were joined in err.
func parts(err error) []error {
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var out []error
		for _, part := range e.Unwrap() {
			out = append(out, parts(part)...)
		}
		return out
	}
	return []error{err}
}
