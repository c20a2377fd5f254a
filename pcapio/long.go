package pcapio

// maxKept is how many bytes of a packet are kept, and maxHeld how many of a pcapng block are in
// memory at once: the packet, its header and its options. No IP packet is so long. Larger
// snapshot lengths are announced by captures of other things, and by hostile files.
const (
	maxKept = maxPlain
	maxHeld = maxKept + 64<<10
)

// longPacket is a packet of which more was captured than is kept. It is copied
// before the rest of its record is passed over, and handed out after that.
type longPacket struct {
	packet Packet
	block  *Block
	// beyond is how much of the packet was not kept.
	beyond uint64
	// ready is set while the packet is handed out.
	ready bool
}

// keep copies the beginning of p, of which captured bytes were captured.
func (l *longPacket) keep(p *Packet, captured uint32) {
	l.release()
	l.block = newBlock(directSize)
	l.packet = *p
	l.packet.Data = l.block.buf[:copy(l.block.buf, p.Data)]
	l.beyond = uint64(captured) - uint64(len(l.packet.Data))
}

// give hands the packet out.
func (l *longPacket) give(p *Packet) {
	number := p.Number
	*p = l.packet
	p.Number = number
	l.ready = true
}

func (l *longPacket) release() {
	if l.block != nil {
		l.block.Release()
		l.block = nil
	}
}

// longRecord passes over the rest of a long record of a pcap, and then hands its
// packet out.
type longRecord struct {
	in   *input
	back container
	// size is the record's length, left how much of it is still to come, and at
	// where it begins.
	size, left, at int64
}

func (c *longRecord) next(p *Packet) error {
	var err error
	if c.left, err = c.in.win.skip(c.left); err != nil {
		return c.in.cut(err, c.at, "a record", c.size)
	}
	c.in.c = c.back
	c.in.long.give(p)
	return nil
}
