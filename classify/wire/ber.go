package wire

// State says how far a parser came with what it was given.
type State uint8

// The three states. Cut means that all that is there is a possible beginning
// and that more bytes may complete it.
const (
	Malformed State = iota
	Cut
	Whole
)

// Element is one BER or DER element (X.690, section 8.1). Its content is
// borrowed from the input.
type Element struct {
	// Tag is the first identifier octet: class, constructed bit and, below 31,
	// the number. SEQUENCE is 0x30, [APPLICATION 1] is 0x61.
	Tag byte
	// Number is the tag's number, which for numbers of 31 and more stands in
	// further octets.
	Number uint32
	// Head is the length of identifier and length octets.
	Head int
	// Len is the length of the content as announced, or -1 where it is
	// indefinite. It may be more than what is there.
	Len int
	// Body is the content as far as it is there, at most Len bytes.
	Body []byte
}

// The universal tags that recognisers ask for (X.690, section 8; X.680,
// section 8.4).
const (
	TagBoolean     = 0x01
	TagInteger     = 0x02
	TagBitString   = 0x03
	TagOctetString = 0x04
	TagNull        = 0x05
	TagOID         = 0x06
	TagEnumerated  = 0x0a
	TagSequence    = 0x30
	TagSet         = 0x31
)

// BER reads the identifier and length octets at the beginning of b. Cut is
// the answer where these are not all there; whether the content is complete
// tells Element.Complete. Lengths of more than four octets and tag numbers of
// more than 28 bits, which no protocol here uses, are Malformed.
func BER(b []byte) (Element, State) {
	if len(b) == 0 {
		return Element{}, Cut
	}
	e := Element{Tag: b[0], Number: uint32(b[0] & 0x1f), Head: 1}
	if e.Number == 0x1f {
		e.Number = 0
		for {
			if e.Head > 4 {
				return Element{}, Malformed
			}
			if e.Head >= len(b) {
				return Element{}, Cut
			}
			c := b[e.Head]
			e.Head++
			e.Number = e.Number<<7 | uint32(c&0x7f)
			if c&0x80 == 0 {
				break
			}
		}
	}
	return e.length(b)
}

// length reads the length octets that follow the identifier (X.690, section
// 8.1.3).
func (e Element) length(b []byte) (Element, State) {
	if e.Head >= len(b) {
		return Element{}, Cut
	}
	c := b[e.Head]
	e.Head++
	switch {
	case c < 0x80:
		e.Len = int(c)
	case c == 0x80:
		if e.Tag&0x20 == 0 {
			return Element{}, Malformed
		}
		e.Len = -1
	case c > 0x84:
		return Element{}, Malformed
	default:
		n := int(c & 0x7f)
		if len(b)-e.Head < n {
			return Element{}, Cut
		}
		v := uint32(0)
		for _, c := range b[e.Head : e.Head+n] {
			v = v<<8 | uint32(c)
		}
		if v > maxBERLength {
			return Element{}, Malformed
		}
		e.Head += n
		e.Len = int(v)
	}
	e.Body = b[e.Head:]
	if e.Len >= 0 && len(e.Body) > e.Len {
		e.Body = e.Body[:e.Len]
	}
	return e, Whole
}

// maxBERLength is the largest length of an element that is read: with its header it is still an
// int of 32 bits.
const maxBERLength = 1 << 30

// Complete reports whether all of the content is there. Of an element of
// indefinite length it cannot be told, and the answer is false.
func (e *Element) Complete() bool { return e.Len >= 0 && len(e.Body) == e.Len }

// Total is the length of the whole element, header included, as announced; 0
// where the length is indefinite.
func (e *Element) Total() int {
	if e.Len < 0 {
		return 0
	}
	return e.Head + e.Len
}

// NextBER reads one complete element of definite length and returns what
// follows it. It is for walking through the content of another element.
func NextBER(b []byte) (e Element, rest []byte, ok bool) {
	e, s := BER(b)
	if s != Whole || !e.Complete() {
		return Element{}, nil, false
	}
	return e, b[e.Total():], true
}

// Uint reads the content as a non-negative INTEGER or ENUMERATED of at most
// eight octets, shortest form or not.
func (e *Element) Uint() (v uint64, ok bool) {
	b := e.Body
	if !e.Complete() || len(b) == 0 || b[0]&0x80 != 0 {
		return 0, false
	}
	if len(b) > 9 || len(b) == 9 && b[0] != 0 {
		return 0, false
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, true
}
