// Command large makes large captures from the small ones of testdata, for
// measuring how fast programs read them.
//
//	go run ./testdata/large KIND SIZE OUT
//
// KIND is one of
//
//	mix       the conversations of both captures, again and again and at the same time, every
//	          time from other local addresses and ports; 30,000 packets a second
//	elephant  160 TCP connections that begin like those of the captures and go on with full
//	          segments; 50,000 packets a second
//	scan      SYNs, one in eight answered by a RST, and among them DNS queries that nobody
//	          answers; 20,000 packets a second
//
// SIZE is a length (30MB, 1GB), a number of packets (10packets) or of flows (100000flows; not
// for elephant). OUT is a file, or - for standard output. The same arguments make the same bytes,
// as long as the captures are the same. Checksums are not brought up to date.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// kinds are the makers of captures, which write until the writer is full.
var kinds = map[string]func(*writer, []packet) error{"mix": mix, "elephant": elephant, "scan": scan}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "large:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 || kinds[args[0]] == nil {
		return errors.New("usage: large mix|elephant|scan SIZE OUT")
	}
	w, err := limits(args[1])
	if err != nil {
		return err
	}
	if args[0] == "elephant" && w.maxFlows != math.MaxInt64 {
		return errors.New("elephant always has 160 flows: give a length")
	}
	packets, err := load(testdata())
	if err != nil {
		return err
	}
	out := os.Stdout
	if args[2] != "-" {
		if out, err = os.Create(args[2]); err != nil {
			return err
		}
	}
	if err := w.to(out, func() error { return kinds[args[0]](w, packets) }); err != nil {
		return err
	}
	return out.Close()
}

// testdata is the folder of the captures: the parent of this file's.
func testdata() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// limits reads SIZE.
func limits(size string) (*writer, error) {
	w := &writer{maxBytes: math.MaxInt64, maxPackets: math.MaxInt64, maxFlows: math.MaxInt64}
	for _, unit := range []struct {
		name  string
		times float64
		limit *int64
	}{
		{"flows", 1, &w.maxFlows}, {"packets", 1, &w.maxPackets},
		{"kB", 1e3, &w.maxBytes}, {"MB", 1e6, &w.maxBytes}, {"GB", 1e9, &w.maxBytes},
	} {
		number, ok := strings.CutSuffix(size, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !(n > 0 && n*unit.times < 1e15) {
			break
		}
		*unit.limit = int64(n * unit.times)
		return w, nil
	}
	return nil, fmt.Errorf("size %q: expected a number of MB, GB, packets or flows, such as 30MB", size)
}

// writer writes a pcap file until it has the length, packets or flows wanted.
type writer struct {
	out                            *bufio.Writer
	head                           [16]byte
	bytes, packets, flows          int64
	maxBytes, maxPackets, maxFlows int64
	err                            error
}

// start is the time of the first packet: 2026-01-01 00:00 UTC, in nanoseconds.
const start = 1767225600 * second

const second = int64(1e9)

// to writes the file's header and all that fill writes.
func (w *writer) to(out io.Writer, fill func() error) error {
	w.out = bufio.NewWriterSize(out, 1<<20)
	h := make([]byte, 24)
	le.PutUint32(h, 0xa1b2c3d4) // times in microseconds
	le.PutUint16(h[4:], 2)
	le.PutUint16(h[6:], 4)
	le.PutUint32(h[16:], 262144)
	le.PutUint32(h[20:], 1) // Ethernet
	if _, err := w.out.Write(h); err != nil {
		return err
	}
	w.bytes = int64(len(h))
	if err := fill(); err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}

// full reports whether nothing more is to be written.
func (w *writer) full() bool {
	return w.err != nil || w.bytes >= w.maxBytes || w.packets >= w.maxPackets || w.flows > w.maxFlows
}

// packet writes a packet whose time is so many nanoseconds after the first's.
func (w *writer) packet(after int64, frame []byte) {
	at := start + after
	le.PutUint32(w.head[:], uint32(at/second))
	le.PutUint32(w.head[4:], uint32(at%second/1000))
	le.PutUint32(w.head[8:], uint32(len(frame)))
	le.PutUint32(w.head[12:], uint32(len(frame)))
	if w.err == nil {
		_, w.err = w.out.Write(w.head[:])
	}
	if w.err == nil {
		_, w.err = w.out.Write(frame)
	}
	w.bytes += int64(len(w.head) + len(frame))
	w.packets++
}
