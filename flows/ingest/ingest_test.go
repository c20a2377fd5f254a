package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/flows/flowfile"
	"servmap/pcapio"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// engine knows no protocol: inputs are about flows, not labels.
func engine(t *testing.T) *classify.Engine {
	t.Helper()
	e, err := classify.NewEngine(nil, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// capture writes a pcap of UDP datagrams from different ports, a second apart,
// and returns its name.
func capture(t *testing.T, dir, name string, start, packets int) string {
	t.Helper()
	o := binary.LittleEndian
	b := o.AppendUint32(nil, 0xa1b2c3d4)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(o.AppendUint32(b, 65535), 101) // raw IP
	for i := range packets {
		ip := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 7, 0, 8, 0, 0}
		binary.BigEndian.PutUint16(ip[20:], uint16(start+i))
		for _, v := range []int{start + i, 0, len(ip), len(ip)} {
			b = o.AppendUint32(b, uint32(v))
		}
		b = append(b, ip...)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// flowsCSV writes a CSV of flows, a row for each time in seconds.
func flowsCSV(t *testing.T, dir, name string, times ...string) string {
	t.Helper()
	text := "src_ip,dst_ip,bidirectional_bytes,bidirectional_packets,bidirectional_first_seen_ms,application_name\n"
	for _, at := range times {
		text += "10.0.0.9,10.0.0.2,60,1," + at + "000,DNS\n"
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns the source ports of the flows of an input, 0 for those of a CSV.
func read(t *testing.T, in Input) []uint16 {
	t.Helper()
	var ports []uint16
	if err := in.Flows(func(f *flows.Flow) error { ports = append(ports, f.SrcPort); return nil }); err != nil {
		t.Fatal(err)
	}
	return ports
}

func TestInputs(t *testing.T) {
	dir := t.TempDir()
	a, b := capture(t, dir, "a.pcap", 100, 2), capture(t, dir, "b.pcap", 10, 1)
	early, late := flowsCSV(t, dir, "z-early.csv", "5", "6"), flowsCSV(t, dir, "a-late.csv", "700")
	type outcome struct {
		captures string
		flows    int
		packets  uint64
	}
	for _, tt := range []struct {
		name  string
		names []string
		want  outcome
	}{
		{"a capture", []string{a}, outcome{"a.pcap", 2, 2}},
		{"captures in the order of their times", []string{a, b}, outcome{"b.pcap a.pcap", 3, 3}},
		{"a file of flows", []string{early}, outcome{"z-early.csv", 2, 2}},
		{"files of flows in the order of their times", []string{late, early}, outcome{"z-early.csv a-late.csv", 3, 3}},
		{"captures first", []string{early, a}, outcome{"a.pcap z-early.csv", 4, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := Open(t.Context(), tt.names, engine(t), Options{FlowFiles: true})
			if err != nil {
				t.Fatal(err)
			}
			n := len(read(t, in))
			s := in.Summary()
			var names []string
			for _, c := range s.Captures {
				names = append(names, c.Name)
			}
			if got := (outcome{strings.Join(names, " "), n, s.Stats.Packets}); got != tt.want || len(s.Problems) > 0 || s.Interrupted || s.Endless {
				t.Errorf("got %+v of %+v, want %+v", got, s, tt.want)
			}
		})
	}
}

// TestCompressedFlows reads a file of flows in each compression, and takes the
// digest of the bytes as stored.
func TestCompressedFlows(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile(flowsCSV(t, dir, "f.csv", "1", "2", "3"))
	if err != nil {
		t.Fatal(err)
	}
	for name, writer := range map[string]func(io.Writer) (io.WriteCloser, error){
		"gz":  func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"zst": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
		"lz4": func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil },
	} {
		var b bytes.Buffer
		w, err := writer(&b)
		if err == nil {
			_, err = w.Write(text)
		}
		if err == nil {
			err = w.Close()
		}
		path := filepath.Join(dir, "f.csv."+name)
		if err == nil {
			err = os.WriteFile(path, b.Bytes(), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		in, err := Open(t.Context(), []string{path}, engine(t), Options{FlowFiles: true})
		if err != nil {
			t.Fatal(err)
		}
		n := len(read(t, in))
		want := fmt.Sprintf("%x", sha256.Sum256(b.Bytes()))
		if s := in.Summary(); n != 3 || len(s.Problems) > 0 || s.Captures[0].SHA256 != want {
			t.Errorf("%s: %d flows, %+v", name, n, s)
		}
		if err := os.WriteFile(path, b.Bytes()[:b.Len()-6], 0o666); err != nil {
			t.Fatal(err)
		}
		if in, err = Open(t.Context(), []string{path}, engine(t), Options{FlowFiles: true}); err != nil {
			t.Fatal(err)
		}
		read(t, in)
		if s := in.Summary(); len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Error(), "ends early") {
			t.Errorf("%s, cut: %v", name, s.Problems)
		}
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	csv := flowsCSV(t, dir, "flows.csv", "5")
	everything := func(*decode.Packet) bool { return true }
	for _, tt := range []struct {
		name  string
		names []string
		opt   Options
		want  string
	}{
		{"a filter on flows", []string{csv}, Options{FlowFiles: true, Flows: flows.Options{Filter: everything}}, csv + ": --filter selects packets, and a CSV of flows has none"},
		{"flows where packets are wanted", []string{csv}, Options{}, `is no capture: expected a pcap or pcapng`},
		{"twice", []string{csv, csv}, Options{FlowFiles: true}, csv + ": is named twice"},
		{"gone", []string{filepath.Join(dir, "gone")}, Options{FlowFiles: true}, "there is no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(t.Context(), tt.names, engine(t), tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// TestInterrupted ends the reading before it has begun: what the reader holds
// comes through, and the summary says what happened.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{capture(t, dir, "a.pcap", 1, 3), flowsCSV(t, dir, "f.csv", "1", "2")} {
		ctx, cancel := context.WithCancel(t.Context())
		in, err := Open(ctx, []string{name}, engine(t), Options{FlowFiles: true})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		read(t, in)
		if s := in.Summary(); !s.Interrupted || s.Endless || len(s.Problems) > 0 {
			t.Errorf("%s: %+v, want an interruption", name, s)
		}
	}
}

func TestAPipeIsEndless(t *testing.T) {
	data, err := os.ReadFile(capture(t, t.TempDir(), "a.pcap", 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		_, _ = io.Copy(w, bytes.NewReader(data))
		_ = w.Close()
	}()
	in, err := Open(t.Context(), []string{"-"}, engine(t), Options{Stdin: r})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, in); len(got) != 3 || !in.Summary().Endless {
		t.Errorf("%v, %+v: want three flows of an endless input", got, in.Summary())
	}
}

// TestASilentPipe interrupts the reading of a CSV whose writer says nothing
// more and does not go away.
func TestASilentPipe(t *testing.T) {
	data, err := os.ReadFile(flowsCSV(t, t.TempDir(), "f.csv", "1", "2"))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	in := &flowFile{name: "-", stdin: r, format: &flowfile.NFStream}
	ctx, cancel := context.WithCancel(t.Context())
	in.ctx = ctx
	n := 0
	err = in.Flows(func(*flows.Flow) error {
		if n++; n == 1 {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
		return nil
	})
	if s := in.Summary(); err != nil || n != 2 || !s.Interrupted || !s.Endless || len(s.Problems) > 0 {
		t.Errorf("%v after %d flows, %+v", err, n, s)
	}
}

func TestAnErrorOfEmitIsReturned(t *testing.T) {
	dir := t.TempDir()
	enough := errors.New("enough")
	for _, name := range []string{capture(t, dir, "a.pcap", 1, 3), flowsCSV(t, dir, "f.csv", "1", "2")} {
		in, err := Open(t.Context(), []string{name}, engine(t), Options{FlowFiles: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Flows(func(*flows.Flow) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("%s: %v, want %v", name, err, enough)
		}
	}
}

// script is a source of packets and errors in turn.
type script []error

func (s *script) Next(*pcapio.Packet) error {
	if len(*s) == 0 {
		return io.EOF
	}
	err := (*s)[0]
	*s = (*s)[1:]
	return err
}

func TestStopping(t *testing.T) {
	failure := errors.New("the interface went away")
	for _, tt := range []struct {
		name        string
		source      script
		left        uint64
		packets     int
		interrupted bool
		failed      error
	}{
		{"the end", script{nil, nil}, 0, 2, false, nil},
		{"so many packets", script{nil, nil, nil}, 2, 2, false, nil},
		{"an interruption", script{nil, pcapio.ErrInterrupted, nil}, 0, 1, true, nil},
		{"a failure", script{nil, failure, nil}, 0, 1, false, failure},
		{"a silence is none", script{nil, pcapio.ErrIdle, nil}, 0, 2, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stopping{Source: &tt.source, left: tt.left}
			n := 0
			for {
				err := s.Next(nil)
				if err == io.EOF {
					break
				}
				if err == nil {
					n++
				}
			}
			if n != tt.packets || s.interrupted != tt.interrupted || s.failed != tt.failed {
				t.Errorf("%d packets, %+v", n, s)
			}
		})
	}
}

func TestCountFiltered(t *testing.T) {
	odd := true
	opt := flows.Options{Filter: func(*decode.Packet) bool { odd = !odd; return odd }}
	source := script{nil, nil, nil, nil, nil, nil, nil}
	s := &stopping{Source: &source, left: 2}
	s.countFiltered(&opt)
	seen, taken := 0, 0
	for s.Next(nil) == nil {
		seen++
		if opt.Filter(nil) {
			taken++
		}
	}
	if seen != 4 || taken != 2 {
		t.Errorf("%d packets seen and %d taken, want 4 and 2", seen, taken)
	}
}
