// Package vendors names the maker of a network interface by its hardware address, from the public
// listing of the IEEE Registration Authority. The listing is part of the program.
package vendors

//go:generate go run ./gen

import (
	_ "embed" // for the table
	"encoding/binary"
	"sort"
)

//go:embed vendors.bin
var packed string

// prefixBits are the lengths of the blocks that are assigned: MA-S, MA-M and MA-L, the longest first.
var prefixBits = [...]int{36, 28, 24}

// The packed table holds, in big-endian order:
//
//	for each of prefixBits, the number of its prefixes, 4 bytes
//	for each of prefixBits, its prefixes in order: 5 bytes, shifted to the left, then its vendor's number in 2
//	where the names begin and where each of them ends, counted from here, 3 bytes each
//	the names
//
// It is searched as it lies, so that it costs nothing until it is asked.
const (
	countSize  = 4
	prefixSize = 5
	recordSize = prefixSize + 2
	endSize    = 3
	headSize   = len(prefixBits) * countSize
)

// Of returns the vendor to whom the block of a hardware address is assigned, short of its legal form:
// "Espressif". It is empty where there is none: for groups, for addresses that are made up locally
// (IEEE 802-2014, section 8.4), and for those that the listing does not know.
func Of(mac [6]byte) string {
	if mac[0]&3 != 0 {
		return ""
	}
	return find(packed, mac)
}

func find(table string, mac [6]byte) string {
	var counts [len(prefixBits)]int
	all := 0
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint32([]byte(table[i*countSize : (i+1)*countSize])))
		all += counts[i]
	}
	records := table[headSize : headSize+all*recordSize]
	rest := table[headSize+all*recordSize:]
	for i, bits := range prefixBits {
		block := records[:counts[i]*recordSize]
		records = records[len(block):]
		wanted := string(key(mac, bits))
		at := sort.Search(counts[i], func(n int) bool { return block[n*recordSize:n*recordSize+prefixSize] >= wanted })
		if at == counts[i] || block[at*recordSize:at*recordSize+prefixSize] != wanted {
			continue
		}
		return name(rest, int(block[at*recordSize+prefixSize])<<8|int(block[at*recordSize+prefixSize+1]))
	}
	return ""
}

// key returns the first bits of an address as a record holds them.
func key(mac [6]byte, bits int) []byte {
	k := []byte{mac[0], mac[1], mac[2], 0, 0}
	switch bits {
	case 28:
		k[3] = mac[3] & 0xf0
	case 36:
		k[3], k[4] = mac[3], mac[4]&0xf0
	}
	return k
}

// name returns the name of a number, from 1 on, out of ends and names. Number 0 has the end of the ends.
func name(rest string, number int) string {
	end := func(n int) int {
		return int(rest[n*endSize])<<16 | int(rest[n*endSize+1])<<8 | int(rest[n*endSize+2])
	}
	return rest[end(number-1):end(number)]
}
