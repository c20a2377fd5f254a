package decode

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
)

// Limits on what the statistics keep by name.
const (
	maxEndpoints = 1024
	maxTypes     = 256
)

// Stats counts what was decoded, in packets. The zero Stats is ready.
type Stats struct {
	// Packets is all of them; Kinds splits them up by Packet.Kind.
	Packets uint64
	Kinds   [kinds]uint64
	// IPv4 and IPv6 split up the IP packets, held fragments included, by the
	// version of the headers that make the flow.
	IPv4, IPv6 uint64
	// Others counts frames without IP by what they are. EtherTypes splits up those of
	// OtherEtherType. It keeps 256 types; UnnamedTypes counts the frames of others.
	Others       [others]uint64
	EtherTypes   map[uint16]uint64
	UnnamedTypes uint64
	// Links counts frames of unsupported link types by LINKTYPE number. It keeps 256 types;
	// UnnamedLinks counts the frames of others.
	Links        map[uint16]uint64
	UnnamedLinks uint64
	// Damaged counts damaged frames, and Cut those that the capture's snap length cut, by the layer
	// of the header concerned.
	Damaged, Cut [numLayers]uint64
	// Malformed counts packets that are in a flow despite a bad length or transport header.
	Malformed uint64
	// Fragments counts IP fragments, Orphans those whose first one never came, and FragmentsLost
	// those that the caller did not take from Next.
	Fragments, Orphans, FragmentsLost uint64
	// Aggregated counts the IP packets of A-MSDUs (IEEE 802.11) besides the first of each. Of the
	// other counts, only those of fragments and tunnels have them too.
	Aggregated uint64
	// Tunnels counts packets by the kinds of tunnels around them.
	Tunnels [tunnels]uint64
	// UnnamedEndpoints counts tunnelled packets between endpoints that Endpoints does not name: it
	// keeps 1,024 pairs.
	UnnamedEndpoints uint64

	// UnnamedTenants counts packets whose tenant has no number: there are two million numbers. Their
	// flows are not told apart by tenant.
	UnnamedTenants uint64

	endpoints map[endpoints]uint64
}

// endpoints are those of a tunnel, the smaller address first.
type endpoints struct {
	kind    Tunnel
	version uint8
	a, b    [16]byte
}

// TunnelCount is the traffic of one tunnel.
type TunnelCount struct {
	// Kind is the kind of tunnel; A and B are its outer endpoints, the
	// smaller address first.
	Kind Tunnel
	A, B netip.Addr
	// Packets is the number of packets, both directions.
	Packets uint64
}

// Endpoints returns the tunnels by kind and outer endpoints, those with the most packets first.
func (s *Stats) Endpoints() []TunnelCount {
	out := make([]TunnelCount, 0, len(s.endpoints))
	for e, n := range s.endpoints {
		out = append(out, TunnelCount{e.kind, addr(e.version, e.a), addr(e.version, e.b), n})
	}
	slices.SortFunc(out, func(a, b TunnelCount) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Kind, b.Kind), a.A.Compare(b.A), a.B.Compare(b.B))
	})
	return out
}

// addr returns an address of Packet.
func addr(version uint8, a [16]byte) netip.Addr {
	if version == 4 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

// Addrs returns the two addresses of the packet.
func (p *Packet) Addrs() (src, dst netip.Addr) { return addr(p.Version, p.Src), addr(p.Version, p.Dst) }

// count counts an IP packet.
func (s *Stats) count(version uint8) {
	if version == 4 {
		s.IPv4++
	} else {
		s.IPv6++
	}
}

// unsupported counts a frame of a link type that is not decoded.
func (s *Stats) unsupported(link uint16) {
	if !bump(&s.Links, link, maxTypes) {
		s.UnnamedLinks++
	}
}

// notIP counts a frame without IP.
func (s *Stats) notIP(p *Packet) {
	s.Others[p.Other%others]++
	if p.Other == OtherEtherType && !bump(&s.EtherTypes, p.EtherType, maxTypes) {
		s.UnnamedTypes++
	}
}

// damaged counts a damaged frame.
func (s *Stats) damaged(p *Packet) {
	if p.Cut {
		s.Cut[p.Layer%numLayers]++
	} else {
		s.Damaged[p.Layer%numLayers]++
	}
}

// tunnel counts a packet inside a tunnel.
func (s *Stats) tunnel(h *hop) {
	s.Tunnels[h.kind%tunnels]++
	e := endpoints{h.kind, h.version, h.src, h.dst}
	if bytes.Compare(e.a[:], e.b[:]) > 0 {
		e.a, e.b = e.b, e.a
	}
	if !bump(&s.endpoints, e, maxEndpoints) {
		s.UnnamedEndpoints++
	}
}

// bump counts a key. It reports false where the map has most keys and that is not one of them.
func bump[K comparable](m *map[K]uint64, key K, most int) bool {
	if *m == nil {
		*m = make(map[K]uint64)
	}
	n, ok := (*m)[key]
	if !ok && len(*m) >= most {
		return false
	}
	(*m)[key] = n + 1
	return true
}
