package xz

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	ulikunitz "github.com/ulikunitz/xz"
	properties "github.com/ulikunitz/xz/lzma"
)

// pack writes data as the other implementation does.
func pack(tb testing.TB, c ulikunitz.WriterConfig, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := c.NewWriter(&b)
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

func unpack(packed []byte) ([]byte, error) {
	return io.ReadAll(NewReader(bufio.NewReader(bytes.NewReader(packed)), 128<<20))
}

// mixed is data of all kinds: text that comes again near and far, runs, noise.
func mixed(seed uint64, size int) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for len(b) < size {
		switch n := rng.IntN(300); rng.IntN(4) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte(rng.Uint32())}, n)...)
		case 1:
			for range n {
				b = append(b, byte(rng.Uint32()))
			}
		case 2:
			b = append(b, strings.Repeat("a text of words ", n/16+1)...)
		default:
			if len(b) > n {
				from := rng.IntN(len(b) - n)
				b = append(b, b[from:from+n]...)
			}
		}
	}
	return b[:size]
}

func TestReader(t *testing.T) {
	size := 1_000_000
	if testing.Short() {
		size = 250_000
	}
	data := mixed(1, size)
	for _, tt := range []struct {
		name string
		c    ulikunitz.WriterConfig
		data []byte
	}{
		{"nothing", ulikunitz.WriterConfig{}, nil},
		{"a byte", ulikunitz.WriterConfig{}, []byte("x")},
		{"a dictionary larger than the data", ulikunitz.WriterConfig{DictCap: 8 << 20}, data},
		{"the smallest dictionary", ulikunitz.WriterConfig{DictCap: 4096}, data},
		{"a dictionary of no whole page", ulikunitz.WriterConfig{DictCap: 96 << 10}, data},
		{"blocks", ulikunitz.WriterConfig{DictCap: 1 << 16, BlockSize: 99_999}, data},
		{"CRC-32", ulikunitz.WriterConfig{CheckSum: ulikunitz.CRC32}, data[:100_000]},
		{"SHA-256", ulikunitz.WriterConfig{CheckSum: ulikunitz.SHA256, BlockSize: 30_000}, data[:100_000]},
		{"no check", ulikunitz.WriterConfig{NoCheckSum: true}, data[:100_000]},
		{"lc 0, lp 4, pb 0", ulikunitz.WriterConfig{Properties: &properties.Properties{LP: 4}}, data[:100_000]},
		{"lc 4, lp 0, pb 4", ulikunitz.WriterConfig{Properties: &properties.Properties{LC: 4, PB: 4}}, data[:100_000]},
		{"noise, stored as it is", ulikunitz.WriterConfig{DictCap: 1 << 16}, noise(400_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packed := pack(t, tt.c, tt.data)
			for _, r := range []io.Reader{bytes.NewReader(packed), iotest.OneByteReader(bytes.NewReader(packed))} {
				got, err := io.ReadAll(NewReader(bufio.NewReader(r), 8<<20))
				if err != nil || !bytes.Equal(got, tt.data) {
					t.Fatalf("%d bytes, %v, want %d", len(got), err, len(tt.data))
				}
			}
			odd, err := io.ReadAll(iotest.OneByteReader(NewReader(bufio.NewReader(bytes.NewReader(packed)), 8<<20)))
			if err != nil || !bytes.Equal(odd, tt.data) {
				t.Fatalf("read byte by byte: %d bytes, %v, want %d", len(odd), err, len(tt.data))
			}
		})
	}
}

func noise(n int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func TestStreams(t *testing.T) {
	one := pack(t, ulikunitz.WriterConfig{}, []byte("one"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, tt := range []struct {
		name string
		data []byte
		want string
		err  error
	}{
		{"one behind the other", join(one, one), "oneone", nil},
		{"padding between and behind", join(one, make([]byte, 8), one, make([]byte, 4)), "oneone", nil},
		{"padding of three bytes", join(one, make([]byte, 3)), "one", errBehind},
		{"padding of five bytes and a stream", join(one, make([]byte, 5), one), "one", errBehind},
		{"something else behind", join(one, []byte("rubbish")), "one", errBehind},
		{"something else that is longer than a header", join(one, []byte("rubbish rubbish rubbish")), "one", errBehind},
		{"the beginning of a stream behind", join(one, one[:5]), "one", io.ErrUnexpectedEOF},
		{"nothing", nil, "", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := unpack(tt.data)
			if string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// TestPrefixes cuts a file at every byte: what comes is the beginning of the
// whole, and the end is unexpected.
func TestPrefixes(t *testing.T) {
	data := mixed(2, 3000)
	packed := pack(t, ulikunitz.WriterConfig{BlockSize: 2000, DictCap: 4096}, data)
	most := 0
	for cut := range packed {
		got, err := unpack(packed[:cut])
		if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(data, got) || len(got) < most {
			t.Fatalf("cut at %d of %d: %d bytes after %d, %v", cut, len(packed), len(got), most, err)
		}
		most = len(got)
	}
	if most != len(data) {
		t.Errorf("%d bytes without the last one, want %d", most, len(data))
	}
}

// TestDamage turns every bit of a file: a check or a header notices each.
func TestDamage(t *testing.T) {
	data := mixed(3, 600)
	packed := pack(t, ulikunitz.WriterConfig{DictCap: 4096}, data)
	for i := range len(packed) * 8 {
		broken := bytes.Clone(packed)
		broken[i/8] ^= 1 << (i % 8)
		if got, err := unpack(broken); err == nil {
			t.Errorf("bit %d of byte %d: no error, %d bytes", i%8, i/8, len(got))
		}
	}
}

// claim sets the size of the dictionary in the header of the first block.
func claim(packed []byte, code byte) []byte {
	b := bytes.Clone(packed)
	n := 12 + (int(b[12])+1)*4
	at := 12 + bytes.Index(b[12:n], []byte{0x21, 1}) + 2
	b[at] = code
	binary.LittleEndian.PutUint32(b[n-4:], crc32.ChecksumIEEE(b[12:n-4]))
	return b
}

// TestDictionary refuses what is above the limit, and takes memory as data come.
func TestDictionary(t *testing.T) {
	data := mixed(4, 300_000)
	packed := pack(t, ulikunitz.WriterConfig{DictCap: 1 << 20}, data)
	for _, tt := range []struct {
		name string
		code byte
		size uint32
	}{{"192 MiB", 31, 192 << 20}, {"3 GiB", 39, 3 << 30}, {"4 GiB less 1", 40, 1<<32 - 1}} {
		_, err := unpack(claim(packed, tt.code))
		var d *DictionaryError
		if !errors.As(err, &d) || *d != (DictionaryError{tt.size, 128 << 20}) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	r := NewReader(bufio.NewReader(bytes.NewReader(claim(packed, 30))), 128<<20)
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("128 MiB: %d bytes, %v", len(got), err)
	}
	if most := len(data)/pageSize + 1; len(r.data.win.pages) != most {
		t.Errorf("%d pages for %d bytes, want %d", len(r.data.win.pages), len(data), most)
	}
}

// TestManyBlocks reads blocks that claim much and hold little: the memory of one serves
// all of them.
func TestManyBlocks(t *testing.T) {
	one := claim(pack(t, ulikunitz.WriterConfig{DictCap: 4096}, []byte("little")), 30)
	allocated := func(n int) float64 {
		packed := bytes.Repeat(one, n)
		return testing.AllocsPerRun(3, func() {
			if n, err := io.Copy(io.Discard, NewReader(bufio.NewReader(bytes.NewReader(packed)), 128<<20)); err != nil || int(n) != len(packed)/len(one)*6 {
				t.Fatal(n, err)
			}
		})
	}
	few, many := allocated(100), allocated(200)
	if many > 2.6*few {
		t.Errorf("%v allocations for 100 streams, %v for 200", few, many)
	}
	r := NewReader(bufio.NewReader(bytes.NewReader(bytes.Repeat(one, 200))), 128<<20)
	if _, err := io.Copy(io.Discard, r); err != nil || len(r.data.win.pages) != 1 {
		t.Errorf("%d pages, %v", len(r.data.win.pages), err)
	}
}

// TestSmallerClaim refuses a match that reaches beyond the claimed dictionary.
func TestSmallerClaim(t *testing.T) {
	data := noise(30_000)
	packed := pack(t, ulikunitz.WriterConfig{DictCap: 1 << 16}, append(data, data[:1000]...))
	if _, err := unpack(packed); err != nil {
		t.Fatal(err)
	}
	if _, err := unpack(claim(packed, 0)); !errors.Is(err, errDamaged) {
		t.Error(err)
	}
}

// TestIndex refuses an index that says something else of the blocks.
func TestIndex(t *testing.T) {
	packed := pack(t, ulikunitz.WriterConfig{}, []byte("x"))
	n := len(packed)
	index := packed[n-12-(int(binary.LittleEndian.Uint32(packed[n-8:]))+1)*4 : n-12]
	index[3] ^= 2 // the length of what comes out
	binary.LittleEndian.PutUint32(index[len(index)-4:], crc32.ChecksumIEEE(index[:len(index)-4]))
	if got, err := unpack(packed); string(got) != "x" || err != errIndex {
		t.Errorf("%q, %v", got, err)
	}
}

func TestForeignFilter(t *testing.T) {
	packed := pack(t, ulikunitz.WriterConfig{DictCap: 4096}, []byte("x"))
	n := 12 + (int(packed[12])+1)*4
	packed[12+bytes.Index(packed[12:n], []byte{0x21, 1})] = 4
	binary.LittleEndian.PutUint32(packed[n-4:], crc32.ChecksumIEEE(packed[12:n-4]))
	if _, err := unpack(packed); err == nil || !strings.Contains(err.Error(), "the filter 0x4") {
		t.Error(err)
	}
}

// FuzzReader does not fail where the other implementation reads, and gives the
// same; and what a prefix gives is the beginning of the whole.
func FuzzReader(f *testing.F) {
	f.Add(pack(f, ulikunitz.WriterConfig{DictCap: 4096, BlockSize: 2000}, mixed(7, 5000)), uint16(300))
	f.Add(pack(f, ulikunitz.WriterConfig{CheckSum: ulikunitz.SHA256}, []byte("little")), uint16(60))
	f.Add(pack(f, ulikunitz.WriterConfig{NoCheckSum: true, DictCap: 4096}, mixed(8, 1000)), uint16(60))
	f.Add(pack(f, ulikunitz.WriterConfig{}, nil), uint16(3))
	f.Fuzz(func(t *testing.T, packed []byte, cut uint16) {
		const most = 1 << 20
		read := func(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, most)) }
		got, err := read(NewReader(bufio.NewReader(bytes.NewReader(packed)), 1<<20))
		before, _ := read(NewReader(bufio.NewReader(bytes.NewReader(packed[:min(len(packed), int(cut))])), 1<<20))
		if !bytes.HasPrefix(got, before) {
			t.Fatalf("cut at %d: %d bytes that are not the beginning of %d", cut, len(before), len(got))
		}
		other, e := ulikunitz.NewReader(bytes.NewReader(packed))
		if e != nil {
			return
		}
		want, e := read(other)
		if e == nil && err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, the other implementation %d", len(got), len(want))
		}
	})
}
