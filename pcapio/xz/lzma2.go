package xz

import (
	"bufio"
	"io"
)

// maxRead is how much is decoded at once: no more than the smallest window
// holds.
const maxRead = pageSize

// lzma2 reads the chunks of a block. The control byte of each says what it is
// and how much of the state before it is forgotten.
type lzma2 struct {
	src *bufio.Reader
	win window
	z   lzma
	// plain is set in a chunk that is stored as it is.
	plain bool
	// left is how many bytes the chunk still gives, 0 between chunks.
	left int
	// cut is set where the input ended inside the chunk.
	cut bool
	// needReset and needProps are set until a chunk brought them.
	needReset, needProps bool
	ended                bool
	// count is how many stored bytes were taken.
	count int64
	buf   [1 << 16]byte
}

// begin begins a block with a dictionary of that size.
func (l *lzma2) begin(src *bufio.Reader, dictionary uint32) {
	l.src = src
	l.win.begin(dictionary)
	l.left, l.count = 0, 0
	l.cut, l.ended = false, false
	l.needReset, l.needProps = true, true
}

// Read returns io.EOF behind the byte that ends the chunks.
func (l *lzma2) Read(p []byte) (int, error) {
	for l.left == 0 {
		if l.ended {
			return 0, io.EOF
		}
		if err := l.chunk(); err != nil {
			return 0, err
		}
	}
	p = p[:min(len(p), l.left, maxRead)]
	if len(p) == 0 {
		return 0, nil
	}
	if l.plain {
		return l.stored(p)
	}
	n, err := l.z.decode(&l.win, len(p))
	l.win.last(p[:n])
	l.left -= n
	switch {
	case err != nil:
	case n < len(p) && l.cut:
		err = io.ErrUnexpectedEOF
	case n < len(p):
		err = errDamaged
	case l.left == 0:
		err = l.closed()
	}
	return n, err
}

// closed makes sure that a chunk's data were used up by what they gave.
func (l *lzma2) closed() error {
	rc := &l.z.rc
	rc.normalise()
	if l.cut {
		return io.ErrUnexpectedEOF
	}
	if rc.at != len(rc.in) || rc.over || rc.code != 0 || l.z.owed != 0 {
		return errDamaged
	}
	return nil
}

func (l *lzma2) stored(p []byte) (int, error) {
	n, err := l.src.Read(p)
	l.count += int64(n)
	l.win.write(p[:n])
	l.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// chunk reads the header of the next chunk and, of one that is compressed, its
// data.
func (l *lzma2) chunk() error {
	control, err := l.byte()
	if err != nil {
		return err
	}
	if control == 0 {
		l.ended = true
		return nil
	}
	if control >= 0xe0 || control == 1 {
		l.needReset, l.needProps = false, true
		l.win.reset()
	}
	if l.needReset || control > 2 && control < 0x80 {
		return errDamaged
	}
	size, err := l.uint16()
	if err != nil {
		return err
	}
	l.left, l.plain = size+1, control < 0x80
	if l.plain {
		return nil
	}
	l.left += int(control&0x1f) << 16
	if size, err = l.uint16(); err != nil {
		return err
	}
	if err := l.prepare(control); err != nil {
		return err
	}
	n, err := io.ReadFull(l.src, l.buf[:size+1])
	l.count += int64(n)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	l.cut = err != nil
	return l.z.rc.start(l.buf[:n])
}

// prepare resets what the control byte says.
func (l *lzma2) prepare(control byte) error {
	if control >= 0xc0 {
		b, err := l.byte()
		if err != nil {
			return err
		}
		if err := l.z.properties(b); err != nil {
			return err
		}
		l.needProps = false
	}
	if l.needProps {
		return errDamaged
	}
	if control >= 0xa0 {
		l.z.reset()
	}
	return nil
}

func (l *lzma2) byte() (byte, error) {
	b, err := l.src.ReadByte()
	if err != nil {
		return 0, early(err)
	}
	l.count++
	return b, nil
}

func (l *lzma2) uint16() (int, error) {
	hi, err := l.byte()
	if err != nil {
		return 0, err
	}
	lo, err := l.byte()
	return int(hi)<<8 | int(lo), err
}

// early makes an end where more must come an unexpected one.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
