package flows

import "servmap/classify"

// record is a live flow, without pointers, so that the garbage collector need
// not look at millions of them. Sides are those of the key: 0 the first
// endpoint, 1 the second.
type record struct {
	key         Key
	first, last [2]int64 // packet times, nanoseconds
	bytes       [2]uint64
	packets     [2]uint32
	// word holds, until the flow is decided, the sequence number after the
	// SYN of each side, where that was seen or answered; afterwards, in the first, the label.
	word       [2]uint32
	numberLow  uint32 // number of the first packet in the merged input: lower part, and
	links      links
	extra      uint32 // what few flows need, 0 for none
	numberHigh uint16 // upper part
	flags      flag
	mac        [2][6]byte
}

// links are a record's neighbours in its slot of the wheel, prev with the slot in
// its upper bits. Records that are not in use are linked by next.
type links struct{ next, prev uint32 }

// extra is what a flow needs while it is undecided, has names, or follows
// another one.
type extra struct {
	state *classify.State
	info  classify.Info
	// end is the instant of a flow whose end is fixed (fixedEnd).
	end int64
	// origin is the number of the first packet of the conversation where
	// this flow continues one that timed out, else 0.
	origin uint64
	// entry is the newest entry in the list of undecided flows.
	entry uint32
	// client is the key's side that the state takes for the client.
	client uint8
	// watching tells that watch holds what the next payload is shown with,
	// there being no state meanwhile.
	watching bool
	watch    classify.Watch
	// failed tells that a recogniser panicked: the flow is Unknown.
	failed bool
}

type flag uint16

const (
	sourceIsSecond flag = 1 << iota // the source is the key's second endpoint
	sourceCertain                   // a SYN, or a recogniser, told the source
	synFirst                        // SYN of side 0 seen, word[0] holds until decided
	synSecond                       // the same of side 1
	finFirst                        // FIN of side 0 seen
	finSecond                       // the same of side 1
	closed                          // RST, or FIN of both
	decided                         // payloads need no more looking at
	fixedEnd                        // the end is extra.end, whatever comes
	activeEnd                       // that end is due to the active timeout
	hasMAC
	toBroadcast // the first packet's frame went to ff:ff:ff:ff:ff:ff
	sawPayload  // some packet carried payload
	isPayload   // the label comes from payload or IP protocol number
	bySecond    // of a single alone: the key's second endpoint sent the packet
	unlisted    // it has ended and is not in the index any more: too many of its key are
)

// setLabel decides the flow.
func (r *record) setLabel(l classify.Label) {
	r.flags |= decided
	r.word[0] = uint32(l.Master)<<16 | uint32(l.App)
	if l.Confidence == classify.ByPayload {
		r.flags |= isPayload
	}
}

// label returns the label of a decided flow; of others, Unknown.
func (r *record) label() classify.Label {
	if r.flags&isPayload == 0 {
		return classify.Label{}
	}
	return classify.Label{
		Master:     classify.Name(r.word[0] >> 16),
		App:        classify.Name(r.word[0]),
		Confidence: classify.ByPayload,
	}
}

// number returns the number of the flow's first packet in the merged input, 0
// for a record that is not in use. It has 48 bits: a record shall be small.
func (r *record) number() uint64 { return uint64(r.numberHigh)<<32 | uint64(r.numberLow) }

func (r *record) setNumber(n uint64) { r.numberHigh, r.numberLow = uint16(n>>32), uint32(n) }

// source returns the key's side that is the flow's source.
func (r *record) source() int {
	if r.flags&sourceIsSecond != 0 {
		return 1
	}
	return 0
}

// firstTime returns the time of the flow's first packet.
func (r *record) firstTime() int64 {
	switch {
	case r.packets[0] == 0:
		return r.first[1]
	case r.packets[1] == 0:
		return r.first[0]
	}
	return min(r.first[0], r.first[1])
}

// lastTime returns the time of the flow's last packet.
func (r *record) lastTime() int64 {
	switch {
	case r.packets[0] == 0:
		return r.last[1]
	case r.packets[1] == 0:
		return r.last[0]
	}
	return max(r.last[0], r.last[1])
}

// count adds a packet of a side.
func (r *record) count(side int, time int64, wire uint64) {
	if r.packets[side] == 0 {
		r.first[side], r.last[side] = time, time
	} else {
		r.first[side] = min(r.first[side], time)
		r.last[side] = max(r.last[side], time)
	}
	r.packets[side]++
	r.bytes[side] += wire
}
