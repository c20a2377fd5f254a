package pcapio

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng, 4, and the registry in
// its section 11.1).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockObsolete  = 2
	blockSimple    = 3
	blockNames     = 4
	blockStats     = 5
	blockEnhanced  = 6
	blockJournal   = 9
	blockSecrets   = 10
	blockCustom    = 0xbad
	blockCustomNo  = 0x40000bad
)

const (
	byteOrderMagic = 0x1a2b3c4d
	// maxBlock is the longest block that is held in memory: a record and its
	// options.
	maxBlock = maxRecord + 1<<20
	// maxDescribed is how many interfaces a section may describe.
	maxDescribed = 1 << 16
)

// pcapngFile decodes a pcapng.
type pcapngFile struct {
	in  *input
	big bool
	// interfaces are those of the section.
	interfaces []ngInterface
	// last is the time of the last packet that had one.
	last int64
	// skipping is set while a block of length total is passed over, of which
	// left bytes are still to come, and found where its packet is handed out then.
	skipping bool
	found    bool
	left     int64
	total    uint32
	// captured is the length of a packet that is longer than what was held of its block.
	captured uint32
}

func (c *pcapngFile) uint32(b []byte) uint32 {
	if c.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (c *pcapngFile) uint16(b []byte) uint16 {
	if c.big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// next reads blocks up to the next packet.
func (c *pcapngFile) next(p *Packet) error {
	w := &c.in.win
	for {
		if c.skipping {
			sound, err := c.pass()
			if err != nil {
				return err
			}
			if c.found && sound {
				c.found = false
				c.in.long.give(p)
				return nil
			}
			c.found = false
			continue
		}
		if w.w-w.r < 12 {
			if err := w.want(12); err != nil {
				return c.in.broken(err, 12, "a block")
			}
		}
		b := w.buf[w.r:w.w]
		kind, total := c.uint32(b), c.uint32(b[4:])
		if kind == blockSection {
			if !c.order(b) {
				c.in.damage("expected a section header's byte-order magic 1a2b3c4d", nil)
				return io.EOF
			}
			total = c.uint32(b[4:])
		}
		if total < 12 {
			c.in.damage(fmt.Sprintf("expected a block of at least 12 bytes, found a length of %d", total), nil)
			return io.EOF
		}
		switch kind {
		case blockEnhanced, blockSimple, blockObsolete, blockInterface, blockSection:
		default:
			c.skipping, c.left, c.total = true, int64(total)-4, total
			c.in.file.Skipped++
			continue
		}
		if total > maxHeld {
			if err := c.large(kind, total); err != nil {
				return err
			}
			continue
		}
		size, err := c.whole(total)
		if err != nil {
			return err
		}
		if size < 0 {
			continue
		}
		body := w.buf[w.r+8 : w.r+int(total)-4]
		found, reason := c.decode(kind, body, len(body), p)
		if reason != "" {
			c.in.damage(reason, nil)
		}
		w.r += size
		if found {
			return nil
		}
	}
}

// order takes over the byte order of a section header.
func (c *pcapngFile) order(b []byte) bool {
	switch {
	case binary.LittleEndian.Uint32(b[8:]) == byteOrderMagic:
		c.big = false
	case binary.BigEndian.Uint32(b[8:]) == byteOrderMagic:
		c.big = true
	default:
		return false
	}
	return true
}

// large decodes the beginning of a block that is too long to be held, and has
// the rest passed over. Its packet is handed out when its end was seen.
func (c *pcapngFile) large(kind, total uint32) error {
	w := &c.in.win
	if total > maxBlock {
		c.in.damage(fmt.Sprintf("expected a block of at most %d bytes, found a length of %d", maxBlock, total), nil)
		return io.EOF
	}
	if err := w.want(maxHeld); err != nil {
		return c.in.broken(err, int(total), "a block")
	}
	var p Packet
	c.captured = 0
	found, reason := c.decode(kind, w.buf[w.r+8:w.r+maxHeld], int(total)-12, &p)
	if reason == "" && kind == blockInterface {
		reason = fmt.Sprintf("expected an interface description of at most %d bytes, found %d", maxHeld, total)
	}
	if reason != "" {
		c.in.damage(reason, nil)
	}
	if c.found = found; found {
		c.in.long.keep(&p, max(c.captured, uint32(len(p.Data))))
	}
	c.skipping, c.left, c.total = true, int64(total)-4, total
	return nil
}

// whole makes the block at hand available and returns the size it takes in the
// file, or -1 where it is bad and was passed over.
func (c *pcapngFile) whole(total uint32) (int, error) {
	w := &c.in.win
	n := int(total)
	if w.w-w.r < n {
		if err := w.want(n); err != nil {
			return 0, c.in.broken(err, n, "a block")
		}
	}
	if c.uint32(w.buf[w.r+n-4:]) == total && n%4 == 0 {
		return n, nil
	}
	return c.odd(total)
}

// odd looks at a block whose two lengths differ or are no multiple of 4. Some
// writers pad the block and do not count it.
func (c *pcapngFile) odd(total uint32) (int, error) {
	w := &c.in.win
	n := int(total)
	if padded := (n + 3) &^ 3; padded != n {
		err := w.want(padded)
		if err == ErrIdle || err == ErrInterrupted {
			return 0, err
		}
		if err == nil && c.uint32(w.buf[w.r+padded-4:]) == total {
			return padded, nil
		}
		if c.uint32(w.buf[w.r+n-4:]) == total {
			return n, nil
		}
	}
	known, err := c.blockAt(n)
	if err != nil {
		return 0, err
	}
	c.in.damage(fmt.Sprintf("expected the block's length %d again at its end, found %d", total, c.uint32(w.buf[w.r+n-4:])), nil)
	if !known {
		return 0, io.EOF
	}
	w.r += n
	return -1, nil
}

// blockAt reports whether a block that looks sound begins n bytes ahead, or
// the file ends there.
func (c *pcapngFile) blockAt(n int) (bool, error) {
	w := &c.in.win
	switch err := w.want(n + 12); err {
	case nil:
	case ErrIdle, ErrInterrupted:
		return false, err
	default:
		return w.avail() == n, nil
	}
	b := w.buf[w.r+n:]
	total := c.uint32(b[4:])
	switch c.uint32(b) {
	case blockSection:
		bom := c.uint32(b[8:])
		return bom == byteOrderMagic || bom == 0x4d3c2b1a, nil
	case blockInterface, blockObsolete, blockSimple, blockNames, blockStats, blockEnhanced,
		blockJournal, blockSecrets, blockCustom, blockCustomNo:
		return total >= 12 && total%4 == 0 && total <= maxBlock, nil
	}
	return false, nil
}

// pass passes over a block without holding it, and reports whether its end is
// as it should be.
func (c *pcapngFile) pass() (sound bool, err error) {
	w := &c.in.win
	if c.left, err = w.skip(c.left); err != nil {
		return false, c.in.cut(err, w.offset()-(int64(c.total)-4-c.left), "a block", int64(c.total))
	}
	if err := w.want(4); err != nil {
		return false, c.in.cut(err, w.offset()+4-int64(c.total), "a block", int64(c.total))
	}
	got := c.uint32(w.buf[w.r:])
	if got != c.total {
		known, err := c.blockAt(4)
		if err == ErrIdle || err == ErrInterrupted {
			return false, err
		}
		c.in.damageAt(w.offset()+4-int64(c.total), fmt.Sprintf("expected the block's length %d again at its end, found %d", c.total, got), nil)
		if !known {
			return false, io.EOF
		}
	}
	w.r += 4
	c.skipping = false
	return got == c.total, nil
}
