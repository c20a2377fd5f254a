package classify

// ByteSet is a set of byte values. The zero ByteSet is empty.
type ByteSet [4]uint64

// Bytes returns the set of the bytes of values: Bytes("\x16\x80").
func Bytes(values string) ByteSet {
	var s ByteSet
	for i := range len(values) {
		s[values[i]>>6] |= 1 << (values[i] & 63)
	}
	return s
}

// Range returns the set of the bytes from first to last, both among them.
func Range(first, last byte) ByteSet {
	var s ByteSet
	for b := int(first); b <= int(last); b++ {
		s[b>>6] |= 1 << (b & 63)
	}
	return s
}

// Or returns the bytes that are in either set.
func (s ByteSet) Or(t ByteSet) ByteSet {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

// Has reports whether the byte is in the set.
func (s *ByteSet) Has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Empty reports whether the set holds no byte.
func (s *ByteSet) Empty() bool { return *s == ByteSet{} }
