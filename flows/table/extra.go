package table

import "servmap/classify"

// Extra is what few flows need: those that are undecided, have names, continue another flow or have
// a fixed end.
type Extra struct {
	State *classify.State
	Info  classify.Info
	// end is the end of the flow, valid iff fixedEnd.
	end int64
	// Origin is the number of the first packet of the conversation where this flow continues
	// another one, else 0.
	Origin uint64
	// Began is the time of that packet, valid iff Origin is not 0.
	Began int64
	// Entry is the flow's newest entry in the list of undecided flows.
	Entry uint32
	// Client is the key's side that State takes for the client.
	Client uint8
	// Watching tells that the recogniser keeps no payload and waits for the next one. Watch is
	// then what a new State resumes with.
	Watching bool
	Watch    classify.Watch
	// Parted tells that some fragments of a datagram wait for others. State is then not nil.
	Parted bool
	// Failed tells that a recogniser panicked: the flow is Unknown.
	Failed bool
}

// Extra returns the flow's Extra, or nil.
func (t *Table) Extra(r *Record) *Extra {
	if r.extra == 0 {
		return nil
	}
	return t.m.extras.At(r.extra)
}

// NeedExtra returns the flow's Extra. It adds an empty one where the flow has none.
func (t *Table) NeedExtra(r *Record) *Extra {
	if r.extra == 0 {
		r.extra = t.m.newExtra()
	}
	return t.m.extras.At(r.extra)
}

// DropExtra takes the flow's Extra away. The end of the flow must not be fixed.
func (t *Table) DropExtra(r *Record) {
	t.m.freeExtra(r.extra)
	r.extra = 0
}

func (m *Memory) newExtra() uint32 {
	if n := len(m.freeExtras); n > 0 {
		i := m.freeExtras[n-1]
		m.freeExtras = m.freeExtras[:n-1]
		return i
	}
	return m.extras.Add(&m.extraArena)
}

func (m *Memory) freeExtra(i uint32) {
	*m.extras.At(i) = Extra{}
	m.freeExtras = append(m.freeExtras, i)
}
