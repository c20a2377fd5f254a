package main

import (
	"errors"

	"servmap/pcapio"
	"servmap/report"
)

// status is the exit status of the program.
type status int

// What each status means is a contract with scripts.
const (
	statusDone        status = 0
	statusAnomalies   status = 1
	statusUsage       status = 2
	statusDamaged     status = 3
	statusOutput      status = 4
	statusInternal    status = 70 // EX_SOFTWARE of sysexits.h
	statusInterrupted status = 130
)

// usageError is an error of the command line, the configuration or a file
// named there: nothing was analysed.
type usageError string

func (e usageError) Error() string { return string(e) }

// outputError is a failure to write, or of a running source.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

// silent is an outcome that is an exit status and no more.
type silent status

const (
	anomaliesFound = silent(statusAnomalies)
	interrupted    = silent(statusInterrupted)
)

func (s silent) Error() string { return "" }

// precedence orders the statuses that can come together, the strongest first.
var precedence = []status{statusInternal, statusUsage, statusOutput, statusInterrupted, statusDamaged, statusAnomalies}

// statusOf returns the exit status for what a command returned.
func statusOf(err error) status {
	found := map[status]bool{}
	for _, e := range parts(err) {
		found[statusOfOne(e)] = true
	}
	for _, s := range precedence {
		if found[s] {
			return s
		}
	}
	return statusDone
}

func statusOfOne(err error) status {
	var (
		quiet  silent
		output outputError
		damage *pcapio.DamageError
		row    *report.RowError
		fault  internalError
	)
	switch {
	case errors.As(err, &fault):
		return statusInternal
	case errors.As(err, &quiet):
		return status(quiet)
	case errors.As(err, &output):
		return statusOutput
	case errors.As(err, &damage), errors.As(err, &row):
		return statusDamaged
	}
	return statusUsage
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
