package decode

import "slices"

// maxMSDUs is how many packets of an A-MSDU are decoded besides the first. The longest A-MSDU, of
// 11454 bytes (IEEE 802.11, table 9-34), has no more.
const maxMSDUs = 192

// msdus is what is known of the outermost A-MSDU of a frame. The frame is decoded once for each of
// its packets, up to that packet: so whatever the A-MSDU lies in counts for all of them.
type msdus struct {
	inside bool // there is one
	found  bool // an IP packet was found in it
	from   int  // where in the A-MSDU to begin
	at     int  // where the packet that was decoded is
	length int  // of that on the wire, with header and padding
	// The tunnels and first fragments around the A-MSDU.
	nhops, nfirst int
}

// amsdu decodes an IP packet of an A-MSDU (IEEE 802.11, 9.3.2.2). Where there is none, p is the last
// MSDU.
func (d *Decoder) amsdu(p *Packet, b []byte, wire int) {
	at, outermost := 0, !d.msdus.inside
	if outermost {
		at = d.msdus.from
		d.msdus = msdus{inside: true, nhops: d.nhops, nfirst: d.frags.nfirst}
	}
	whole := *p
	for at == 0 || len(b)-at >= 14 {
		msdu, left := b[at:], wire-at
		if len(msdu) < 14 {
			p.damaged(LayerLink, msdu, left)
			return
		}
		length := int(be16(msdu[12:]))
		size := (14 + length + 3) &^ 3
		*p = whole
		p.addresses(msdu[:6], msdu[6:12])
		packet, packetWire := trim(msdu[14:], left-14, length)
		d.llc(p, packet, packetWire)
		if p.Kind == IP || p.Kind == Held {
			if outermost {
				d.msdus.found, d.msdus.at, d.msdus.length = true, at, min(size, left)
			}
			return
		}
		at += size
	}
}

// aggregated goes on with a frame that has an A-MSDU, and whose first packet is out. The other
// packets are for Next.
func (d *Decoder) aggregated(link uint16, data []byte, origLen int, out *Packet) {
	defer func() { d.msdus = msdus{} }()
	if !d.isMSDU() {
		d.finish(link, out)
		return
	}
	// First the lengths: what the others do not take is the first one's.
	first, rest := d.msdus.at, origLen
	var others [maxMSDUs]int
	n, p := 0, &d.other
	*p = *out
	for n < maxMSDUs && d.again(link, data, origLen, d.msdus.at+d.msdus.length, p) {
		others[n] = d.msdus.at
		n++
		rest -= d.msdus.length
	}
	d.again(link, data, origLen, first, out)
	out.OrigLen = rest
	d.finish(link, out)
	for _, at := range others[:n] {
		p.Number++
		d.again(link, data, origLen, at, p)
		p.OrigLen = d.msdus.length
		d.another(p)
	}
}

// again decodes a frame up to its next packet from a place in its A-MSDU on. It reports whether there
// is one.
func (d *Decoder) again(link uint16, data []byte, origLen, from int, p *Packet) bool {
	*p = Packet{Number: p.Number, Time: p.Time, OrigLen: origLen}
	d.budget, d.nhops, d.frags.nfirst = maxLayers, 0, 0
	d.msdus = msdus{from: from}
	d.link(p, link, data, origLen)
	return d.isMSDU()
}

// isMSDU reports whether the packet that was decoded is one of an A-MSDU, and not of a tunnel that was
// none.
func (d *Decoder) isMSDU() bool { return d.msdus.found && d.nhops >= d.msdus.nhops }

// another takes a packet of an A-MSDU besides the first. The tunnels and fragments that the A-MSDU
// itself lies in are counted with the first.
func (d *Decoder) another(p *Packet) {
	s := &d.Stats
	s.Aggregated++
	if p.Tenant != 0 {
		d.networkOf(p)
	}
	for i := d.msdus.nhops; i < d.nhops; i++ {
		s.tunnel(&d.hops[i])
	}
	f := &d.frags
	n := len(f.ready)
	if p.Kind == Held || d.msdus.nfirst == 0 && (p.Fragment || f.nfirst > 0) {
		f.finish(p, s)
	}
	if p.Kind == IP { // before those that it releases
		f.used, f.ready = true, slices.Insert(f.ready, n, *p)
	}
}
