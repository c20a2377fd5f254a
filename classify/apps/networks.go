package apps

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// netRule is one network of a file.
type netRule struct {
	prefix netip.Prefix
	target uint16
}

// netIndex finds the longest network that holds an address. Its ranges do not overlap: a network within
// another has been cut out of it, so that one binary search is enough. The ranges
// stay in the packed form in which they are part of the program, so that nothing has to be read at start.
type netIndex struct {
	apps   []string
	v4, v6 string
}

// A packed range is first and last address, big-endian, and the number of the application.
const (
	size4 = 4 + 4 + 2
	size6 = 16 + 16 + 2
)

// empty reports whether there are no networks in x, which may be nil.
func (x *netIndex) empty() bool { return x == nil || len(x.v4)+len(x.v6) == 0 }

func (x *netIndex) find(a netip.Addr) (string, bool) {
	if x == nil {
		return "", false
	}
	if a.Is4() {
		b := a.As4()
		return x.search(x.v4, b[:], size4)
	}
	if a.Is6() {
		b := a.As16()
		return x.search(x.v6, b[:], size6)
	}
	return "", false
}

// search finds the range that holds addr among records of the given size.
func (x *netIndex) search(ranges string, addr []byte, size int) (string, bool) {
	n := len(addr)
	lo, hi := 0, len(ranges)/size // ranges before lo start at or before addr, from hi on after it
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if string(addr) < ranges[mid*size:mid*size+n] {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == 0 {
		return "", false
	}
	r := ranges[(lo-1)*size : lo*size]
	if string(addr) > r[n:2*n] {
		return "", false
	}
	return x.apps[int(r[2*n])<<8|int(r[2*n+1])], true
}

// newNetIndex cuts the networks of rules into ranges. Of two rules for the same network the later wins.
func newNetIndex(rules []netRule, targets []target) *netIndex {
	if len(rules) == 0 {
		return nil
	}
	x := &netIndex{}
	for _, t := range targets {
		x.apps = append(x.apps, t.app)
	}
	rules = slices.Clone(rules)
	// Wider networks first; sorting is stable, so that later rules stay later.
	slices.SortStableFunc(rules, func(a, b netRule) int {
		if c := a.prefix.Addr().Compare(b.prefix.Addr()); c != 0 {
			return c
		}
		return a.prefix.Bits() - b.prefix.Bits()
	})
	var four, six flattener
	for _, r := range rules {
		if r.prefix.Addr().Is4() {
			four.add(r)
		} else {
			six.add(r)
		}
	}
	x.v4, x.v6 = four.finish(), six.finish()
	return x
}

// flattener turns networks, sorted by address and then by length, into disjoint
// ranges. Open networks lie on its stack, the narrowest on top.
type flattener struct {
	stack []netRule
	next  netip.Addr // first address that is not written yet
	out   []netRange
}

type netRange struct {
	first, last netip.Addr
	target      uint16
}

func (f *flattener) add(r netRule) {
	f.close(r.prefix.Addr())
	if n := len(f.stack); n > 0 {
		if f.next.Less(r.prefix.Addr()) {
			f.emit(r.prefix.Addr().Prev(), f.stack[n-1].target)
		}
	}
	f.stack = append(f.stack, r)
	f.next = r.prefix.Addr()
}

// close ends the networks on the stack that do not hold a.
func (f *flattener) close(a netip.Addr) {
	for n := len(f.stack); n > 0 && !f.stack[n-1].prefix.Contains(a); n = len(f.stack) {
		top := f.stack[n-1]
		f.stack = f.stack[:n-1]
		end := last(top.prefix)
		if f.next.IsValid() && !end.Less(f.next) {
			f.emit(end, top.target)
		}
	}
}

// emit writes the range from next to end, joined with the one before where it goes on there.
func (f *flattener) emit(end netip.Addr, target uint16) {
	if n := len(f.out); n > 0 && f.out[n-1].target == target && f.out[n-1].last.Next() == f.next {
		f.out[n-1].last = end
	} else {
		f.out = append(f.out, netRange{f.next, end, target})
	}
	f.next = end.Next() // invalid after the highest address: then nothing can follow
}

func (f *flattener) finish() string {
	f.close(netip.Addr{})
	var b []byte
	for _, r := range f.out {
		b = append(append(b, r.first.AsSlice()...), r.last.AsSlice()...)
		b = binary.BigEndian.AppendUint16(b, r.target)
	}
	return string(b)
}

// last returns the highest address of a network.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
