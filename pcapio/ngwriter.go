package pcapio

import (
	"encoding/binary"
	"io"
)

// NgWriter writes a pcapng file of one section (draft-ietf-opsawg-pcapng), with times in nanoseconds.
type NgWriter struct {
	w          io.Writer
	block      []byte
	interfaces map[ngSource]uint32
}

// ngSource is what an interface of the file stands for: a capture, and a link type of it.
type ngSource struct {
	name string
	link LinkType
}

// The types of blocks and options that are written (sections 4.1 to 4.3, 3.5).
const (
	ngSection     = 0x0a0d0d0a
	ngDescribed   = 1
	ngPacket      = 6
	ngComment     = 1
	ngName        = 2
	ngApplication = 4
	ngTimeUnits   = 9
)

// mostNgOption is how long the value of an option may be; longer texts are cut.
const mostNgOption = 65_000

// NewNgWriter writes the header of a section; application and comment say who wrote it, and what it is.
func NewNgWriter(w io.Writer, application, comment string) (*NgWriter, error) {
	n := &NgWriter{w: w, interfaces: map[ngSource]uint32{}}
	n.begin(ngSection)
	n.block = binary.LittleEndian.AppendUint32(n.block, 0x1a2b3c4d)
	n.block = append(n.block, 1, 0, 0, 0) // version 1.0
	n.block = binary.LittleEndian.AppendUint64(n.block, ^uint64(0))
	n.option(ngComment, comment)
	n.option(ngApplication, application)
	return n, n.end()
}

// Write writes a packet as one of the capture of that name, with a comment.
func (n *NgWriter) Write(p *Packet, capture, comment string) error {
	key := ngSource{capture, p.Link}
	id, ok := n.interfaces[key]
	if !ok {
		id = uint32(len(n.interfaces))
		n.interfaces[key] = id
		n.begin(ngDescribed)
		n.block = binary.LittleEndian.AppendUint16(n.block, uint16(p.Link))
		n.block = append(n.block, 0, 0, 0, 0, 0, 0) // reserved; no limit to the length
		n.option(ngName, capture)
		n.option(ngTimeUnits, "\x09")
		if err := n.end(); err != nil {
			return err
		}
	}
	n.begin(ngPacket)
	t := uint64(max(p.Time, 0))
	for _, v := range []uint32{id, uint32(t >> 32), uint32(t), uint32(len(p.Data)), uint32(p.OrigLen)} {
		n.block = binary.LittleEndian.AppendUint32(n.block, v)
	}
	n.block = append(n.block, p.Data...)
	n.pad()
	n.option(ngComment, comment)
	return n.end()
}

// begin begins a block; its length comes with end.
func (n *NgWriter) begin(kind uint32) {
	n.block = binary.LittleEndian.AppendUint32(n.block[:0], kind)
	n.block = append(n.block, 0, 0, 0, 0)
}

func (n *NgWriter) pad() {
	for len(n.block)%4 != 0 {
		n.block = append(n.block, 0)
	}
}

// option adds an option, unless it is empty.
func (n *NgWriter) option(code uint16, value string) {
	if value == "" {
		return
	}
	value = value[:min(len(value), mostNgOption)]
	n.block = binary.LittleEndian.AppendUint16(n.block, code)
	n.block = binary.LittleEndian.AppendUint16(n.block, uint16(len(value)))
	n.block = append(n.block, value...)
	n.pad()
}

// end writes the block.
func (n *NgWriter) end() error {
	n.block = append(n.block, 0, 0, 0, 0) // the end of the options
	size := uint32(len(n.block) + 4)
	binary.LittleEndian.PutUint32(n.block[4:], size)
	n.block = binary.LittleEndian.AppendUint32(n.block, size)
	_, err := n.w.Write(n.block)
	return err
}
