package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"servmap/flows"
	"servmap/pcapio"
	"servmap/report"
	"servmap/servmap"
)

// isFlowCSV reports whether a file is a CSV of flows. Standard input is looked
// at only where it is a file: what was taken from a pipe cannot be put back.
func isFlowCSV(name string) bool {
	info, err := statInput(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f := os.Stdin
	if name != "-" {
		if f, err = os.Open(name); err != nil {
			return false
		}
		defer f.Close()
	}
	head := make([]byte, 4096)
	n, _ := f.ReadAt(head, 0)
	return report.LooksLikeFlows(head[:n])
}

// distinct refuses a CSV that is named twice.
func distinct(names []string) error {
	var seen []os.FileInfo
	for _, name := range names {
		info, err := statInput(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(seen, func(o os.FileInfo) bool { return os.SameFile(o, info) }) {
			return &pcapio.InputError{Path: name, Reason: "is named twice"}
		}
		seen = append(seen, info)
	}
	return nil
}

// csvInput is a CSV of flows and the time of its first flow.
type csvInput struct {
	name  string
	first int64
}

// errEnough ends the reading of a CSV early.
var errEnough = errors.New("enough")

// orderCSVs sorts CSVs by the time of their first flow, then by path, so that
// the order of the arguments does not matter. A CSV whose header lacks a
// column is an error.
func orderCSVs(names []string) ([]csvInput, error) {
	out := make([]csvInput, len(names))
	for i, name := range names {
		out[i].name = name
		err := readCSV(name, nil, func(f *flows.Flow) error {
			out[i].first = f.First()
			return errEnough
		})
		var header *report.HeaderError
		if errors.As(err, &header) {
			return nil, header
		}
	}
	slices.SortFunc(out, func(a, b csvInput) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.name, b.name))
	})
	return out, nil
}

// readCSV reads the flows of one CSV; all that is read goes to copyTo too,
// where it is not nil.
func readCSV(name string, copyTo io.Writer, emit func(*flows.Flow) error) error {
	f := os.Stdin
	if name == "-" {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	} else {
		var err error
		if f, err = os.Open(name); err != nil {
			return &pcapio.InputError{Path: name, Reason: describe(err), Err: err}
		}
		defer f.Close()
	}
	var r io.Reader = f
	if copyTo != nil {
		r = io.TeeReader(f, copyTo)
	}
	return report.ReadFlows(name, r, emit)
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
		c.First, c.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
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
