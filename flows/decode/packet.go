// Package decode decodes the link, network and transport headers of a captured frame. It is the
// only decoder of headers in the program: one call a frame, no allocation, and every length is
// checked before it is used.
//
// Layers without IP addresses (VLAN tags, MPLS, PPPoE, PPP, LLC) are skipped. What a tunnel
// carries, whose outer packet has IP addresses of its own, is decoded where Decoder.Tunnels is set.
package decode

// Kind says what became of a frame.
type Kind uint8

// The kinds. Only an IP packet makes a flow.
const (
	// Unsupported is a frame of a link type that is not decoded.
	Unsupported Kind = iota
	// IP is a packet with addresses, and ports where its protocol has them.
	IP
	// NotIP is a sound frame without IP in it; Packet.Other says what it is.
	NotIP
	// Damaged is a frame with a header that is cut or contradicts itself. Packet.Layer says which,
	// Packet.Cut whether the capture cut it.
	Damaged
	// Held is a later fragment whose first fragment has not come yet. The decoder keeps its
	// headers, and Next returns it later.
	Held
	kinds
)

// String names the kind.
func (k Kind) String() string {
	return name(int(k), "unsupported link type", "IP", "not IP", "damaged", "held fragment")
}

// Layer is a layer of headers, for counting damage.
type Layer uint8

// The layers.
const (
	LayerLink Layer = iota
	LayerIPv4
	LayerIPv6
	LayerTCP
	LayerUDP
	LayerSCTP
	LayerOther
	numLayers
)

// String names the layer.
func (l Layer) String() string {
	return name(int(l), "link", "IPv4", "IPv6", "TCP", "UDP", "SCTP", "transport")
}

// Packet is what one frame holds. Payload points into the frame, so it is valid until the next
// read.
type Packet struct {
	// Number is the packet's number, which the caller sets before Decode and Decode keeps.
	Number uint64
	// Time is the packet time in nanoseconds since 1970, as given.
	Time int64
	// OrigLen is the length of the whole frame on the wire in bytes, link header included, as given.
	// The packets of an A-MSDU share it out among them: each has what it takes there with its header
	// and padding, and the first also all that is no packet.
	OrigLen int

	// Kind says which of the following fields are valid.
	Kind Kind
	// Other says what a NotIP frame is. EtherType is its EtherType iff Other is OtherEtherType, and
	// its PPP protocol iff Other is OtherPPP.
	Other     Other
	EtherType uint16
	// Layer is where a Damaged frame is damaged. Cut is set where the capture's snap length is the
	// cause.
	Layer Layer
	Cut   bool

	// Version is 4 or 6. This and the fields down to Orphan are valid iff Kind is IP or Held; the
	// ports iff it is IP. For other kinds, each has what was decoded before the damage, or is zero.
	Version uint8
	// Src and Dst are the addresses. An IPv4 address is in the first four bytes; the rest is zero.
	Src, Dst [16]byte
	// SrcPort and DstPort are 0 where the protocol has none, ICMP included.
	SrcPort, DstPort uint16
	// Protocol is the IP protocol, in IPv6 that after the extension headers.
	Protocol uint8
	// Tunnel is nDPI's number for the kind of the innermost tunnel. It is 0 for none, and for kinds
	// without a number.
	Tunnel uint8
	// VLAN is the VLAN identifier, 0 for none: a tag with 0 is for priority alone (IEEE 802.1Q,
	// 9.6). Of several tags on a frame the last counts, as in nfstream. A tunnel's outer frame
	// counts before the inner one.
	VLAN uint16

	// HasMAC is set where the frame, or the innermost frame of a tunnel that carries frames, has
	// both hardware addresses: SrcMAC and DstMAC are valid iff HasMAC. Broadcast is set where that
	// frame went to ff:ff:ff:ff:ff:ff.
	HasMAC, Broadcast bool
	SrcMAC, DstMAC    [6]byte

	// Fragment is set for every part of a fragmented IP packet. Later fragments have the ports and
	// protocol of the first one. Of TCP they have a Payload, and its Seq. Of UDP they have one where
	// Datagram is set, and of other protocols none. Orphan is set where no first fragment came: then
	// ports are 0.
	Fragment, Orphan bool

	// TCPFlags (CWR, ECE, URG, ACK, PSH, RST, SYN, FIN from the highest bit), Seq and Ack are valid
	// iff HasTCP, but for what Fragment and Datagram say. Of SCTP, Seq is the payload protocol identifier
	// of Payload (RFC 9260, 3.3.1).
	HasTCP   bool
	TCPFlags uint8
	// Malformed is set where addresses and ports are sound but a later header or length is not.
	Malformed bool
	Seq, Ack  uint32

	// Datagram is other than 0 where Payload is only a part of a UDP datagram's payload. It is a
	// number that the fragments of one datagram have in common. Seq is then where the part begins: 0
	// for the first fragment alone. Ack is the length of the whole payload.
	Datagram uint32
	// PayloadLen is the length on the wire, in bytes, of what the transport carries; at least
	// len(Payload). For the first fragment of a UDP datagram it is that of the whole datagram, for
	// later fragments that of all behind the IP header.
	PayloadLen int
	// Payload is what was captured of it: the data of TCP and UDP, the user data of SCTP's first
	// DATA chunk, and for other protocols all that follows the IP header. It has no padding. Where
	// Other is OtherARP it is the ARP packet with what follows it.
	Payload []byte

	// Outermost is the kind of the outermost tunnel that was decoded, 0 for none. OuterVersion,
	// OuterSrc and OuterDst are its endpoints.
	Outermost          Tunnel
	OuterVersion       uint8
	OuterSrc, OuterDst [16]byte

	// Tenant is a number of Decoder.Tenants, 0 for none. It stands for the tenant in whose network
	// the packet is, and for VLAN and Tunnel. Tenants are told apart by VXLAN and GENEVE network
	// identifiers, NVGRE subnets, GRE keys, and VLAN tags that VLAN does not show.
	Tenant uint32
}

// notIP marks a frame without IP.
func (p *Packet) notIP(o Other) { p.Kind, p.Other = NotIP, o }

// damaged marks a frame whose header in b is short or wrong. wire is the length on the wire of that
// header and what follows.
func (p *Packet) damaged(l Layer, b []byte, wire int) {
	p.Kind, p.Layer, p.Cut = Damaged, l, len(b) < wire
}

// name returns the ith name, or "?".
func name(i int, names ...string) string {
	if i < len(names) {
		return names[i]
	}
	return "?"
}
