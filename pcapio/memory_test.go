package pcapio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// ceiling is how much memory reading one input may take, in bytes: everything that was allocated
// for it, added up.
const ceiling = 16 << 20

// piped makes what r gives standard input, read through a pipe, for the length of the test.
func piped(t *testing.T, r io.Reader) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = out
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(in, r) // until the reader has gone
		in.Close()
	}()
	t.Cleanup(func() {
		os.Stdin = before
		out.Close()
		<-gone
	})
}

// allocated returns how many bytes and how many pieces of memory read took.
func allocated(read func()) (size, pieces uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs
}

// count reads an input to its end and returns its packets and damages.
func count(t *testing.T, path string) (File, []string) {
	t.Helper()
	r, err := Open([]string{path}, Options{})
	if err != nil {
		return File{}, []string{err.Error()}
	}
	defer r.Close()
	var p Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return r.Files()[0], damages(r)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// again gives text again and again, size bytes in all, behind begin.
func again(begin, text []byte, size int) io.Reader {
	long := bytes.Repeat(text, 1+4096/len(text)) // a byte at a time is slow
	return io.MultiReader(bytes.NewReader(begin), io.LimitReader(&cycle{long, 0}, int64(size)))
}

type cycle struct {
	text []byte
	at   int
}

func (c *cycle) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], c.text[c.at:])
		n += k
		c.at = (c.at + k) % len(c.text)
	}
	return n, nil
}

// blockOf is a block of pcapng that is size bytes long, as far as its head.
func blockOf(kind, size uint32, head ...uint32) []byte {
	b := little.AppendUint32(nil, kind)
	b = little.AppendUint32(b, size)
	for _, v := range head {
		b = little.AppendUint32(b, v)
	}
	return b
}

// gzipHead is the header of a gzip member with these flags.
func gzipHead(flags byte) []byte { return []byte{0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 0} }

// zstdFrame is a frame of one RLE block, with a window of 2^window bytes.
func zstdFrame(window byte, size int) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (window - 10) << 3}
	return append(b, byte(size<<3|3), byte(size>>5), byte(size>>13), 0)
}

// xzHead is the head of an .xz file whose first block claims a dictionary of that code.
func xzHead(code byte) []byte {
	b := []byte("\xfd7zXZ\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[6:8]))
	h := []byte{2, 0, 0x21, 1, code, 0, 0, 0}
	return append(append(b, h...), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(h))...)
}

// TestMemory reads what asks for memory: through a pipe, for what is made as it is read.
func TestMemory(t *testing.T) {
	if raceDetector {
		t.Skip("memory cannot be counted under the race detector")
	}
	const huge = ceiling + 4<<20
	pcap := newPcap(little, magicMicro, 2, 4, 0x7fffffff, 1)
	record := func(n uint32) []byte {
		return append(bytes.Clone(newPcap(little, magicMicro, 2, 4, n, 1).b), (&pcapBuilder{o: little}).record(1, 0, n, n, "").b...)
	}
	section := (&ngBuilder{}).section(little).b
	iface := ng(little)
	one := ng(little).b[len(section):]
	gz := pack(t, "gz", pcap.b)
	zst := pack(t, "zst", pcap.b)
	member := pack(t, "gz", nil)
	for _, tt := range []struct {
		name string
		in   io.Reader
		// says is a part of the damage or of the error, empty where the input is sound.
		says string
	}{
		{"a long record", again(record(maxRecord), []byte("x"), maxRecord), ""},
		{"long records", again(pcap.b, append((&pcapBuilder{o: little}).record(1, 0, 20<<20, 20<<20, "").b, make([]byte, 20<<20)...), 5*(20<<20+16)), ""},
		{"a record without end", again(record(maxRecord+1), []byte("x"), huge), "at most 67108864 bytes"},
		{"headers one behind the other", again(nil, newPcap(little, magicMicro, 2, 4, 0, 1).b, 24<<20), ""},
		{"a long packet block", again(append(bytes.Clone(iface.b), blockOf(blockEnhanced, 60<<20, 0, 0, 0, 60<<20-32, 60<<20-32)...), blockOf(60<<20, 60<<20), 60<<20-28), ""},
		{"a packet block without end", again(append(bytes.Clone(iface.b), blockOf(blockEnhanced, 0xfffffff0)...), []byte("x"), huge), "at most 68157440 bytes"},
		{"a block of no interest without end", again(append(bytes.Clone(iface.b), blockOf(blockSecrets, 0xfffffff0)...), []byte("x"), huge), "the file ends after"},
		{"names without end", again(append(bytes.Clone(iface.b), blockOf(blockNames, 0xfffffff0)...), []byte{1, 0, 5, 0}, huge), "the file ends after"},
		{"options of an interface", again(append(bytes.Clone(section), blockOf(blockInterface, 60<<20, 1, 0)...), []byte{9, 0, 1, 0, 6, 0, 0, 0}, huge), "an interface description of at most"},
		{"options of a section", again(blockOf(blockSection, 60<<20, byteOrderMagic, 1, 0, 0), []byte{2, 0, 4, 0, 0, 0, 0, 0}, 61<<20), "the block's length 62914560 again"},
		{"interfaces without end", again(section, one, 10<<20), "at most 65536 interfaces"},
		{"sections without end", again(nil, section, 28<<18), ""},
		{"sections and interfaces without end", again(nil, iface.b, 48<<17), ""},
		{"a name in gzip without end", again(gzipHead(8), []byte("x"), huge), "gz"},
		{"a comment in gzip without end", again(gzipHead(16), []byte("x"), huge), "gz"},
		{"members without end", again(gz, member, len(member)<<17), ""},
		{"zero bytes behind the last member", again(gz, []byte{0}, huge), ""},
		{"a zstd window of 256 MiB", again(zstdFrame(28, 1), []byte("x"), 100), "needs a window of more than 128 MiB"},
		{"a zstd window of 128 MiB in many frames", again(zst, append(zstdFrame(27, 0)[:6], 1, 0, 0), 9<<17), ""},
		{"zstd frames that are passed over", again(zst, []byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}, 8<<17), ""},
		{"a long zstd frame that is passed over", again(append(zst, 0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff), []byte("x"), huge), "ends early"},
		{"an xz dictionary of 3 GiB", again(xzHead(39), []byte{1, 0, 0, 'x'}, 100), "needs a window of more than 128 MiB"},
		{"an xz dictionary of 128 MiB", again(xzHead(30), append([]byte{1, 0xff, 0xff}, make([]byte, 1<<16)...), 100<<10), "no capture"},
		{"lz4 frames without end", again(pack(t, "lz4", pcap.b), pack(t, "lz4", nil), len(pack(t, "lz4", nil))<<17), ""},
		{"an lz4 block of 2 GB", again([]byte{4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, 0xff, 0xff, 0xff, 0x7f}, []byte("x"), huge), "lz4"},
		{"the largest bzip2 block", again([]byte("BZh91AY&SY"), []byte{0}, huge), "bz2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			piped(t, tt.in)
			var damage []string
			size, _ := allocated(func() { _, damage = count(t, "-") })
			most := uint64(ceiling)
			switch {
			case strings.Contains(tt.name, "window of 128 MiB"):
				most += maxWindow // set aside at once, but taken as it is filled
			case tt.name == "interfaces without end":
				most = 48 << 20 // 65,536 of them are kept
			}
			if size > most {
				t.Errorf("%d bytes allocated", size)
			}
			if all := strings.Join(damage, "\n"); (all == "") != (tt.says == "") || !strings.Contains(all, tt.says) || len(all) > 1<<14 {
				t.Errorf("damage %.500q, want %q", damage, tt.says)
			}
		})
	}
}

// TestExpandedMemory expands a few kilobytes to more than the ceiling.
func TestExpandedMemory(t *testing.T) {
	if raceDetector {
		t.Skip("memory cannot be counted under the race detector")
	}
	p := newPcap(little, magicMicro, 2, 4, 1<<20, 1)
	const packets = 40
	for range packets {
		p.packet(1, 0, string(make([]byte, 1<<20)))
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	z.Write(p.b)
	z.Close()
	piped(t, &b)
	var f File
	size, _ := allocated(func() { f, _ = count(t, "-") })
	if size > ceiling || f.Packets != packets || f.Captured != packets<<20 {
		t.Errorf("%d packets of %d bytes, %d bytes allocated", f.Packets, f.Captured, size)
	}
}

// TestGrowth counts what n and 2n of the smallest things that an input can have take: bytes
// and pieces of memory, and bytes moved in the window.
func TestGrowth(t *testing.T) {
	if raceDetector {
		t.Skip("memory cannot be counted under the race detector")
	}
	pcap := newPcap(little, magicMicro, 2, 4, 0, 1)
	iface := ng(little)
	section := (&ngBuilder{}).section(little).b
	empty := (&pcapBuilder{o: little}).record(1, 0, 0, 0, "").b
	for _, tt := range []struct {
		name        string
		begin, text []byte
	}{
		{"records", pcap.b, empty},
		{"headers", nil, pcap.b},
		{"interfaces", section, iface.b[len(section):]},
		{"sections", nil, iface.b},
		{"bad blocks", iface.b, (&ngBuilder{o: little}).packet(7, 0, "").b},
		{"blocks of no interest", iface.b, (&ngBuilder{o: little}).block(blockNames, nil).b},
		{"simple packets", iface.b, (&ngBuilder{o: little}).simple(0, "").b},
		{"gzip members", pack(t, "gz", pcap.b), pack(t, "gz", nil)},
		{"gzip members of a record", pack(t, "gz", pcap.b), pack(t, "gz", empty)},
		{"zstd frames", pack(t, "zst", pcap.b), pack(t, "zst", nil)},
		{"zstd frames of a record", pack(t, "zst", pcap.b), pack(t, "zst", empty)},
		{"xz streams", pack(t, "xz", pcap.b), pack(t, "xz", nil)},
		{"xz streams of a record", pack(t, "xz", pcap.b), pack(t, "xz", empty)},
		{"lz4 frames of a record", pack(t, "lz4", pcap.b), pack(t, "lz4", empty)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			work := func(n int) uint64 {
				path := write(t, "capture", append(bytes.Clone(tt.begin), bytes.Repeat(tt.text, n)...))
				size, pieces := allocated(func() { count(t, path) })
				return size + 100*pieces + uint64(n)
			}
			work(1000) // what is kept for later use comes about
			if one, two := work(4000), work(8000); float64(two) > 2.6*float64(one) {
				t.Errorf("%d for n, %d for 2n", one, two)
			}
		})
	}
}

// TestTinyReads counts the bytes that a window moves where a pipe gives one byte at a time: a
// record of n and of 2n bytes.
func TestTinyReads(t *testing.T) {
	for name, sizes := range map[string][2]int{"within the room in front of a block": {30_000, 60_000}, "beyond": {300_000, 600_000}} {
		work := func(n int) int64 {
			w := window{pump: startPump(&ones{make([]byte, n)}, func() {})}
			defer w.pump.stop()
			if err := w.want(n); err != nil {
				t.Fatal(err)
			}
			return w.moved + int64(n)
		}
		if one, two := work(sizes[0]), work(sizes[1]); float64(two) > 2.6*float64(one) {
			t.Errorf("%s: %d bytes moved for %d, %d for %d", name, one, sizes[0], two, sizes[1])
		}
	}
}

// ones gives one byte at a time.
type ones struct{ data []byte }

func (o *ones) Read(p []byte) (int, error) {
	if len(o.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], o.data)
	o.data = o.data[n:]
	return n, nil
}

// TestRecordsAcrossBlocks has room in front of a block for the beginning of the longest frames:
// only what is longer takes a buffer of its own, which is given up later.
func TestRecordsAcrossBlocks(t *testing.T) {
	w := window{pump: startPump(bytes.NewReader(make([]byte, 8<<20)), func() {})}
	defer w.pump.stop()
	for range 40 {
		if err := w.want(65_600); err != nil {
			t.Fatal(err)
		}
		w.r += 65_600
	}
	if w.spill != nil {
		t.Error("a frame of 65,600 bytes took a buffer of its own")
	}
	if err := w.want(3 << 20); err != nil || cap(w.spill) < 3<<20 {
		t.Fatalf("a buffer of %d bytes, %v", cap(w.spill), err)
	}
	w.r = w.w
	if err := w.want(65_600); err != nil || cap(w.spill) > 1<<20 {
		t.Errorf("still a buffer of %d bytes, %v", cap(w.spill), err)
	}
}
