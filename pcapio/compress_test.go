package pcapio

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// tiny is a capture of three packets; bzip2 of it, made with bzip2 -9, stands
// in bzipped because Go has no writer of that form.
func tiny() ([]byte, []rec) {
	p := newPcap(little, magicMicro, 2, 4, 65535, 1)
	var want []rec
	for i, data := range []string{"first", strings.Repeat("second ", 100), "third"} {
		p.packet(1_700_000_000, uint32(i), data)
		want = append(want, rec{1_700_000_000e9 + int64(i)*1000, data, len(data), 1})
	}
	return p.b, want
}

const bzipped = "QlpoOTFBWSZTWajfr9UAAYNTnvYAQAAIAA9hnAAgABAECAAEACAAoABqGFT0jIAGmQRVAaBoGago3CESDQh3QMJIpEjubmKj3AHY" +
	"AgG5kBB7BBrwwCDLWlIBBqCDByoDLOj+sxfpmtvxdyRThQkKjfr9UA=="

// codecNames are the suffixes of the compressions, bz2 last.
var codecNames = []string{"gz", "zst", "xz", "lz4", "bz2"}

// pack compresses data with the codec of that name.
func pack(tb testing.TB, name string, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch name {
	case "gz":
		w = gzip.NewWriter(&b)
	case "zst":
		w, err = zstd.NewWriter(&b)
	case "xz":
		w, err = xz.NewWriter(&b)
	case "lz4":
		z := lz4.NewWriter(&b)
		err = z.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
		w = z
	case "bz2":
		if whole, _ := tiny(); !bytes.Equal(data, whole) {
			tb.Fatal("there is no bzip2 of this")
		}
		packed, err := base64.StdEncoding.DecodeString(bzipped)
		if err != nil {
			tb.Fatal(err)
		}
		return packed
	}
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressed(t *testing.T) {
	data, want := tiny()
	second := append(append([]rec{}, want...), want...)
	for _, name := range codecNames {
		packed := pack(t, name, data)
		tests := []struct {
			name string
			data []byte
			want []rec
		}{
			{"one member", packed, want},
			{"capture behind capture", append(append([]byte{}, packed...), packed...), second},
		}
		if name != "bz2" {
			tests = append(tests, struct {
				name string
				data []byte
				want []rec
			}{"members that part a record", append(pack(t, name, data[:50]), pack(t, name, data[50:])...), want})
		}
		for _, test := range tests {
			t.Run(name+", "+test.name, func(t *testing.T) {
				r, err := Open([]string{write(t, "capture", test.data)}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if got := drain(t, r); !reflect.DeepEqual(got, test.want) {
					t.Errorf("packets %.300v, want %.300v", got, test.want)
				}
				if got := damages(r); got != nil {
					t.Errorf("damage %q", got)
				}
				if f := r.Files()[0]; f.Compression != name || f.Container != "pcap" || f.Read != int64(len(test.data)) {
					t.Errorf("compression %q, container %q, %d of %d bytes read", f.Compression, f.Container, f.Read, len(test.data))
				}
			})
		}
	}
}

func TestCompressedForms(t *testing.T) {
	data, want := tiny()
	gz := pack(t, "gz", data)
	zst := pack(t, "zst", data)
	skippable := []byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}
	tests := []struct {
		name string
		data []byte
	}{
		{"gz with zero bytes behind it", append(append([]byte{}, gz...), make([]byte, 1000)...)},
		{"zst after a skippable frame", append(append([]byte{}, skippable...), zst...)},
		{"zst before a skippable frame", append(append([]byte{}, zst...), skippable...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, damage := readAll(t, Options{}, write(t, "capture", test.data))
			if !reflect.DeepEqual(got, want) || damage != nil {
				t.Errorf("packets %.300v, damage %q", got, damage)
			}
		})
	}
}

// TestCompressedDamage changes or adds bytes: what was read before is kept.
func TestCompressedDamage(t *testing.T) {
	t.Parallel()
	data, want := tiny()
	for _, name := range codecNames {
		t.Run(name, func(t *testing.T) {
			packed := append(pack(t, name, data), "rubbish behind the end"...)
			got, damage := readAll(t, Options{}, write(t, "capture", packed))
			if !reflect.DeepEqual(got, want) || len(damage) != 1 {
				t.Errorf("rubbish behind the end: packets %.300v, damage %q", got, damage)
			}
			for i := 6; i < len(packed)-22; i++ {
				broken := append([]byte{}, packed[:len(packed)-22]...)
				broken[i] ^= 0x55
				r, err := Open([]string{write(t, "capture", broken)}, Options{})
				if err != nil {
					continue
				}
				drain(t, r)
				r.Close()
			}
		})
	}
}

// TestBomb ends a file that expands without end.
func TestBomb(t *testing.T) {
	p := newPcap(little, magicMicro, 2, 4, 65535, 1)
	for range 2000 {
		p.packet(0, 0, string(make([]byte, 1000)))
	}
	for _, name := range []string{"gz", "zst", "xz", "lz4"} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "capture", pack(t, name, p.b))
			if got, damage := readAll(t, Options{Limit: int64(len(p.b))}, path); len(got) != 2000 || damage != nil {
				t.Errorf("%d packets, damage %q", len(got), damage)
			}
			got, damage := readAll(t, Options{Limit: 24 + 3*1016}, path)
			want := []string{path + ": damaged at packet 4, decompressed byte 3072: expected a record header, but decompressed data is longer than the limit of 3072 bytes"}
			if len(got) != 3 || !reflect.DeepEqual(damage, want) {
				t.Errorf("%d packets, damage %q", len(got), damage)
			}
		})
	}
}

// TestRatio ends a file that is far longer than it looks: at 256 MiB, or where a thousand times
// its length is more.
func TestRatio(t *testing.T) {
	for _, tt := range []struct{ in, most int64 }{{1000, 256 << 20}, {400_000, 400_001_000}} {
		e := &expander{codec: &codecs[0], in: &rawReader{}, ratio: (&Options{}).ratio(), z: zeros{}}
		e.in.count.Store(tt.in)
		n, err := io.Copy(io.Discard, onlyReader{e})
		if n < tt.most || n > tt.most+1<<20 || err == nil {
			t.Errorf("%d bytes of %d, error %v, want %d", n, tt.in, err, tt.most)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestDecompressorPanics turns a panic into damage.
func TestDecompressorPanics(t *testing.T) {
	e := &expander{codec: &codecs[0], in: &rawReader{}, z: panics{}}
	if n, err := e.Read(make([]byte, 10)); n != 0 || err == nil || err.Error() != "the gz data cannot be decompressed: boo" {
		t.Errorf("%d, %v", n, err)
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("boo") }

// TestTruncated cuts a capture of every form at every byte: the packets before
// the cut come, and the damage is told where there is some.
func TestTruncated(t *testing.T) {
	t.Parallel()
	data, want := tiny()
	ends := map[int]bool{}
	for _, at := range []int{0, 24, 24 + 21, 24 + 21 + 716, len(data)} {
		ends[at] = true
	}
	ngData := ng(little).packet(0, 1, "abcd").block(blockStats, make([]byte, 8)).simple(4, "abcd").obsolete(0, 1, 4, "abcd").b
	ngWant, _ := readAll(t, Options{}, write(t, "capture", ngData))
	ngEnds := map[int]bool{0: true, 28: true, 48: true, 84: true, 104: true, 124: true, len(ngData): true}
	check := func(t *testing.T, data []byte, want []rec, sound func(int) bool) {
		path := write(t, "capture", data)
		least := 0
		for cut := len(data); cut > 0; cut-- {
			if err := os.Truncate(path, int64(cut)); err != nil {
				t.Fatal(err)
			}
			for _, opt := range []Options{{}, {Hash: true}} {
				got, damage := readAll(t, opt, path)
				if len(got) > len(want) || len(got) > 0 && !reflect.DeepEqual(got, want[:len(got)]) {
					t.Fatalf("cut at %d: packets %.300v", cut, got)
				}
				if (damage == nil) != sound(cut) || len(damage) > 1 {
					t.Fatalf("cut at %d: damage %q", cut, damage)
				}
				if cut == len(data) {
					least = len(got)
				}
				if len(got) > least {
					t.Fatalf("cut at %d: %d packets, more than a longer file has", cut, len(got))
				}
				least = len(got)
			}
		}
		os.Truncate(path, 0)
		if _, err := Open([]string{path}, Options{}); err == nil || err.Error() != path+": is empty" {
			t.Errorf("cut at 0: %v", err)
		}
	}
	t.Run("pcap", func(t *testing.T) { check(t, data, want, func(n int) bool { return ends[n] }) })
	t.Run("pcapng", func(t *testing.T) { check(t, ngData, ngWant, func(n int) bool { return ngEnds[n] }) })
	for _, name := range codecNames {
		packed := pack(t, name, data)
		t.Run(name, func(t *testing.T) { check(t, packed, want, func(n int) bool { return n == len(packed) }) })
	}
}

// TestTruncatedBlocks cuts compressed data of many blocks where one ends: that
// is never taken for the end.
func TestTruncatedBlocks(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 150_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for _, name := range []string{"gz", "zst", "xz", "lz4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed := pack(t, name, noise)
			c := codecOf(packed)
			for cut := len(packed) - 1; cut > 0; cut-- {
				// Blocks are of 64 KiB or a multiple of that, their headers small.
				if near := cut % (64 << 10); cut < len(packed)-100 && near > 100 {
					continue
				}
				in := &rawReader{src: bytes.NewReader(packed[:cut])}
				out, err := io.ReadAll(&expander{codec: c, in: in, br: bufio.NewReader(in)})
				if err == nil {
					t.Fatalf("cut at %d of %d: no error", cut, len(packed))
				}
				if !bytes.HasPrefix(noise, out) {
					t.Fatalf("cut at %d of %d: %d bytes", cut, len(packed), len(out))
				}
			}
		})
	}
}

// TestInterruptedDecompression ends compressed data by an interruption, at every byte: that is
// no damage of the data.
func TestInterruptedDecompression(t *testing.T) {
	t.Parallel()
	data, _ := tiny()
	for _, name := range codecNames {
		t.Run(name, func(t *testing.T) {
			packed := pack(t, name, data)
			for cut := range packed {
				in := io.MultiReader(bytes.NewReader(packed[:cut]), iotest.ErrReader(ErrInterrupted))
				_, err := io.ReadAll(&expander{codec: codecOf(packed), in: &rawReader{}, br: bufio.NewReader(in)})
				if err != ErrInterrupted {
					t.Fatalf("cut at %d of %d: %v", cut, len(packed), err)
				}
			}
		})
	}
}
