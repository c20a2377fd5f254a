package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"servmap/flows"
	"servmap/pcapio"
	"servmap/report"
	"servmap/servmap"
)

// headSize is how much of a file is looked at to see what it is.
const headSize = 4096

// peek returns the beginning of an input without taking anything from it; nil
// where that cannot be had.
func peek(name string, done <-chan struct{}) []byte {
	info, err := statInput(name)
	if err != nil {
		return nil
	}
	if !info.Mode().IsRegular() {
		return peekOpen(name, done)
	}
	f := os.Stdin
	if name != "-" {
		if f, err = os.Open(name); err != nil {
			return nil
		}
		defer f.Close()
	}
	head := make([]byte, headSize)
	n, _ := f.ReadAt(head, 0)
	return head[:n]
}

// peekOpen looks into a pipe that is open already: standard input, or one that the
// shell made, <(zcat flows.csv.gz). A named pipe must not be opened twice.
func peekOpen(name string, done <-chan struct{}) []byte {
	switch {
	case name == "-":
		return peekPipe(os.Stdin, done)
	case strings.HasPrefix(name, "/dev/fd/"), strings.HasPrefix(name, "/proc/self/fd/"):
		f, err := os.Open(name)
		if err != nil {
			return nil
		}
		defer f.Close()
		return peekPipe(f, done)
	}
	return nil
}

// csvInput is a CSV of flows, its beginning, and the time of its first flow.
type csvInput struct {
	name  string
	head  []byte
	first int64
}

// errEnough ends the reading of a CSV early.
var errEnough = errors.New("enough")

// orderCSVs sorts CSVs by the time of their first flow, then by path, so that
// the order of the arguments does not matter. A CSV that is named twice or
// lacks a column is an error.
func orderCSVs(all []csvInput) ([]csvInput, error) {
	var seen []os.FileInfo
	for i := range all {
		in := &all[i]
		info, err := statInput(in.name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(seen, func(o os.FileInfo) bool { return os.SameFile(o, info) }) {
			return nil, &pcapio.InputError{Path: in.name, Reason: "is named twice"}
		}
		seen = append(seen, info)
		err = report.ReadFlows(inputName(in.name), bytes.NewReader(in.head), func(f *flows.Flow) error {
			in.first = f.First()
			return errEnough
		})
		var header *report.HeaderError
		if errors.As(err, &header) {
			return nil, header
		}
	}
	slices.SortFunc(all, func(a, b csvInput) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

// readCSV reads the flows of one CSV; all that is read goes to sum too.
func readCSV(name string, sum io.Writer, emit func(*flows.Flow) error) error {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return &pcapio.InputError{Path: name, Reason: reason(err).Error(), Err: err}
		}
		defer f.Close()
	}
	return report.ReadFlows(inputName(name), io.TeeReader(f, sum), emit)
}

// runCSV hands out the flows of one CSV. A bad row is a damage: what stands
// before it counts.
func (a *analysis) runCSV(name string, emit func(*flows.Flow) error) error {
	sum := sha256.New()
	c := servmap.Capture{Name: filepath.Base(name)}
	var first, last int64
	err := readCSV(name, sum, func(f *flows.Flow) error {
		select {
		case <-a.done:
			a.stopped = true
			return errEnough
		default:
		}
		if c.Flows == 0 || f.First() < first {
			first = f.First()
		}
		last = max(last, f.Last())
		c.Flows++
		c.Packets += f.Packets()
		a.stats.Flows++
		a.stats.Packets += f.Packets()
		a.stats.Bytes += f.Bytes()
		return emit(f)
	})
	if c.Flows > 0 {
		c.First, c.Last = packetTime(first), packetTime(last)
	}
	var row *report.RowError
	switch {
	case err == nil:
		if name != "-" {
			c.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	case errors.As(err, &row):
		a.problems = append(a.problems, row)
	case err != errEnough:
		return err
	}
	a.captures = append(a.captures, c)
	return nil
}

// inputName is what errors call an input.
func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
