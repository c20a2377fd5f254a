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

// direction tells which ends of a packet a test is about.
type direction uint8

const (
	anyEnd direction = iota
	srcEnd
	dstEnd
	bothEnds
)

// test is one primitive. Fields that its kind does not use are zero, so that equal tests compare
// equal.
type test struct {
	kind kind
	// dir is used by addresses, ports and hardware addresses.
	dir direction
	// version is 4, 6 or, for protocols alone, 0 for either.
	version uint8
	// protocol is an IP protocol. other is ARP or RARP.
	protocol uint8
	other    decode.Other
	// over are the transports of a port.
	over transports
	// low is the first of a range of ports, and more how many follow it. low is also an EtherType
	// or a VLAN identifier; where more is not 0, any identifier matches.
	low, more uint16
	// address and mask are IP addresses in the form of decode.Packet, in two halves. A hardware
	// address is in address[0].
	address, mask [2]uint64
	// min and max are lengths in bytes. outside means all lengths but those.
	min, max int64
	outside  bool
}

// match reports whether the packet passes the test.
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

// matchFrame is match for tests of frames.
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

// damagedVersion reports whether the packet has a damaged IP header of the test's version.
func (t *test) damagedVersion(p *decode.Packet) bool {
	return t.version == 4 && p.Layer == decode.LayerIPv4 || t.version == 6 && p.Layer == decode.LayerIPv6
}

// tunnel reports whether the outermost tunnel is of the test's protocol. IP-in-IP is 4 or 41 by the
// version of the inner packet.
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

// addresses reports whether the addresses pass the test.
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

// has reports whether the address passes the test.
func (t *test) has(a *[16]byte) bool {
	return binary.BigEndian.Uint64(a[:8])&t.mask[0] == t.address[0] && binary.BigEndian.Uint64(a[8:])&t.mask[1] == t.address[1]
}

// ports reports whether the ports pass the test.
func (t *test) ports(p *decode.Packet) bool {
	return t.dir.holds(p.SrcPort-t.low <= t.more, p.DstPort-t.low <= t.more)
}

// holds combines the results for the two ends.
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

// mac returns a hardware address as a number.
func mac(a *[6]byte) uint64 {
	return uint64(binary.BigEndian.Uint32(a[:4]))<<16 | uint64(binary.BigEndian.Uint16(a[4:]))
}

// masked sets address and mask, given as 16 bytes.
func (t *test) masked(address, mask [16]byte) {
	t.mask = [2]uint64{binary.BigEndian.Uint64(mask[:8]), binary.BigEndian.Uint64(mask[8:])}
	t.address = [2]uint64{binary.BigEndian.Uint64(address[:8]) & t.mask[0], binary.BigEndian.Uint64(address[8:]) & t.mask[1]}
}

// prefix returns the length of the mask in bits, and false where its bits are not contiguous.
func (t *test) prefix() (int, bool) {
	n := bits.OnesCount64(t.mask[0]) + bits.OnesCount64(t.mask[1])
	first, second := maskOf(n)
	return n, t.mask == [2]uint64{first, second}
}

// maskOf returns a mask of n bits, 0 to 128, in two halves.
func maskOf(n int) (uint64, uint64) {
	return ^(^uint64(0) >> min(n, 64)), ^(^uint64(0) >> max(n-64, 0))
}
