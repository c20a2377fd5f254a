package decode

// Decoder decodes frames. It remembers fragments, so it must see the packets in the order of the
// input, from one goroutine. The zero Decoder is ready and does not decode what tunnels carry.
type Decoder struct {
	// Tunnels makes the inner packet of a tunnel the result.
	Tunnels bool
	// IgnoreVLAN leaves VLAN tags out of what tells tenants, and the fragments of different packets,
	// apart. Packet.VLAN is set all the same.
	IgnoreVLAN bool
	// Stats counts what was decoded.
	Stats Stats
	// Tenants tells what Packet.Tenant stands for.
	Tenants Tenants

	budget int // how many more layers the frame may have
	hops   [maxTunnels]hop
	nhops  int
	frags  fragments
	msdus  msdus
	other  Packet // another packet of the frame
}

const (
	// maxLayers is how many layers a frame may have; one with more is damaged.
	maxLayers = 48
	// maxTunnels is how many tunnels in one another are decoded.
	maxTunnels = 8
)

// Decode decodes a frame. link is its link type, a LINKTYPE number of pcap files; data what was
// captured of it; origLen its length on the wire in bytes; time its packet time in nanoseconds
// since 1970. After each Decode the caller calls Next until that reports false.
//
// A frame may hold several packets: an A-MSDU of 802.11. Next then returns the others, whose numbers
// are those after out's. So the next frame's number is larger by Stats.Aggregated.
func (d *Decoder) Decode(link uint16, data []byte, origLen int, time int64, out *Packet) {
	if origLen < len(data) {
		origLen = len(data)
	}
	*out = Packet{Number: out.Number, Time: time, OrigLen: origLen}
	d.budget, d.nhops = maxLayers, 0
	if d.frags.used {
		d.frags.start(time, &d.Stats)
	}
	if link == linkEthernet {
		d.ethernet(out, data, origLen)
	} else {
		d.link(out, link, data, origLen)
	}
	d.Stats.Packets++
	switch {
	case out.Kind == IP && d.nhops == 0 && out.Tenant == 0 && !out.Fragment && !out.Malformed && !d.msdus.inside:
		d.Stats.Kinds[IP]++
		d.Stats.count(out.Version)
	case d.msdus.inside:
		d.aggregated(link, data, origLen, out)
	default:
		d.finish(link, out)
	}
}

// finish counts a frame that is not an ordinary IP packet, and remembers fragments.
func (d *Decoder) finish(link uint16, p *Packet) {
	s := &d.Stats
	s.Kinds[p.Kind%kinds]++
	if p.Tenant != 0 && (p.Kind == IP || p.Kind == Held) {
		d.networkOf(p)
	}
	switch p.Kind {
	case Unsupported:
		s.unsupported(link)
	case NotIP:
		s.notIP(p)
	case Damaged:
		s.damaged(p)
	case IP, Held:
		s.count(p.Version)
		if p.Malformed {
			s.Malformed++
		}
		for i := range d.hops[:d.nhops] {
			s.tunnel(&d.hops[i])
		}
		if p.Fragment || d.frags.nfirst > 0 {
			d.frags.finish(p, s)
		}
	}
}

// Next returns another packet of the frame, or one that was held and is released now: a fragment
// whose first one has come, so that its ports are known, or one that waited for it in vain. Number,
// Time and OrigLen are those of the fragment. Next reports false when there is none.
func (d *Decoder) Next(out *Packet) bool {
	if d.frags.taken == len(d.frags.ready) {
		return false
	}
	*out = d.frags.ready[d.frags.taken]
	d.frags.taken++
	return true
}

// Recovered makes the decoder ready for another frame after a panic in Decode. packets is how many
// frames there were, that one included; it is of no Kind. First fragments are forgotten, and held
// ones count as lost.
func (d *Decoder) Recovered(packets uint64) {
	d.Stats.Packets = packets
	d.Stats.FragmentsLost += uint64(d.frags.nheld + len(d.frags.ready) - d.frags.taken)
	d.frags, d.msdus = fragments{}, msdus{}
}

// Flush releases, at the end of the input, all fragments that are still held. Next returns them.
func (d *Decoder) Flush() { d.frags.flush(&d.Stats) }

func be16(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 }

func be32(b []byte) uint32 {
	return uint32(b[3]) | uint32(b[2])<<8 | uint32(b[1])<<16 | uint32(b[0])<<24
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// trim cuts b, and its length on the wire, to the length that a header states.
func trim(b []byte, wire, length int) ([]byte, int) {
	return b[:min(len(b), length)], min(wire, length)
}
