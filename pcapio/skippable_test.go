package pcapio

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// skippable is a frame that decompressors pass over (RFC 8878, 3.1.2).
func skippable(kind byte, content int) []byte {
	b := []byte{0x50 | kind, 0x2a, 0x4d, 0x18}
	return append(binary.LittleEndian.AppendUint32(b, uint32(content)), make([]byte, content)...)
}

// TestSkippableFrames reads captures behind frames that zstd and lz4 both begin
// with, from a file and from a pipe, and lz4's legacy frames.
func TestSkippableFrames(t *testing.T) {
	plain := classicPcap(t)
	var legacy, modern, zst bytes.Buffer
	w := lz4.NewWriter(&legacy)
	if err := w.Apply(lz4.LegacyOption(true)); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []io.WriteCloser{w, lz4.NewWriter(&modern), z} {
		if _, err := c.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	behind := func(frames []byte, data bytes.Buffer) []byte { return append(frames, data.Bytes()...) }
	for _, tt := range []struct {
		name, codec string
		data        []byte
	}{
		{"legacy", "lz4", legacy.Bytes()},
		{"one frame before lz4", "lz4", behind(skippable(0, 5), modern)},
		{"an empty frame before lz4", "lz4", behind(skippable(15, 0), modern)},
		{"many frames before lz4", "lz4", behind(bytes.Repeat(skippable(3, 100), 50), modern)},
		{"a frame before legacy", "lz4", behind(skippable(1, 9), legacy)},
		{"one frame before zstd", "zst", behind(skippable(7, 5), zst)},
		{"a large frame before zstd", "zst", behind(skippable(7, 2*mostSkipped), zst)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c")
			if err := os.WriteFile(path, tt.data, 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := Open([]string{path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, r, tt.codec)
			in, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			go func() {
				_, _ = out.Write(tt.data)
				_ = out.Close()
			}()
			if r, err = Open([]string{"-"}, Options{Stdin: in}); err != nil {
				t.Fatal(err)
			}
			compare(t, r, tt.codec)
		})
	}
}

// compare reads a capture of classicPcap to its end.
func compare(t *testing.T, r *Reader, codec string) {
	t.Helper()
	defer r.Close()
	n := 0
	var p Packet
	for {
		err := r.Next(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if f := r.Files()[0]; n != 2 || f.Compression != codec || len(r.Damage()) > 0 {
		t.Errorf("%d packets, %s, damage %v; want 2 of %s", n, f.Compression, r.Damage(), codec)
	}
}

// classicPcap is a capture of two packets.
func classicPcap(t *testing.T) []byte {
	t.Helper()
	o := binary.LittleEndian
	b := o.AppendUint32(nil, 0xa1b2c3d4)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(o.AppendUint32(b, 65535), 1)
	for i := range 2 {
		for _, v := range []int{i, 0, 60, 60} {
			b = o.AppendUint32(b, uint32(v))
		}
		b = append(b, make([]byte, 60)...)
	}
	return b
}
