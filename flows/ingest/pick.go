package ingest

import (
	"context"
	"errors"
	"io"
	"sort"

	"servmap/flows/decode"
	"servmap/pcapio"
)

// Pick reads captures twice: first it decodes all packets, then it hands those out, in order, that one of the wants
// takes; of tells which. A later fragment is judged with the ports of its first one. The packet and of are borrowed.
// It returns what was damaged.
func Pick(ctx context.Context, names []string, opt Options, wants []func(*decode.Packet) bool, emit func(p *pcapio.Packet, capture string, of []int) error) ([]error, error) {
	open := func() (*pcapio.Reader, error) {
		return pcapio.Open(names, pcapio.Options{Limit: opt.Limit, Ratio: opt.Ratio, Stdin: opt.Stdin, Done: ctx.Done()})
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	c := &choice{wants: wants, taken: make([]bitmap, len(wants)), dec: decode.Decoder{Tunnels: opt.Flows.Tunnels, IgnoreVLAN: opt.Flows.IgnoreVLAN}}
	err = each(r, c.look)
	if err == nil {
		c.dec.Flush()
		c.released()
	}
	r.Close()
	if err != nil {
		return nil, err
	}
	if r, err = open(); err != nil {
		return nil, err
	}
	defer r.Close()
	files := r.Files()
	var of []int
	index := uint64(0)
	err = each(r, func(p *pcapio.Packet) error {
		of = of[:0]
		for i := range c.taken {
			if c.taken[i].has(index) {
				of = append(of, i)
			}
		}
		index++
		if len(of) == 0 {
			return nil
		}
		return emit(p, files[p.File].Name, of)
	})
	var damage []error
	for _, d := range r.Damage() {
		damage = append(damage, d)
	}
	return damage, err
}

// each hands every packet to do.
func each(r *pcapio.Reader, do func(*pcapio.Packet) error) error {
	var p pcapio.Packet
	for {
		err := r.Next(&p)
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, pcapio.ErrIdle):
			continue
		case err != nil:
			return err
		}
		if err := do(&p); err != nil {
			return err
		}
	}
}

// choice finds out which packets are taken.
type choice struct {
	wants []func(*decode.Packet) bool
	taken []bitmap // by want: of the frames, by their index
	dec   decode.Decoder
	d     decode.Packet
	index uint64
	// turns are the frames behind those that held several packets.
	turns []turnAt
}

// turnAt says that the packet of that number is the first of the frame of that index.
type turnAt struct{ number, index uint64 }

// look decodes a frame.
func (c *choice) look(p *pcapio.Packet) error {
	before := c.dec.Stats.Aggregated
	c.d.Number = c.index + before
	c.dec.Decode(uint16(p.Link), p.Data, p.OrigLen, p.Time, &c.d)
	c.index++
	if after := c.dec.Stats.Aggregated; after != before {
		c.turns = append(c.turns, turnAt{c.index + after, c.index})
	}
	if c.d.Kind != decode.Held {
		c.judge()
	}
	c.released()
	return nil
}

// released judges the packets that the decoder held, and others of the frame.
func (c *choice) released() {
	for c.dec.Next(&c.d) {
		c.judge()
	}
}

func (c *choice) judge() {
	for i, want := range c.wants {
		if want(&c.d) {
			c.taken[i].add(c.frame(c.d.Number))
		}
	}
}

// frame returns the index of a packet's frame.
func (c *choice) frame(number uint64) uint64 {
	at := sort.Search(len(c.turns), func(i int) bool { return c.turns[i].number > number })
	index := number
	if at > 0 {
		index = c.turns[at-1].index + number - c.turns[at-1].number
	}
	if at < len(c.turns) {
		index = min(index, c.turns[at].index-1)
	}
	return index
}

// bitmap is a set of numbers.
type bitmap struct{ words []uint64 }

func (b *bitmap) add(n uint64) {
	for uint64(len(b.words)) <= n/64 {
		b.words = append(b.words, 0)
	}
	b.words[n/64] |= 1 << (n % 64)
}

func (b *bitmap) has(n uint64) bool {
	return n/64 < uint64(len(b.words)) && b.words[n/64]&(1<<(n%64)) != 0
}
