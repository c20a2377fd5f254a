package table

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"

	"servmap/flows/decode"
)

// Key identifies a conversation in either direction: IP version, both addresses, both ports, IP
// protocol, VLAN, tunnel and tenant. Its first endpoint is the one whose address and port are
// smaller. It is packed in five words without pointers, so that few instructions compare and hash it.
//
// The words are: address, address (first endpoint), address, address (second), and from the top:
// first port 16 bits, second port 16, IP protocol 8, tenant 1, VLAN 15, tunnel kind 7, IPv6 1. Where
// the bit of the tenant is set, Packet.Tenant is in place of VLAN and tunnel kind, since it stands
// for them too. So a key with a tenant is no longer, and no two tenants have the same key.
type Key [5]uint64

// KeyOf packs the headers of a packet. second reports whether the key's second endpoint sent it.
func KeyOf(p *decode.Packet) (k Key, second bool) {
	s0, s1 := binary.BigEndian.Uint64(p.Src[:8]), binary.BigEndian.Uint64(p.Src[8:])
	d0, d1 := binary.BigEndian.Uint64(p.Dst[:8]), binary.BigEndian.Uint64(p.Dst[8:])
	sp, dp := uint64(p.SrcPort), uint64(p.DstPort)
	rest := uint64(p.Protocol)<<24 | uint64(p.VLAN&0xfff)<<8 | uint64(p.Tunnel&0x7f)<<1
	if p.Tenant != 0 {
		rest = uint64(p.Protocol)<<24 | tenantBit | uint64(p.Tenant)<<1
	}
	if p.Version == 6 {
		rest |= 1
	}
	if s0 < d0 || s0 == d0 && (s1 < d1 || s1 == d1 && sp <= dp) {
		return Key{s0, s1, d0, d1, sp<<48 | dp<<32 | rest}, false
	}
	return Key{d0, d1, s0, s1, dp<<48 | sp<<32 | rest}, true
}

// tenantBit marks a last word that holds a tenant. Below it is room for decode.TenantBits.
const tenantBit = 1 << 23

// Equal compares word by word and begins with those that differ most. The operator == would call a
// function that compares bytes.
func (k *Key) Equal(o *Key) bool {
	return k[4] == o[4] && k[0] == o[0] && k[2] == o[2] && k[1] == o[1] && k[3] == o[3]
}

// Hash returns the key's partition in the highest 8 bits, and 56 bits of its keyed hash.
func (k *Key) Hash() uint64 { return k.Partition()<<56 | k.KeyedHash()>>8 }

// Partition returns the number, from 0 to 255, of the partition that flows of the key belong to. It
// is the same in every run. It multiplies by odd constants alone: if words from the network were
// multiplied with each other, a sender could choose one as zero and the other would be lost.
func (k *Key) Partition() uint64 {
	a := (k[0] ^ bits.RotateLeft64(k[1]*0xd6e8feb86659fd93, 32)) * 0x9e3779b97f4a7c15
	b := (k[2] ^ bits.RotateLeft64(k[3]*0xe7037ed1a0b428db, 32)) * 0xa0761d6478bd642f
	return ((a ^ b>>32 ^ b<<32 ^ k[4]) * 0x8ebc6af09c88c6e3) >> 56
}

// secrets key the hash that finds a flow in its partition. Every process draws its own, so that
// nobody can choose keys that collide. Nothing but speed depends on them.
var secrets = [...]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}

// KeyedHash returns a hash that differs from one process to the next.
func (k *Key) KeyedHash() uint64 {
	s := &secrets
	h := mix(k[0]^s[0], k[1]^s[1]) ^ mix(k[2]^s[2], k[3]^s[3])
	return mix(h^s[4], k[4]^s[5])
}

// mix multiplies and folds the product.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Protocol returns the number of the IP protocol.
func (k *Key) Protocol() uint8 { return uint8(k[4] >> 24) }

// Network returns the VLAN identifier and the kind of tunnel, 0 for none. tenants are those of the
// decoder that decoded the packet.
func (k *Key) Network(tenants *decode.Tenants) (vlan uint16, tunnel uint8) {
	if k[4]&tenantBit != 0 {
		return tenants.Network(uint32(k[4]) & (tenantBit - 1) >> 1)
	}
	return uint16(k[4]>>8) & 0xfff, uint8(k[4]) >> 1
}

// IPv6 reports whether the addresses are IPv6 addresses.
func (k *Key) IPv6() bool { return k[4]&1 == 1 }

// Endpoint returns the address and port of the first (0) or second (1) endpoint.
func (k *Key) Endpoint(i int) (netip.Addr, uint16) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k[2*i])
	binary.BigEndian.PutUint64(b[8:], k[2*i+1])
	port := uint16(k[4] >> (48 - 16*i))
	if k.IPv6() {
		return netip.AddrFrom16(b), port
	}
	return netip.AddrFrom4([4]byte(b[:4])), port
}
