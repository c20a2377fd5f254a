package filter

import (
	"encoding/binary"
	"math/bits"

	"servmap/flows/decode"
)

// kind is what a test looks at.
type kind uint8

const (
	onVersion kind = iota
	onProtocol
	onAddress
	onPort
	onMAC
	onOther
	onEtherType
	onBroadcast
	onGroup   // an Ethernet group address
	onIPGroup // an IP multicast address
	onVLAN
	onLength
)

// direction is which ends of a packet a test is about.
type direction uint8

const (
	anyEnd direction = iota
	srcEnd
	dstEnd
	bothEnds
)

// test is one primitive. Fields that its kind does not name are zero, so that
// equal tests compare equal.
type test struct {
	kind kind
	// dir is of addresses, ports and hardware addresses.
	dir direction
	// version is 4, 6 or, for protocols alone, 0 for either.
	version uint8
	// protocol is an IP protocol; other an ARP or RARP frame.
	protocol uint8
	other    decode.Other
	// over is a port's transports.
	over transports
	// low is the first of a range of ports, and more how many follow it; low is
	// also an EtherType or a VLAN identifier, more of which means any.
	low, more uint16
	// address and mask are IP addresses as decode.Packet has them, in two
	// halves; address[0] holds a hardware address.
	address, mask [2]uint64
	// min and max are lengths; outside turns the range inside out.
	min, max int64
	outside  bool
}

// match reports whether the packet has what the test asks for.
func (t *test) match(p *decode.Packet) bool {
	switch t.kind {
	case onVersion:
		return p.Version == t.version || p.OuterVersion == t.version || p.Kind == decode.Damaged && t.damagedVersion(p)
	case onProtocol:
		return p.Protocol == t.protocol && p.Version != 0 && (t.version == 0 || p.Version == t.version) ||
			p.Outermost != decode.NoTunnel && t.tunnel(p)
	case onAddress:
		return p.Version == t.version && t.addresses(&p.Src, &p.Dst) ||
			p.OuterVersion == t.version && t.addresses(&p.OuterSrc, &p.OuterDst)
	case onPort:
		return transportOf[p.Protocol]&t.over != 0 && p.Kind == decode.IP && !p.Orphan && t.ports(p)
	case onLength:
		return (int64(p.OrigLen) >= t.min && int64(p.OrigLen) <= t.max) != t.outside
	case onVLAN:
		return p.VLAN != 0 && (p.VLAN == t.low || t.more != 0)
	}
	return t.matchFrame(p)
}

// matchFrame is match for what is asked of frames rather than IP packets.
func (t *test) matchFrame(p *decode.Packet) bool {
	switch t.kind {
	case onMAC:
		return p.HasMAC && t.dir.holds(mac(&p.SrcMAC) == t.address[0], mac(&p.DstMAC) == t.address[0])
	case onOther:
		return p.Kind == decode.NotIP && p.Other == t.other
	case onEtherType:
		return p.Kind == decode.NotIP && p.Other != decode.OtherPPP && p.EtherType == t.low
	case onBroadcast:
		return p.HasMAC && p.Broadcast
	case onGroup:
		return p.HasMAC && p.DstMAC[0]&1 != 0
	case onIPGroup:
		return p.Version == t.version && (t.version == 4 && p.Dst[0] >= 224 || p.Dst[0] == 0xff)
	}
	return false
}

// damagedVersion tells the version of a packet whose IP header itself is
// damaged.
func (t *test) damagedVersion(p *decode.Packet) bool {
	return t.version == 4 && p.Layer == decode.LayerIPv4 || t.version == 6 && p.Layer == decode.LayerIPv6
}

// tunnel reports whether the outermost tunnel is of the test's protocol. What
// is in IP-in-IP tells 4 from 41.
func (t *test) tunnel(p *decode.Packet) bool {
	if t.version != 0 && p.OuterVersion != t.version {
		return false
	}
	switch p.Outermost {
	case decode.TunnelGRE, decode.TunnelPPTP, decode.TunnelERSPAN:
		return t.protocol == protoGRE
	case decode.TunnelIPIP:
		return t.protocol == protoIPv4 && p.Version == 4 || t.protocol == protoIPv6 && p.Version == 6
	case decode.TunnelEtherIP:
		return t.protocol == protoEtherIP
	case decode.TunnelMPLS:
		return t.protocol == protoMPLS
	}
	return false
}

func (t *test) addresses(src, dst *[16]byte) bool {
	switch t.dir {
	case srcEnd:
		return t.has(src)
	case dstEnd:
		return t.has(dst)
	case bothEnds:
		return t.has(src) && t.has(dst)
	}
	return t.has(src) || t.has(dst)
}

func (t *test) has(a *[16]byte) bool {
	return binary.BigEndian.Uint64(a[:8])&t.mask[0] == t.address[0] && binary.BigEndian.Uint64(a[8:])&t.mask[1] == t.address[1]
}

func (t *test) ports(p *decode.Packet) bool {
	return t.dir.holds(p.SrcPort-t.low <= t.more, p.DstPort-t.low <= t.more)
}

// holds puts together what holds of the two ends.
func (d direction) holds(src, dst bool) bool {
	switch d {
	case srcEnd:
		return src
	case dstEnd:
		return dst
	case bothEnds:
		return src && dst
	}
	return src || dst
}

func mac(a *[6]byte) uint64 {
	return uint64(binary.BigEndian.Uint32(a[:4]))<<16 | uint64(binary.BigEndian.Uint16(a[4:]))
}

// masked sets address and mask, given as 16 bytes.
func (t *test) masked(address, mask [16]byte) {
	t.mask = [2]uint64{binary.BigEndian.Uint64(mask[:8]), binary.BigEndian.Uint64(mask[8:])}
	t.address = [2]uint64{binary.BigEndian.Uint64(address[:8]) & t.mask[0], binary.BigEndian.Uint64(address[8:]) & t.mask[1]}
}

// prefix returns the length of the mask in bits, or false where it has holes.
func (t *test) prefix() (int, bool) {
	n := bits.OnesCount64(t.mask[0]) + bits.OnesCount64(t.mask[1])
	first, second := maskOf(n)
	return n, t.mask == [2]uint64{first, second}
}

// maskOf returns a mask of n bits, 0 to 128, in two halves.
func maskOf(n int) (uint64, uint64) {
	return ^(^uint64(0) >> min(n, 64)), ^(^uint64(0) >> max(n-64, 0))
}
