package flows

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"

	"servmap/flows/decode"
)

// Key identifies a conversation, whatever the direction: IP version, both
// addresses, both ports, IP protocol, VLAN and tunnel, packed in five words
// without pointers, so that it is compared and hashed in a few instructions.
// Its first endpoint is the one whose address and port are smaller.
//
// The words are: address, address (first endpoint), address, address (second),
// and from the top: first port 16 bits, second port 16, IP protocol 8, VLAN 16,
// tunnel kind 7, IPv6 1.
type Key [5]uint64

// makeKey packs the headers of a packet. second reports whether the packet's
// sender is the key's second endpoint.
func makeKey(p *decode.Packet) (k Key, second bool) {
	s0, s1 := binary.BigEndian.Uint64(p.Src[:8]), binary.BigEndian.Uint64(p.Src[8:])
	d0, d1 := binary.BigEndian.Uint64(p.Dst[:8]), binary.BigEndian.Uint64(p.Dst[8:])
	sp, dp := uint64(p.SrcPort), uint64(p.DstPort)
	rest := uint64(p.Protocol)<<24 | uint64(p.VLAN)<<8 | uint64(p.Tunnel&0x7f)<<1
	if p.Version == 6 {
		rest |= 1
	}
	if s0 < d0 || s0 == d0 && (s1 < d1 || s1 == d1 && sp <= dp) {
		return Key{s0, s1, d0, d1, sp<<48 | dp<<32 | rest}, false
	}
	return Key{d0, d1, s0, s1, dp<<48 | sp<<32 | rest}, true
}

// equal compares word by word, beginning with the one that differs most; ==
// would call a function that compares bytes.
func (k *Key) equal(o *Key) bool {
	return k[4] == o[4] && k[0] == o[0] && k[2] == o[2] && k[1] == o[1] && k[3] == o[3]
}

// hash returns, from the top, the key's partition, 8 bits, and 56 bits of its keyed hash.
func (k *Key) hash() uint64 { return k.partition()<<56 | k.keyed()>>8 }

// partition returns the partition that flows of the key fall into, which must be the same in every
// run. It multiplies by odd constants alone: words that come from the network and are multiplied with
// each other could be chosen so that one is zero and the other is lost.
func (k *Key) partition() uint64 {
	a := (k[0] ^ bits.RotateLeft64(k[1]*0xd6e8feb86659fd93, 32)) * 0x9e3779b97f4a7c15
	b := (k[2] ^ bits.RotateLeft64(k[3]*0xe7037ed1a0b428db, 32)) * 0xa0761d6478bd642f
	return ((a ^ b>>32 ^ b<<32 ^ k[4]) * 0x8ebc6af09c88c6e3) >> 56
}

// secrets key the hash that finds a flow in its partition. They are drawn anew in every process, so
// that nobody can choose keys that collide; nothing but speed depends on them.
var secrets = [...]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}

// keyed mixes the words by multiplication.
func (k *Key) keyed() uint64 {
	s := &secrets
	h := mix(k[0]^s[0], k[1]^s[1]) ^ mix(k[2]^s[2], k[3]^s[3])
	return mix(h^s[4], k[4]^s[5])
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Protocol returns the number of the IP protocol.
func (k *Key) Protocol() uint8 { return uint8(k[4] >> 24) }

// VLAN returns the VLAN identifier, 0 for none.
func (k *Key) VLAN() uint16 { return uint16(k[4] >> 8) }

// Tunnel returns the kind of tunnel, 0 for none.
func (k *Key) Tunnel() uint8 { return uint8(k[4]) >> 1 }

// IPv6 reports whether the addresses are IPv6's.
func (k *Key) IPv6() bool { return k[4]&1 == 1 }

// Endpoint returns the address and port of the first (0) or second (1)
// endpoint.
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
