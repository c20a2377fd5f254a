// Package decode reads the link, network and transport headers of a captured
// frame. It is the only decoder of headers in the program: one call a frame,
// no allocation, no length believed before it is checked.
//
// Layers that only carry a frame further (VLAN tags, MPLS, PPPoE, PPP, LLC)
// are passed through. Tunnels, whose outer packet has IP addresses of its own,
// are looked into where Decoder.Tunnels is set.
package decode

// Kind says what became of a frame.
type Kind uint8

// The kinds. Only an IP packet makes a flow.
const (
	// Unsupported is a frame of a link type that the decoder does not read.
	Unsupported Kind = iota
	// IP is a packet with addresses, and ports where its protocol has them.
	IP
	// NotIP is a sound frame without IP in it; Packet.Other says what it is.
	NotIP
	// Damaged is a frame whose headers are cut or contradict themselves;
	// Packet.Layer says where, Packet.Cut whether the capture cut it.
	Damaged
	// Held is a later fragment whose first fragment has not come yet. The
	// decoder keeps its headers and hands it out from Next.
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

// Packet is what one frame holds. It is written anew by each Decode and its
// Payload points into the frame, so both hold until the next read.
type Packet struct {
	// Number is the caller's number of the packet, set before Decode, which
	// leaves it alone. Next gives it back with a packet that was held.
	Number uint64
	// Time is the packet time in nanoseconds since 1970, as given.
	Time int64
	// OrigLen is the length of the whole frame on the wire in bytes, link
	// header included, as given.
	OrigLen int

	// Kind says which of the following hold.
	Kind Kind
	// Other says what a NotIP frame is; EtherType is its type where Other is
	// OtherEtherType, its PPP protocol where it is OtherPPP.
	Other     Other
	EtherType uint16
	// Layer is where a Damaged frame is damaged. Cut is set where the
	// capture's snap length is the cause.
	Layer Layer
	Cut   bool

	// Version is 4 or 6. This and the fields down to Orphan hold for IP and,
	// ports and transport apart, Held. For other kinds each is as far as it was
	// decoded, or zero.
	Version uint8
	// Src and Dst are the addresses; an IPv4 address is in the first four
	// bytes, the rest zero.
	Src, Dst [16]byte
	// SrcPort and DstPort are 0 where the protocol has none, ICMP included.
	SrcPort, DstPort uint16
	// Protocol is the IP protocol, behind IPv6 extension headers.
	Protocol uint8
	// Tunnel is the kind of the innermost tunnel as nDPI numbers them, 0 for
	// none and for kinds nDPI has no number for.
	Tunnel uint8
	// VLAN is the VLAN identifier: of several tags on a frame the last one's, as
	// nfstream has it, and a tunnel's outer frame before the inner one. 0 is none:
	// a tag with 0 is for priority alone (IEEE 802.1Q, 9.6).
	VLAN uint16

	// HasMAC is set where the frame, or the innermost frame of a tunnel that
	// carries frames, has both hardware addresses. Broadcast is set where that
	// frame went to ff:ff:ff:ff:ff:ff.
	HasMAC, Broadcast bool
	SrcMAC, DstMAC    [6]byte

	// Fragment is set for every part of a fragmented IP packet. Later
	// fragments have ports and protocol of the first one and no Payload;
	// Orphan is set where no first fragment came: ports are 0.
	Fragment, Orphan bool

	// HasTCP is set where TCPFlags (CWR, ECE, URG, ACK, PSH, RST, SYN, FIN
	// from the highest bit), Seq and Ack hold.
	HasTCP   bool
	TCPFlags uint8
	Seq, Ack uint32

	// Malformed is set where addresses and ports are sound and a later
	// header or length is not.
	Malformed bool
	// PayloadLen is the length on the wire in bytes of what the transport
	// carries, at least len(Payload). For the first fragment of a UDP datagram it
	// is the whole datagram's.
	PayloadLen int
	// Payload is what was captured of it: what TCP and UDP carry, the user
	// data of SCTP's first DATA chunk, for other protocols all behind the IP
	// header. Padding of the frame is not part of it.
	Payload []byte

	// Outermost is the kind of the outermost tunnel that was looked into;
	// OuterVersion, OuterSrc and OuterDst are its endpoints. 0 for none.
	Outermost          Tunnel
	OuterVersion       uint8
	OuterSrc, OuterDst [16]byte
}

func (p *Packet) notIP(o Other) { p.Kind, p.Other = NotIP, o }

// damaged marks a frame whose header in b is short or wrong; wire is the
// length that header and what follows had on the wire.
func (p *Packet) damaged(l Layer, b []byte, wire int) {
	p.Kind, p.Layer, p.Cut = Damaged, l, len(b) < wire
}

func name(i int, names ...string) string {
	if i < len(names) {
		return names[i]
	}
	return "?"
}
