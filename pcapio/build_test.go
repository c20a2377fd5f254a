package pcapio

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// rec is a packet as a test writes and expects it.
type rec struct {
	Time    int64
	Data    string
	OrigLen int
	Link    LinkType
}

// order is the byte order that a builder writes.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var (
	little order = binary.LittleEndian
	big    order = binary.BigEndian
)

// pcapBuilder writes a classic pcap.
type pcapBuilder struct {
	o     order
	magic uint32
	b     []byte
}

func newPcap(o order, magic uint32, major, minor uint16, snapLen, link uint32) *pcapBuilder {
	p := &pcapBuilder{o: o, magic: magic}
	p.b = o.AppendUint32(p.b, magic)
	p.b = o.AppendUint16(p.b, major)
	p.b = o.AppendUint16(p.b, minor)
	p.b = append(p.b, make([]byte, 8)...)
	p.b = o.AppendUint32(p.b, snapLen)
	p.b = o.AppendUint32(p.b, link)
	return p
}

// record writes a record with the two lengths as given.
func (p *pcapBuilder) record(sec, frac, first, second uint32, data string) *pcapBuilder {
	for _, v := range []uint32{sec, frac, first, second} {
		p.b = p.o.AppendUint32(p.b, v)
	}
	if p.magic == magicModified {
		p.b = append(p.b, 0, 0, 0, 2, 8, 0, 4, 0)
	}
	p.b = append(p.b, data...)
	return p
}

// packet writes a record of data at sec seconds and frac units.
func (p *pcapBuilder) packet(sec, frac uint32, data string) *pcapBuilder {
	return p.record(sec, frac, uint32(len(data)), uint32(len(data)), data)
}

// ngBuilder writes a pcapng.
type ngBuilder struct {
	o order
	b []byte
}

func (n *ngBuilder) block(kind uint32, body []byte) *ngBuilder {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	total := uint32(len(body) + 12)
	n.b = n.o.AppendUint32(n.b, kind)
	n.b = n.o.AppendUint32(n.b, total)
	n.b = append(n.b, body...)
	n.b = n.o.AppendUint32(n.b, total)
	return n
}

// section begins a section in byte order o.
func (n *ngBuilder) section(o order) *ngBuilder {
	n.o = o
	body := o.AppendUint32(nil, byteOrderMagic)
	body = o.AppendUint16(body, 1)
	body = o.AppendUint16(body, 0)
	body = o.AppendUint64(body, ^uint64(0))
	return n.block(blockSection, body)
}

func (n *ngBuilder) option(code uint16, value []byte) []byte {
	b := n.o.AppendUint16(nil, code)
	b = n.o.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (n *ngBuilder) iface(link uint16, snapLen uint32, options ...[]byte) *ngBuilder {
	body := n.o.AppendUint16(nil, link)
	body = n.o.AppendUint16(body, 0)
	body = n.o.AppendUint32(body, snapLen)
	return n.block(blockInterface, append(body, bytes.Join(options, nil)...))
}

func (n *ngBuilder) enhanced(id uint32, units uint64, captured, original uint32, data string) *ngBuilder {
	body := n.o.AppendUint32(nil, id)
	body = n.o.AppendUint32(body, uint32(units>>32))
	body = n.o.AppendUint32(body, uint32(units))
	body = n.o.AppendUint32(body, captured)
	body = n.o.AppendUint32(body, original)
	return n.block(blockEnhanced, append(body, data...))
}

func (n *ngBuilder) packet(id uint32, units uint64, data string) *ngBuilder {
	return n.enhanced(id, units, uint32(len(data)), uint32(len(data)), data)
}

func (n *ngBuilder) obsolete(id uint16, units uint64, original uint32, data string) *ngBuilder {
	body := n.o.AppendUint16(nil, id)
	body = n.o.AppendUint16(body, 7)
	body = n.o.AppendUint32(body, uint32(units>>32))
	body = n.o.AppendUint32(body, uint32(units))
	body = n.o.AppendUint32(body, uint32(len(data)))
	body = n.o.AppendUint32(body, original)
	return n.block(blockObsolete, append(body, data...))
}

func (n *ngBuilder) simple(original uint32, data string) *ngBuilder {
	return n.block(blockSimple, append(n.o.AppendUint32(nil, original), data...))
}

// write puts data into a file of its own.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads all packets of the captures, and the damage.
func readAll(t testing.TB, opt Options, paths ...string) ([]rec, []string) {
	t.Helper()
	r, err := Open(paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all := drain(t, r)
	return all, damages(r)
}

func drain(t testing.TB, r *Reader) []rec {
	t.Helper()
	var all []rec
	var p Packet
	for {
		if err := r.Next(&p); err != nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return all
		}
		all = append(all, rec{p.Time, string(p.Data), p.OrigLen, p.Link})
		if p.Number != uint64(len(all)) {
			t.Fatalf("packet %d has the number %d", len(all), p.Number)
		}
	}
}

func damages(r *Reader) []string {
	var all []string
	for _, d := range r.Damage() {
		all = append(all, d.Error())
	}
	return all
}
