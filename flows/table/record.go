package table

import "servmap/classify"

// Record is a live flow. It has no pointers, so that the garbage collector need not visit millions
// of them. Sides are those of the key: 0 the first endpoint, 1 the second.
type Record struct {
	Key         Key
	First, Last [2]int64 // packet times in nanoseconds since 1970, valid iff Packets is not 0
	Bytes       [2]uint64
	Packets     [2]uint32
	// seqOrLabel: until the flow is decided, the first sequence number after each side's SYN; then
	// [0] holds the label, and [1] that number of the source.
	seqOrLabel [2]uint32
	numberLow  uint32 // lower part of the number
	links      links
	extra      uint32 // number of its Extra, 0 for none
	numberHigh uint16 // upper part of the number
	Flags      Flag
	MAC        [2][6]byte // valid iff HasMAC
}

// Flag is a set of the facts about a flow that take one bit each.
type Flag uint16

// The facts. Those of a side are shifted left by the side: SYNSeen<<1 is of side 1.
const (
	SourceIsSecond Flag = 1 << iota // the source is the key's second endpoint
	SourceCertain                   // a SYN, or a recogniser, told the source
	SYNSeen                         // a SYN of side 0 came before the flow was decided
	_                               // the same of side 1
	FINSeen                         // a FIN of side 0 came
	_                               // the same of side 1
	Closed                          // a RST came, or a FIN of both sides
	Decided                         // payloads need no more looking at
	fixedEnd                        // the end is Extra.end, whatever comes
	activeEnd                       // that end is due to the active timeout
	HasMAC                          // the first packet had hardware addresses
	ToBroadcast                     // the first packet's frame went to ff:ff:ff:ff:ff:ff
	SawPayload                      // some packet carried payload
	HasLabel                        // the label comes from payload or IP protocol number
	bySecond                        // in a compact record: the key's second endpoint sent the packet
	hidden                          // Find does not find it any more, see Table.Hide
)

// InitialSeq returns the sequence number that follows a side's SYN, or 0. It is valid where the SYN
// was seen or the other side acknowledged it. Of a flow that is decided, that of the source at that
// time is known alone.
func (r *Record) InitialSeq(side int) uint32 {
	switch {
	case r.Flags&Decided == 0:
		return r.seqOrLabel[side]
	case side == r.Source():
		return r.seqOrLabel[1]
	}
	return 0
}

// SetInitialSeq sets it. The flow must not be decided.
func (r *Record) SetInitialSeq(side int, seq uint32) { r.seqOrLabel[side] = seq }

// SetLabel decides the flow. A label that is not from the payload counts as Unknown.
func (r *Record) SetLabel(l classify.Label) {
	if r.Flags&Decided == 0 {
		r.seqOrLabel[1] = r.seqOrLabel[r.Source()]
		r.Flags |= Decided
	}
	r.seqOrLabel[0] = uint32(l.Master)<<16 | uint32(l.App)
	if l.Confidence == classify.ByPayload {
		r.Flags |= HasLabel
	}
}

// Label returns the label of a decided flow, Unknown for others.
func (r *Record) Label() classify.Label {
	if r.Flags&HasLabel == 0 {
		return classify.Label{}
	}
	return classify.Label{
		Master:     classify.Name(r.seqOrLabel[0] >> 16),
		App:        classify.Name(r.seqOrLabel[0]),
		Confidence: classify.ByPayload,
	}
}

// Number returns the number of the flow's first packet in the merged input, from 1 to 2^48-1, or 0
// for a record that is not in use.
func (r *Record) Number() uint64 { return uint64(r.numberHigh)<<32 | uint64(r.numberLow) }

// SetNumber sets the number.
func (r *Record) SetNumber(n uint64) { r.numberHigh, r.numberLow = uint16(n>>32), uint32(n) }

// Source returns the side that is the flow's source.
func (r *Record) Source() int {
	if r.Flags&SourceIsSecond != 0 {
		return 1
	}
	return 0
}

// SetSource makes a side the flow's source.
func (r *Record) SetSource(side int) {
	r.Flags &^= SourceIsSecond
	if side == 1 {
		r.Flags |= SourceIsSecond
	}
}

// FirstTime returns the time of the flow's first packet.
func (r *Record) FirstTime() int64 {
	switch {
	case r.Packets[0] == 0:
		return r.First[1]
	case r.Packets[1] == 0:
		return r.First[0]
	}
	return min(r.First[0], r.First[1])
}

// LastTime returns the time of the flow's last packet.
func (r *Record) LastTime() int64 {
	switch {
	case r.Packets[0] == 0:
		return r.Last[1]
	case r.Packets[1] == 0:
		return r.Last[0]
	}
	return max(r.Last[0], r.Last[1])
}

// Count counts a packet of a side, of so many bytes on the wire.
func (r *Record) Count(side int, time int64, wire uint64) {
	if r.Packets[side] == 0 {
		r.First[side], r.Last[side] = time, time
	} else {
		r.First[side] = min(r.First[side], time)
		r.Last[side] = max(r.Last[side], time)
	}
	r.Packets[side]++
	r.Bytes[side] += wire
}
