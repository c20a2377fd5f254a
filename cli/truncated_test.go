package cli

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"servmap/classify"
	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/report"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// conversation are the packets of the captures that are cut: three flows.
var conversation = []frame{
	{at: 1, proto: "udp", src: "10.0.0.1:5353", dst: "10.0.0.9:7", payload: "hello"},
	{at: 2, proto: "tcp", flags: "S", src: "10.0.0.1:40000", dst: "10.0.0.2:80"},
	{at: 2.5, proto: "tcp", flags: "A", src: "10.0.0.1:40000", dst: "10.0.0.2:80", payload: "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"},
	{at: 3, proto: "tcp", flags: "A", src: "10.0.0.2:80", dst: "10.0.0.1:40000", payload: "HTTP/1.1 200 OK\r\n\r\n"},
	{at: 4, proto: "icmp", src: "10.0.0.3:0", dst: "10.0.0.4:0", payload: "ping"},
}

// A stored capture is cut at every byte.
type stored struct {
	name string
	data []byte
	// sound are the lengths at which it is whole: between two records.
	sound []int
	// packets is how many packets the first n bytes must give, and at most
	// one more may come of the part behind; exact says that none may.
	packets func(n int) int
	exact   bool
}

// TestTruncated cuts a capture of every form at every byte; where SERVMAP_SLOW_TESTS is not set,
// at every seventh and around the places where it is whole. The flows are those of the packets
// before the cut. The exit status is 3; between two records it is 0, and 2 where nothing is left.
func TestTruncated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	forms := []stored{
		classic(t, "pcap", binary.LittleEndian, 0xa1b2c3d4, 1000), classic(t, "pcap, big endian", binary.BigEndian, 0xa1b2c3d4, 1000),
		classic(t, "pcap, nanoseconds", binary.LittleEndian, 0xa1b23c4d, 1), classic(t, "pcap, nanoseconds, big endian", binary.BigEndian, 0xa1b23c4d, 1),
		nextGeneration(t, "pcapng", binary.LittleEndian), nextGeneration(t, "pcapng, big endian", binary.BigEndian),
	}
	// What a number of packets comes to.
	whole := &forms[0]
	var want []string
	for n := range len(conversation) + 1 {
		lines, packets, status := analysed(t, dir, whole.data[:whole.sound[n]])
		if packets != n || status != console.Done {
			t.Fatalf("%d packets gave %d and status %d", n, packets, status)
		}
		want = append(want, lines)
	}
	for _, c := range codecs {
		if c.program != nil {
			if _, err := exec.LookPath(c.program[0]); err != nil {
				t.Logf("%s is not tried: %v", c.name, err)
				continue
			}
		}
		forms = append(forms, packed(t, c, whole))
	}
	step := 7
	if os.Getenv("SERVMAP_SLOW_TESTS") != "" {
		step = 1
	}
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for cut := range len(form.data) + 1 {
				near := slices.ContainsFunc(form.sound, func(n int) bool { return cut >= n-1 && cut <= n+1 })
				if near || cut%step == 0 {
					form.check(t, dir, cut, want)
				}
			}
		})
	}
}

// check analyses the first bytes.
func (s *stored) check(t *testing.T, dir string, cut int, want []string) {
	t.Helper()
	wanted := console.Damaged
	switch {
	case cut == 0:
		wanted = console.Usage
	case slices.Contains(s.sound, cut):
		wanted = console.Done
	}
	lines, packets, status := analysed(t, dir, s.data[:cut])
	least := s.packets(cut)
	if status != wanted || packets < least || packets > least && s.exact || packets > least+1 || packets > len(conversation) {
		t.Fatalf("cut at %d of %d: %d packets, status %d; want %d packets, status %d", cut, len(s.data), packets, status, least, wanted)
	}
	if wanted != console.Usage && lines != want[packets] {
		t.Fatalf("cut at %d: flows\n%s\nwant those of %d packets\n%s", cut, lines, packets, want[packets])
	}
}

// plainEngine is the engine without a configuration. It is immutable, so tests share it.
var plainEngine = sync.OnceValues(func() (*classify.Engine, error) { return newEngine(&flags.Options{}) })

// analysed returns the flows of a capture, the number of packets and the status
// that the program would end with.
func analysed(t *testing.T, dir string, data []byte) (lines string, packets int, s console.Status) {
	t.Helper()
	path := filepath.Join(dir, "capture")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	engine, err := plainEngine()
	if err != nil {
		t.Fatal(err)
	}
	in, err := ingest.Open(t.Context(), []string{path}, engine, ingest.Options{
		Flows: flows.Options{IdleTimeout: flows.DefaultIdleTimeout, Workers: 1}, FlowFiles: true,
	})
	if err != nil {
		return "", 0, console.StatusOf(err)
	}
	var b bytes.Buffer
	w, err := report.Named(report.FlowFormats, "csv").New(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	var n uint64
	err = in.Flows(func(f *flows.Flow) error {
		n++
		return w.Write(report.FlowRow{N: n, Flow: f})
	})
	summary := in.Summary()
	return b.String(), int(summary.Stats.Packets), console.StatusOf(problems(summary, err))
}

// endian is a byte order that appends.
type endian interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// records makes a capture of the conversation, given its beginning and how a
// packet is stored.
func records(t *testing.T, name string, head []byte, sound []int, record func(b []byte, at time.Time, data []byte) []byte) stored {
	s := stored{name: name, data: head, sound: append(sound, len(head)), exact: true}
	var ends []int
	for _, f := range conversation {
		at := captureStart.Add(time.Duration(f.at * float64(time.Second)))
		s.data = record(s.data, at, f.bytes(t))
		ends = append(ends, len(s.data))
	}
	s.sound = append(s.sound, ends...)
	s.packets = func(n int) int { return upTo(ends, n) }
	return s
}

// upTo counts the numbers up to n.
func upTo(numbers []int, n int) (count int) {
	for _, v := range numbers {
		if v <= n {
			count++
		}
	}
	return count
}

// classic makes a pcap whose times are in units of so many nanoseconds.
func classic(t *testing.T, name string, o endian, magic uint32, unit int) stored {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = o.AppendUint32(append(b, make([]byte, 8)...), 65535)
	b = o.AppendUint32(b, 1)
	return records(t, name, b, nil, func(b []byte, at time.Time, data []byte) []byte {
		for _, v := range []int{int(at.Unix()), at.Nanosecond() / unit, len(data), len(data)} {
			b = o.AppendUint32(b, uint32(v))
		}
		return append(b, data...)
	})
}

// nextGeneration makes a pcapng of one section and one interface.
func nextGeneration(t *testing.T, name string, o endian) stored {
	block := func(b []byte, kind uint32, body []byte) []byte {
		body = append(body, make([]byte, -len(body)&3)...)
		total := uint32(len(body) + 12)
		b = o.AppendUint32(o.AppendUint32(b, kind), total)
		return o.AppendUint32(append(b, body...), total)
	}
	section := o.AppendUint16(o.AppendUint16(o.AppendUint32(nil, 0x1a2b3c4d), 1), 0)
	section = o.AppendUint64(section, ^uint64(0))
	head := block(nil, 0x0a0d0d0a, section)
	first := len(head)
	head = block(head, 1, o.AppendUint32(o.AppendUint16(o.AppendUint16(nil, 1), 0), 0))
	return records(t, name, head, []int{first}, func(b []byte, at time.Time, data []byte) []byte {
		micro := at.UnixMicro()
		body := o.AppendUint32(nil, 0)
		for _, v := range []uint32{uint32(micro >> 32), uint32(micro), uint32(len(data)), uint32(len(data))} {
			body = o.AppendUint32(body, v)
		}
		return block(b, 6, append(body, data...))
	})
}

// A codec compresses in this process, or by a program.
type codec struct {
	name    string
	writer  func(io.Writer) (io.WriteCloser, error)
	program []string
}

// codecs have windows as small as they go: emptying those of several megabytes
// for every cut takes longer than all else.
var codecs = []codec{
	{name: "gz", writer: func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
	{name: "zst", writer: func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithWindowSize(window)) }},
	{name: "xz", writer: func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: window}.NewWriter(w) }},
	{name: "lz4", writer: func(w io.Writer) (io.WriteCloser, error) {
		z := lz4.NewWriter(w)
		return z, z.Apply(lz4.BlockSizeOption(window))
	}},
	{name: "bz2", program: []string{"bzip2", "-1"}},
}

const window = 64 << 10

func (c *codec) pack(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if c.program != nil {
		cmd := exec.Command(c.program[0], c.program[1:]...)
		cmd.Stdin, cmd.Stdout = bytes.NewReader(data), &b
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	w, err := c.writer(&b)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed compresses a capture: its header and every packet are members of their
// own.
func packed(t *testing.T, c codec, whole *stored) stored {
	t.Helper()
	s := stored{name: fmt.Sprintf("%s in %s", whole.name, c.name)}
	var ends []int
	from := 0
	for _, end := range whole.sound {
		s.data = append(s.data, c.pack(t, whole.data[from:end])...)
		from = end
		s.sound = append(s.sound, len(s.data))
		if end > whole.sound[0] {
			ends = append(ends, len(s.data))
		}
	}
	s.packets = func(n int) int { return upTo(ends, n) }
	return s
}
