package pcapio

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"servmap/pcapio/xz"
)

// maxWindow is the largest zstd window and .xz dictionary that is accepted: what
// `zstd --ultra -22` and `--long` write and the zstd program reads without being
// told to, and twice what `xz -9` writes.
const maxWindow = 128 << 20

// codec is a form of compression, known by the first bytes of its data.
type codec struct {
	// name is the usual suffix of file names.
	name  string
	magic []byte
	// same says which bits of the magic count; nil for all.
	same []byte
	open func(*bufio.Reader) (io.Reader, error)
}

var codecs = []codec{
	{name: "gz", magic: []byte{0x1f, 0x8b, 8}, open: openGzip},                                                 // RFC 1952, 2.3
	{name: "zst", magic: []byte{0x28, 0xb5, 0x2f, 0xfd}, open: openZstd},                                       // RFC 8878, 3.1.1
	{name: "zst", magic: []byte{0x50, 0x2a, 0x4d, 0x18}, same: []byte{0xf0, 0xff, 0xff, 0xff}, open: openZstd}, // skippable frame, RFC 8878, 3.1.2
	{name: "xz", magic: []byte{0xfd, '7', 'z', 'X', 'Z', 0}, open: openXz},
	{name: "bz2", magic: []byte("BZh"), open: openBzip2},
	{name: "lz4", magic: []byte{4, 0x22, 0x4d, 0x18}, open: openLz4},
	{name: "lz4", magic: []byte{2, 0x21, 0x4c, 0x18}, open: openLz4}, // legacy frame
}

// codecOf returns the codec of data that begins with head, nil for none. A
// head that is the beginning of a magic is enough where nothing comes after.
func codecOf(head []byte) *codec {
	for i := range codecs {
		c := &codecs[i]
		n := min(len(head), len(c.magic))
		if n > 0 && sameBits(head[:n], c.magic[:n], c.same) {
			return c
		}
	}
	return nil
}

// mostSkipped is how many bytes of skippable frames are looked behind to tell what
// is compressed how: zstd and lz4 both begin with such.
const mostSkipped = 64 << 10

// codecAt returns the codec of data that begins at 0, nil for none. at reads some
// bytes at an offset, and returns how many there were.
func codecAt(at func(b []byte, offset int64) int) *codec {
	var head [8]byte
	c := codecOf(head[:at(head[:], 0)])
	for offset := int64(0); c != nil && c.same != nil && offset < mostSkipped; {
		if n := at(head[:], offset); n < len(head) {
			return c
		}
		offset += int64(len(head)) + int64(binary.LittleEndian.Uint32(head[4:]))
		n := at(head[:], offset)
		if n == 0 {
			return c
		}
		behind := codecOf(head[:n])
		if behind == nil || behind.same == nil {
			return cmp.Or(behind, c)
		}
	}
	return c
}

func sameBits(a, b, mask []byte) bool {
	if mask == nil {
		return bytes.Equal(a, b)
	}
	for i := range a {
		if (a[i]^b[i])&mask[i] != 0 {
			return false
		}
	}
	return true
}

// members reads gzip members one after the other (RFC 1952, 2.2). Zero bytes
// after the last are padding, as tapes and block devices leave it.
type members struct {
	br *bufio.Reader
	z  *gzip.Reader
}

func openGzip(br *bufio.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, early(err)
	}
	z.Multistream(false)
	return &members{br, z}, nil
}

func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if err != io.EOF {
		return n, err
	}
	next, err := m.br.Peek(1)
	if err != nil {
		return n, err
	}
	if next[0] == 0 {
		return n, padding(m.br)
	}
	if err := m.z.Reset(m.br); err != nil {
		if errors.Is(err, gzip.ErrHeader) {
			err = errors.New("there is something after its end that is no gzip member")
		}
		return n, early(err)
	}
	m.z.Multistream(false)
	return n, nil
}

// padding returns io.EOF where nothing but zero bytes follows.
func padding(br *bufio.Reader) error {
	for {
		if _, err := br.Peek(1); err != nil {
			return err
		}
		b, _ := br.Peek(br.Buffered())
		if len(bytes.TrimLeft(b, "\x00")) > 0 {
			return errors.New("there is something after its end that is no gzip member")
		}
		br.Discard(len(b))
	}
}

func openZstd(br *bufio.Reader) (io.Reader, error) {
	z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return z, nil
}

func openXz(br *bufio.Reader) (io.Reader, error) { return xz.NewReader(br, maxWindow), nil }

func openBzip2(br *bufio.Reader) (io.Reader, error) { return bzip2.NewReader(br), nil }

func openLz4(br *bufio.Reader) (io.Reader, error) { return lz4.NewReader(br), nil }

// early makes an end inside a header an unexpected one.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// expander decompresses, and stops where the output passes a limit.
type expander struct {
	codec *codec
	z     io.Reader
	in    *rawReader
	br    *bufio.Reader
	out   int64
	limit int64
	ratio int64
}

// freeRatio is how much may come out before its ratio to what went in counts:
// the first kilobytes of a capture of equal packets prove nothing.
const freeRatio = 256 << 20

// Read turns a panic of a decompressor into an error.
func (e *expander) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, fmt.Errorf("the %s data cannot be decompressed: %v", e.codec.name, v)
		}
	}()
	return e.read(p)
}

func (e *expander) read(p []byte) (int, error) {
	if e.z == nil {
		z, err := e.codec.open(e.br)
		if err != nil {
			return 0, e.failed(err)
		}
		e.z = z
	}
	if e.limit > 0 && int64(len(p)) > e.limit-e.out {
		p = p[:e.limit-e.out+1]
	}
	n, err := e.z.Read(p)
	e.out += int64(n)
	switch {
	case e.limit > 0 && e.out > e.limit:
		return n - 1, fmt.Errorf("decompressed data is longer than the limit of %d bytes", e.limit)
	case e.ratio > 0 && e.out > freeRatio && e.out/e.ratio > e.in.count.Load():
		return n, fmt.Errorf("decompressed data is more than %d times as long as the file", e.ratio)
	case err != nil && err != io.EOF:
		return n, e.failed(err)
	}
	return n, err
}

// failed words an error of the decompressor.
func (e *expander) failed(err error) error {
	if errors.Is(err, ErrInterrupted) {
		return ErrInterrupted // of the pipe below, which was still there
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return cutShort(e.codec.name)
	}
	var dictionary *xz.DictionaryError
	if errors.As(err, &dictionary) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return fmt.Errorf("the %s data needs a window of more than %d MiB, which is refused", e.codec.name, maxWindow>>20)
	}
	return fmt.Errorf("the %s data is damaged: %w", e.codec.name, err)
}

// cutShort is the error of compressed data, of the codec of that name, that
// ends before it says so.
type cutShort string

func (c cutShort) Error() string { return "the " + string(c) + " data ends early" }

func (c cutShort) Unwrap() error { return io.ErrUnexpectedEOF }

func (e *expander) close() {
	if z, ok := e.z.(*zstd.Decoder); ok {
		z.Close()
	}
}
