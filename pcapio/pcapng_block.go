package pcapio

import (
	"fmt"
	"math"
	"math/bits"
)

// Options of an interface description (draft-ietf-opsawg-pcapng, 4.2).
const (
	optName        = 2
	optDescription = 3
	optResolution  = 9
	optFCSLen      = 13
	optOffset      = 14
)

// maxName is how much of an interface's name is kept.
const maxName = 1024

// ngInterface is what decoding a packet needs of its interface.
type ngInterface struct {
	link    LinkType
	snapLen uint32
	clock   clock
}

// decode decodes the body of a block, size bytes long, of which all is there or
// as much as is held. It returns whether p was filled, and what is wrong with
// the block.
func (c *pcapngFile) decode(kind uint32, body []byte, size int, p *Packet) (found bool, reason string) {
	switch kind {
	case blockEnhanced:
		return c.enhanced(body, size, p)
	case blockSimple:
		return c.simple(body, size, p)
	case blockObsolete:
		return c.obsolete(body, size, p)
	case blockInterface:
		return false, c.describe(body)
	default:
		return false, c.section(body)
	}
}

// section begins a section. Interface descriptions hold for one section only.
func (c *pcapngFile) section(body []byte) string {
	if len(body) < 16 {
		return fmt.Sprintf("expected 16 bytes of a section header, found %d", len(body))
	}
	if major := c.uint16(body[4:]); major != 1 {
		return fmt.Sprintf("expected a section of version 1, found version %d", major)
	}
	f := &c.in.file
	if f.InterfaceCount == 0 {
		f.BigEndian = c.big
	}
	c.interfaces = c.interfaces[:0]
	return ""
}

// describe reads an interface description.
func (c *pcapngFile) describe(body []byte) string {
	if len(body) < 8 {
		return fmt.Sprintf("expected 8 bytes of an interface description, found %d", len(body))
	}
	if len(c.interfaces) == maxDescribed {
		return fmt.Sprintf("expected at most %d interfaces in a section", maxDescribed)
	}
	i := ngInterface{link: linkOnDisk(uint32(c.uint16(body))), snapLen: c.uint32(body[4:]), clock: clockOf(6)}
	shown := Interface{Link: i.link, SnapLen: int(i.snapLen), FCSLen: -1}
	reason, resolution := "", byte(6)
	var name, description []byte // of several, the last
	for rest := body[8:]; len(rest) >= 4; {
		code, n := c.uint16(rest), int(c.uint16(rest[2:]))
		if code == 0 {
			break
		}
		if len(rest)-4 < n {
			reason = fmt.Sprintf("expected an option of %d bytes, found %d", n, len(rest)-4)
			break
		}
		value := rest[4 : 4+n]
		switch {
		case code == optName:
			name = value[:min(n, maxName)]
		case code == optDescription:
			description = value[:min(n, maxName)]
		case code == optFCSLen && n == 1:
			shown.FCSLen = int(value[0])
		case code == optResolution && n == 1:
			offset := i.clock.offset
			i.clock = clockOf(value[0])
			i.clock.offset = offset
			resolution = value[0]
		case code == optOffset && n == 8:
			i.clock.offset = int64(c.uint64(value))
		}
		rest = rest[min(len(rest), 4+(n+3)&^3):]
	}
	shown.Name, shown.Description, shown.Resolution = string(name), string(description), resolutionName(resolution)
	c.interfaces = append(c.interfaces, i)
	c.in.file.addInterface(shown)
	return reason
}

func (c *pcapngFile) uint64(b []byte) uint64 {
	if c.big {
		return uint64(c.uint32(b))<<32 | uint64(c.uint32(b[4:]))
	}
	return uint64(c.uint32(b[4:]))<<32 | uint64(c.uint32(b))
}

// enhanced reads an enhanced packet block (4.3).
func (c *pcapngFile) enhanced(b []byte, size int, p *Packet) (bool, string) {
	if len(b) < 20 {
		return false, fmt.Sprintf("expected 20 bytes of an enhanced packet block, found %d", len(b))
	}
	return c.packet(b, size, c.uint32(b), p)
}

// obsolete reads a packet block of the old form (appendix A), which has 16 bits
// each for the interface and for a count of drops.
func (c *pcapngFile) obsolete(b []byte, size int, p *Packet) (bool, string) {
	if len(b) < 20 {
		return false, fmt.Sprintf("expected 20 bytes of a packet block, found %d", len(b))
	}
	return c.packet(b, size, uint32(c.uint16(b)), p)
}

// packet reads what the two have in common: time, lengths and data.
func (c *pcapngFile) packet(b []byte, size int, id uint32, p *Packet) (bool, string) {
	if uint64(id) >= uint64(len(c.interfaces)) {
		return false, fmt.Sprintf("expected a packet of one of %d interfaces, found interface %d", len(c.interfaces), id)
	}
	captured, original := c.uint32(b[12:]), c.uint32(b[16:])
	if uint64(captured) > uint64(size-20) {
		return false, fmt.Sprintf("expected a packet of %d bytes, found %d in its block", captured, size-20)
	}
	i := &c.interfaces[id]
	c.last = i.clock.nanoseconds(uint64(c.uint32(b[4:]))<<32 | uint64(c.uint32(b[8:])))
	p.Time = c.last
	n := 20 + int(captured)
	if n > len(b) {
		c.captured, n = captured, len(b)
	}
	p.Data = b[20:n:n]
	p.OrigLen = int(max(captured, original))
	p.Link = i.link
	return true, ""
}

// simple reads a simple packet block (4.4): a packet of the first interface
// without a time, which gets that of the packet before it.
func (c *pcapngFile) simple(b []byte, size int, p *Packet) (bool, string) {
	if len(b) < 4 {
		return false, fmt.Sprintf("expected 4 bytes of a simple packet block, found %d", len(b))
	}
	if len(c.interfaces) == 0 {
		return false, "expected an interface description before a simple packet block"
	}
	i := &c.interfaces[0]
	original := c.uint32(b)
	captured := original
	if i.snapLen != 0 {
		captured = min(captured, i.snapLen)
	}
	if uint64(captured) > uint64(size-4) {
		return false, fmt.Sprintf("expected a packet of %d bytes, found %d in its block", captured, size-4)
	}
	p.Time = c.last
	n := 4 + int(captured)
	if n > len(b) {
		c.captured, n = captured, len(b)
	}
	p.Data = b[4:n:n]
	p.OrigLen = int(original)
	p.Link = i.link
	return true, ""
}

// clock turns a packet's units of time into nanoseconds since 1970.
type clock struct {
	// times is what a unit is multiplied with where it is a whole number of
	// nanoseconds, else 0.
	times uint64
	// over is what a unit is divided by where that is a power of ten; 0 with
	// times 0 for a power of two.
	over uint64
	// shift is the exponent of a power of two.
	shift uint
	// offset is added, in seconds.
	offset int64
}

// clockOf returns the clock of an if_tsresol option: a negative power of 10, or
// of 2 where the highest bit is set.
func clockOf(resolution byte) clock {
	n := uint(resolution & 0x7f)
	switch {
	case resolution&0x80 != 0:
		return clock{shift: n}
	case n <= 9:
		return clock{times: power10(9 - n)}
	case n <= 28:
		return clock{over: power10(n - 9)}
	default:
		// Finer than 64 bits can count to a nanosecond: always 0.
		return clock{shift: 127}
	}
}

func power10(n uint) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

func resolutionName(resolution byte) string {
	if resolution&0x80 != 0 {
		return fmt.Sprintf("2^-%d s", resolution&0x7f)
	}
	return fmt.Sprintf("10^-%d s", resolution)
}

// nanoseconds returns the time of so many units; what does not fit is the
// largest or the smallest time there is.
func (k *clock) nanoseconds(units uint64) int64 {
	var hi, lo uint64
	switch {
	case k.times != 0:
		hi, lo = bits.Mul64(units, k.times)
	case k.over != 0:
		lo = units / k.over
	default:
		hi, lo = bits.Mul64(units, 1e9)
		if k.shift >= 64 {
			hi, lo = 0, hi>>(k.shift-64)
		} else if k.shift > 0 {
			hi, lo = hi>>k.shift, hi<<(64-k.shift)|lo>>k.shift
		}
	}
	ns := int64(math.MaxInt64)
	if hi == 0 && lo < math.MaxInt64 {
		ns = int64(lo)
	}
	if k.offset != 0 {
		ns = addSeconds(ns, k.offset)
	}
	return ns
}

func addSeconds(ns, seconds int64) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	switch {
	case seconds > most:
		return math.MaxInt64
	case seconds < -most:
		return math.MinInt64
	}
	sum := ns + seconds*1_000_000_000
	if seconds > 0 && sum < ns {
		return math.MaxInt64
	}
	return sum
}
