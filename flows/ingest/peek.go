package ingest

import (
	"bytes"
	"io"
	"os"
	"strings"

	"servmap/pcapio"
)

// headSize is how much of a file is looked at to see what it is.
const headSize = 4096

// peek returns the beginning of an input without taking anything from it; nil
// where that cannot be had.
func peek(name string, stdin *os.File, done <-chan struct{}) []byte {
	info, err := Stat(name, stdin)
	if err != nil {
		return nil
	}
	if !info.Mode().IsRegular() {
		return peekOpen(name, stdin, done)
	}
	f := stdin
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

// expand decompresses the beginning of a file, as far as it goes.
func expand(head []byte) []byte {
	out := make([]byte, headSize)
	n, _ := io.ReadFull(pcapio.Decompress(bytes.NewReader(head), pcapio.Options{}), out)
	return out[:n]
}

// peekOpen looks into a pipe that is open already: standard input, or one that the
// shell made, <(zcat flows.csv.gz). A named pipe must not be opened twice.
func peekOpen(name string, stdin *os.File, done <-chan struct{}) []byte {
	switch {
	case name == "-":
		return peekPipe(stdin, done)
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
