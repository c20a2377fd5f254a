package pcapio

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The magic numbers of pcap (draft-ietf-opsawg-pcap, 4), as a little-endian
// file's first four bytes read. The modified form is Kuznetsov's, of Linux
// distributions around 1999; the last one is NAVTEL's name for the first.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
	magicNavtel   = 0xa12b3c4d
)

const (
	pcapHeader = 24
	// maxPlain is the longest record that is believed without further proof:
	// the largest snapshot length of libpcap.
	maxPlain = 256 << 10
	// maxRecord is the longest record that is believed at all.
	maxRecord = 64 << 20
)

// pcapFile decodes a classic pcap.
type pcapFile struct {
	in  *input
	big bool
	// scale is the number of nanoseconds in a unit of the fraction.
	scale int64
	// head is the length of a record's header: 16, or 24 in the modified form.
	head    int
	link    LinkType
	snapLen uint32
	// lengths tells what the two lengths of a record mean.
	lengths lengthOrder
}

// lengthOrder: files before version 2.3 have a record's two lengths the other
// way round, and version 2.3 was written in both ways.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota
	originalFirst
	smallerIsCaptured
)

func (c *pcapFile) uint32(b []byte) uint32 {
	if c.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// pcapMagic tells whether four bytes are the magic of a pcap, and its form.
func pcapMagic(b []byte) (c pcapFile, name string, ok bool) {
	c.big = b[0] == 0xa1
	c.scale, c.head, name = 1000, 16, "pcap"
	switch c.uint32(b) {
	case magicMicro, magicNavtel:
	case magicNano:
		c.scale, name = 1, "pcap (nanoseconds)"
	case magicModified:
		c.head, name = 24, "pcap (modified)"
	default:
		return c, "", false
	}
	return c, name, true
}

// header reads the file header, of which at least the magic is there.
func (c *pcapFile) header() error {
	w := &c.in.win
	if err := c.in.patiently(pcapHeader); err != nil {
		return c.in.broken(err, pcapHeader, "the file header")
	}
	b := w.buf[w.r:]
	first := c.uint32(b[4:])
	major, minor := first&0xffff, first>>16
	if c.big {
		major, minor = minor, major
	}
	switch {
	case major == 2 && minor < 3, major == 543:
		c.lengths = originalFirst
	case major == 2 && minor == 3:
		c.lengths = smallerIsCaptured
	}
	c.snapLen = c.uint32(b[16:])
	field := c.uint32(b[20:])
	c.link = linkOnDisk(field)
	w.r += pcapHeader

	f := &c.in.file
	if f.InterfaceCount == 0 {
		f.BigEndian = c.big
	}
	i := Interface{Link: c.link, SnapLen: int(c.snapLen), Resolution: "10^-6 s", FCSLen: -1}
	if c.scale == 1 {
		i.Resolution = "10^-9 s"
	}
	if field&(1<<26) != 0 {
		i.FCSLen = int(field>>28) * 2
	}
	f.addInterface(i)
	return nil
}

// next reads the next record.
func (c *pcapFile) next(p *Packet) error {
	w := &c.in.win
	if w.w-w.r < c.head {
		if err := w.want(c.head); err != nil {
			return c.in.broken(err, c.head, "a record header")
		}
	}
	b := w.buf[w.r:w.w]
	var sec, frac, captured, original uint32
	if c.big {
		sec, frac = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		captured, original = binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	} else {
		sec, frac = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		captured, original = binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
	}
	if c.lengths != capturedFirst && (c.lengths == originalFirst || captured > original) {
		captured, original = original, captured
	}
	if captured == 0 && original == 0 && c.restarts(b) {
		if err := c.header(); err != nil {
			return err
		}
		return errAgain
	}
	if captured > maxPlain {
		if err := c.believe(captured, original); err != nil {
			return err
		}
		return c.long(p, captured, original, int64(sec)*1e9+int64(frac)*c.scale)
	}
	n := c.head + int(captured)
	if len(b) < n {
		if err := w.want(n); err != nil {
			return c.in.broken(err, n, "a record")
		}
		b = w.buf[w.r:w.w]
	}
	p.Time = int64(sec)*1e9 + int64(frac)*c.scale
	p.Data = b[c.head:n:n]
	p.OrigLen = int(max(captured, original))
	p.Link = c.link
	w.r += n
	return nil
}

// long begins to read a record of which only the beginning is kept.
func (c *pcapFile) long(p *Packet, captured, original uint32, time int64) error {
	w := &c.in.win
	size, at := int64(c.head)+int64(captured), w.offset()
	if err := w.want(c.head + maxKept); err != nil {
		return c.in.cut(err, at, "a record", size)
	}
	w.r += c.head
	c.in.long.keep(&Packet{Time: time, Data: w.buf[w.r : w.r+maxKept], OrigLen: int(max(captured, original)), Link: c.link}, captured)
	c.in.c = &longRecord{in: c.in, back: c, size: size, left: int64(captured), at: at}
	return errAgain
}

// restarts reports whether b is the header of another pcap of version 2.4, as where captures
// were concatenated, and takes over its form. Such a header looks like an empty record: its
// time zone and accuracy, always 0, stand where a record has its lengths.
func (c *pcapFile) restarts(b []byte) bool {
	next, _, ok := pcapMagic(b[:4])
	if !ok || len(b) < 8 {
		return false
	}
	if v := next.uint32(b[4:]); v != 0x00040002 && v != 0x00020004 {
		return false
	}
	next.in = c.in
	*c = next
	return true
}

// believe refuses the length of a long record unless the file header announced
// such.
func (c *pcapFile) believe(captured, original uint32) error {
	if captured <= maxRecord && captured <= c.snapLen && captured <= original {
		return nil
	}
	limit := max(maxPlain, min(c.snapLen, maxRecord))
	c.in.damage(fmt.Sprintf("expected a record of at most %d bytes, found a length of %d", limit, captured), nil)
	return io.EOF
}
