package pcapio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// errAgain says that something was consumed that holds no packet.
var errAgain = errors.New("again")

// container decodes the records of one form of capture.
type container interface {
	// next puts the next packet into p. It returns io.EOF at the end, be it
	// sound or damaged, errAgain to be asked again, and ErrIdle or
	// ErrInterrupted with nothing consumed.
	next(p *Packet) error
}

// errNoCapture says that the first bytes are those of no capture.
var errNoCapture = errors.New("no capture")

// input is one of a Reader's captures.
type input struct {
	file   File
	r      *Reader
	f      *os.File
	raw    rawReader
	expand *expander
	win    window
	// front reads ahead of a decompressor that reads a stream.
	front *pump
	c     container
	// long is the packet read last that is kept in part.
	long longPacket
	// stream is set where the input cannot be opened twice.
	stream bool
	// listed are the first damages met, at most maxListed.
	listed []*DamageError

	// head is the next packet, with several inputs.
	head Packet
	// first is the time of the first packet, and rank the place of the input
	// where packet times are equal.
	first int64
	rank  int
}

// maxListed is how many damages of a file are told one by one.
const maxListed = 16

// open opens the input at its beginning. A peek reads a little and without a
// goroutine.
func (in *input) open(peek bool) error {
	if in.f == nil {
		f, err := in.openFile()
		if err != nil {
			return err
		}
		in.f = f
	}
	opt := &in.r.opt
	in.raw.src = in.f
	in.raw.count.Store(0)
	in.raw.hash = newHash(opt.Hash && !in.stream && !peek)
	in.win = window{wait: waiting{done: opt.Done, stop: in.r.stop, idle: opt.Idle, stream: in.stream}}
	if in.stream {
		return in.openStream()
	}
	var first [1]byte
	n, err := in.f.ReadAt(first[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	if n == 0 {
		return errEmpty
	}
	c := codecAt(func(b []byte, offset int64) int {
		n, _ := in.f.ReadAt(b, offset)
		return n
	})
	in.lay(c, &in.raw, peek)
	return nil
}

// openFile opens the file. A named pipe makes it wait until somebody writes to it.
func (in *input) openFile() (*os.File, error) {
	open := func() (*os.File, error) { return os.Open(in.file.Path) }
	if !in.stream {
		return open()
	}
	return openInterruptible(in.r.opt.Done, in.r.stop, open)
}

// errEmpty says that there is not a byte.
var errEmpty = errors.New("empty")

// openStream looks at the first bytes of what can be read only once: its pump
// stands before the decompressor, so that a wait for them can be interrupted.
func (in *input) openStream() error {
	front := window{pump: startPump(&in.raw, func() {}), wait: in.win.wait}
	front.wait.idle = 0
	if err := front.want(6); err == ErrInterrupted {
		return err
	}
	if front.avail() == 0 {
		if front.end != io.EOF {
			return front.end
		}
		return errEmpty
	}
	c := codecAt(func(b []byte, offset int64) int {
		if offset > mostSkipped || front.want(int(offset)+1) != nil {
			return 0
		}
		return copy(b, front.buf[front.r+int(offset):front.w])
	})
	if c == nil {
		front.wait.idle = in.win.wait.idle
		in.win = front
		return nil
	}
	in.front = front.pump
	in.lay(c, &pumped{front}, false)
	return nil
}

// pumped reads a window as a stream.
type pumped struct{ win window }

func (p *pumped) Read(b []byte) (int, error) {
	if err := p.win.want(1); err != nil {
		return 0, err
	}
	n := copy(b, p.win.buf[p.win.r:p.win.w])
	p.win.r += n
	return n, nil
}

// lay puts the layers upon the stored bytes: decompression, reading ahead.
func (in *input) lay(c *codec, src io.Reader, peek bool) {
	in.expand = nil
	if c != nil {
		in.file.Compression = c.name
		in.expand = &expander{
			codec: c, in: &in.raw, br: bufio.NewReaderSize(src, 64<<10),
			limit: in.r.opt.limit(), ratio: in.r.opt.ratio(),
		}
		src = in.expand
	}
	switch {
	case peek:
		in.win.direct(src, 16<<10)
	case c != nil || in.raw.hash != nil:
		in.win.pump = startPump(src, in.raw.finish)
	default:
		in.win.direct(src, int(min(max(in.file.Size+64, 4096), directSize)))
	}
}

// directSize is the size of the buffer that a plain file is read into: large
// enough that system calls cost little, small enough to stay in the cache.
const directSize = 256 << 10

// nothing is the container of an input that ended before its first record.
type nothing struct{}

func (nothing) next(*Packet) error { return io.EOF }

// start finds out what container it is and reads its header. Damage there is
// noted, and is no error: no packet comes then.
func (in *input) start() error {
	err := in.recognise()
	if err == io.EOF {
		in.c, err = nothing{}, nil
	}
	return err
}

// recognise returns io.EOF where the header is damaged.
func (in *input) recognise() error {
	w := &in.win
	err := in.patiently(12)
	if err == ErrInterrupted {
		return err
	}
	b := w.buf[w.r:w.w]
	if len(b) == 0 {
		if err == io.EOF {
			return errEmpty
		}
		return in.broken(err, 4, "a capture's magic number")
	}
	if len(b) < 4 {
		if err == io.EOF && !beginsMagic(b) {
			return errNoCapture
		}
		return in.broken(err, 4, "a capture's magic number")
	}
	if c, name, ok := pcapMagic(b); ok {
		in.file.Container = name
		c.in = in
		in.c = &c
		return c.header()
	}
	ng := &pcapngFile{in: in}
	if ng.uint32(b) != blockSection || len(b) >= 12 && !ng.order(b) {
		return errNoCapture
	}
	in.file.Container = "pcapng"
	in.c = ng
	return nil
}

// patiently waits for n bytes however long it takes.
func (in *input) patiently(n int) error {
	for {
		err := in.win.want(n)
		if err != ErrIdle {
			return err
		}
	}
}

// beginsMagic reports whether b, shorter than 4 bytes, is the beginning of the
// magic number of a capture.
func beginsMagic(b []byte) bool {
	for _, m := range []string{
		"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1",
		"\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1", "\xa1\x2b\x3c\x4d", "\x4d\x3c\x2b\xa1", "\x0a\x0d\x0d\x0a",
	} {
		if m[:len(b)] == string(b) {
			return true
		}
	}
	return false
}

// next reads the next packet of this input.
func (in *input) next(p *Packet) error {
	if in.c == nil {
		return io.EOF
	}
	for {
		switch err := in.c.next(p); err {
		case nil:
			p.Block = in.win.own
			in.file.count(p)
			if in.long.ready {
				p.Block, in.long.ready = in.long.block, false
				in.file.Captured += in.long.beyond
			}
			return nil
		case io.EOF:
			return in.finish()
		case errAgain:
		default:
			return err
		}
	}
}

// finish ends the input: it closes the file, and takes the digest.
func (in *input) finish() error {
	if in.win.pump != nil && in.win.end == nil && in.raw.hash != nil {
		if err := in.win.pump.drain(&in.win.wait); err != nil {
			return err
		}
	}
	if in.raw.hash != nil {
		in.file.SHA256 = in.raw.sum()
		in.raw.hash = nil
	}
	in.c = nil
	in.close()
	return io.EOF
}

// close lets go of everything.
func (in *input) close() error {
	in.long.release()
	if in.win.own != nil {
		in.win.own.Release()
	}
	if in.win.pump != nil {
		in.win.pump.stop()
	} else if in.expand != nil {
		in.expand.close()
	}
	if in.front != nil {
		in.front.stop()
		in.front = nil
	}
	in.win = window{}
	if in.f == nil {
		return nil
	}
	f := in.f
	in.f = nil
	if f == in.r.opt.Stdin {
		return nil
	}
	return f.Close()
}

// broken is the end of an input where n bytes were wanted, the beginning of
// what, and err came.
func (in *input) broken(err error, n int, what string) error {
	if in.win.avail() == 0 && err == io.EOF {
		return io.EOF
	}
	return in.cut(err, in.win.offset(), what, int64(n))
}

// cut is the end of an input inside something that begins at offset at.
func (in *input) cut(err error, at int64, what string, n int64) error {
	if err == ErrIdle || err == ErrInterrupted {
		return err
	}
	have := in.win.offset() + int64(in.win.avail()) - at
	reason := fmt.Sprintf("expected %s of %d bytes, but the file ends after %d of them", what, n, have)
	if err == io.EOF {
		err = nil
	} else if have == 0 {
		reason = "expected " + what + ", but " + oneLine(err)
	} else {
		reason = fmt.Sprintf("expected %s of %d bytes, but after %d of them %s", what, n, have, oneLine(err))
	}
	in.damageAt(at, reason, err)
	return io.EOF
}

func (in *input) damage(reason string, err error) { in.damageAt(in.win.offset(), reason, err) }

func (in *input) damageAt(at int64, reason string, err error) {
	in.file.Damaged++
	if len(in.listed) == maxListed {
		return
	}
	in.listed = append(in.listed, &DamageError{
		Path: in.file.Path, Packet: in.file.Packets + 1, Offset: at,
		Compressed: in.file.Compression != "", Reason: reason, Err: err,
	})
}

// inputError words why an input is none.
func (in *input) inputError(err error) error {
	reason := ""
	switch {
	case err == ErrInterrupted:
		return err
	case err == errEmpty && in.file.Compression != "":
		reason = "is empty after decompression"
	case err == errEmpty:
		reason = "is empty"
	case err == errNoCapture:
		b := in.win.buf[in.win.r:in.win.w]
		b = b[:min(len(b), 12)]
		reason = "is no capture: expected a pcap or pcapng (also as gz, zst, xz, bz2 or lz4), found " + strconv.QuoteToASCII(string(b))
		return &InputError{Path: in.file.Path, Reason: reason}
	default:
		return systemError(in.file.Path, err)
	}
	return &InputError{Path: in.file.Path, Reason: reason}
}

// systemError words the system's error without repeating the path.
func systemError(path string, err error) error {
	reason := oneLine(Reason(err))
	if errors.Is(err, os.ErrNotExist) {
		reason = "there is no such file"
	} else if r := openFilesReason(err); r != "" {
		reason = r
	}
	return &InputError{Path: path, Reason: reason, Err: err}
}

// Reason returns the system's error without the path that it repeats.
func Reason(err error) error {
	var path *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
