package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"servmap/flows"
	"servmap/flows/flowfile"
	"servmap/pcapio"
)

// flowFile is an Input that is a file of flows.
type flowFile struct {
	ctx    context.Context
	name   string
	stdin  *os.File
	format *flowfile.Format
	opt    Options
	// head is how the file begins, first the time of its first flow.
	head    []byte
	first   int64
	summary Summary
}

// errEnough ends the reading of a file early.
var errEnough = errors.New("enough")

// orderFlowFiles sorts files by the time of their first flow, then by path, so
// that the order of the arguments does not matter. A file that is named twice
// or lacks a column is an error.
func orderFlowFiles(all []*flowFile) ([]*flowFile, error) {
	var seen []os.FileInfo
	for _, in := range all {
		info, err := Stat(in.name, in.stdin)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(seen, func(o os.FileInfo) bool { return os.SameFile(o, info) }) {
			return nil, &pcapio.InputError{Path: in.name, Reason: "is named twice"}
		}
		seen = append(seen, info)
		err = in.format.Read(DisplayName(in.name), bytes.NewReader(in.head), func(f *flows.Flow) error {
			in.first = f.First()
			return errEnough
		})
		var header *flowfile.HeaderError
		if errors.As(err, &header) {
			return nil, header
		}
	}
	slices.SortFunc(all, func(a, b *flowFile) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

// Names implements Input.
func (in *flowFile) Names() []string { return []string{filepath.Base(in.name)} }

// Flows implements Input. A bad row is a damage: what stands before it counts.
func (in *flowFile) Flows(emit func(*flows.Flow) error) error {
	s := &in.summary
	s.Endless = isEndless(in.name, in.stdin)
	sum := sha256.New()
	c := Capture{Name: filepath.Base(in.name)}
	var first, last int64
	err := in.read(sum, func(f *flows.Flow) error {
		if in.ctx.Err() != nil {
			s.Interrupted = true
			return errEnough
		}
		if c.Flows == 0 || f.First() < first {
			first = f.First()
		}
		last = max(last, f.Last())
		c.Flows++
		c.Packets += f.Packets()
		s.Stats.Bytes += f.Bytes()
		return emit(f)
	})
	if c.Flows > 0 {
		c.First, c.Last = packetTime(first), packetTime(last)
	}
	s.Stats.Flows, s.Stats.Packets = c.Flows, c.Packets
	var row *flowfile.RowError
	switch {
	case err == nil:
		if in.name != "-" {
			c.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	case errors.Is(err, pcapio.ErrInterrupted):
		s.Interrupted = true
	case errors.As(err, &row):
		s.Problems = append(s.Problems, row)
	case err != errEnough:
		return err
	}
	s.Captures = []Capture{c}
	return nil
}

// read reads the flows; the bytes as stored go to sum too.
func (in *flowFile) read(sum io.Writer, emit func(*flows.Flow) error) error {
	f := in.stdin
	if in.name != "-" {
		var err error
		if f, err = os.Open(in.name); err != nil {
			return &pcapio.InputError{Path: in.name, Reason: pcapio.Reason(err).Error(), Err: err}
		}
		defer f.Close()
	}
	src := io.Reader(f)
	if in.summary.Endless { // a pipe may be silent for ever
		src = pcapio.Interruptible(f, in.ctx.Done())
	}
	stored := io.TeeReader(src, sum)
	rows := pcapio.Decompress(stored, pcapio.Options{Limit: in.opt.Limit, Ratio: in.opt.Ratio})
	if err := in.format.Read(DisplayName(in.name), rows, emit); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, stored) // the digest is of all
	return err
}

// Summary implements Input.
func (in *flowFile) Summary() Summary { return in.summary }
