package servmap

import (
	"encoding/binary"
	"hash/maphash"
)

// seed keys the hashes of hosts and pairs, so that nobody can choose addresses that collide. No order
// depends on it.
var seed = maphash.MakeSeed()

func (k *hostKey) hash() uint64 {
	var b [20]byte
	copy(b[:], k.addr[:])
	binary.LittleEndian.PutUint32(b[16:], k.kind)
	return maphash.Bytes(seed, b[:])
}

func hashPair(src, dst uint32) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:], src)
	binary.LittleEndian.PutUint32(b[4:], dst)
	return maphash.Bytes(seed, b[:])
}

// numberIndex finds the numbers of things by their hash: a table with open
// addressing that holds the numbers alone, in a quarter of the memory of a map.
type numberIndex struct {
	// slots hold a number plus one, or 0; their length is a power of two.
	slots []uint32
	used  int
}

// find returns the number with that hash for which is holds.
func (x *numberIndex) find(hash uint64, is func(n uint32) bool) (n uint32, ok bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; x.slots[i] != 0; i = (i + 1) & mask {
		if n := x.slots[i] - 1; is(n) {
			return n, true
		}
	}
	return 0, false
}

// add adds a number that is not there; hash gives the hash of any number that is, and of n.
func (x *numberIndex) add(n uint32, hash func(n uint32) uint64) {
	if 4*(x.used+1) > 3*len(x.slots) {
		old := x.slots
		x.slots = make([]uint32, max(16, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				x.place(s-1, hash(s-1))
			}
		}
	}
	x.place(n, hash(n))
	x.used++
}

func (x *numberIndex) place(n uint32, hash uint64) {
	mask := uint64(len(x.slots) - 1)
	i := hash & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = n + 1
}
