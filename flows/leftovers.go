package flows

import (
	"cmp"
	"slices"
)

// due is a flow that ends at an instant.
type due struct {
	end    int64
	number uint64 // of the flow's first packet
	place  uint32 // the table.Ref of the flow, or of leftPart the index in shard.left
	part   uint16 // number of its partition, or leftPart
}

// byDue orders flows by end, then by number.
func byDue(a, b due) int {
	if a.end != b.end {
		return cmp.Compare(a.end, b.end)
	}
	return cmp.Compare(a.number, b.number)
}

// leftovers puts the flows that end with the capture in the order of their numbers. Where these lie
// close, as after a scan, each flow has a word at the place of its number, and none is compared
// with another. Else they are sorted.
type leftovers struct {
	first, last uint64 // numbers
	count       int
	words       []uint32 // placeBits of the place, and above them the partition; 0 is none
	list        []due
}

const placeBits = 23

func (d *due) word() uint32 { return uint32(d.part)<<placeBits | d.place }

// expect counts a flow that will be added.
func (l *leftovers) expect(number uint64) {
	if l.count == 0 {
		l.first, l.last = number, number
	}
	l.first, l.last = min(l.first, number), max(l.last, number)
	l.count++
}

// allocate makes room for the flows that are expected.
func (l *leftovers) allocate() {
	if (l.last-l.first)/8 < uint64(l.count) {
		l.words = make([]uint32, l.last-l.first+1)
	} else {
		l.list = make([]due, 0, l.count)
	}
}

// add adds a flow that is expected.
func (l *leftovers) add(d due) {
	if l.words != nil {
		l.words[d.number-l.first] = d.word()
		return
	}
	d.end = 0
	l.list = append(l.list, d)
}

// order returns the words of the flows in the order of their numbers.
func (l *leftovers) order() []uint32 {
	if l.words != nil {
		return slices.DeleteFunc(l.words, func(w uint32) bool { return w == 0 })
	}
	slices.SortFunc(l.list, byDue)
	words := make([]uint32, 0, len(l.list))
	for i := range l.list {
		words = append(words, l.list[i].word())
	}
	return words
}
