// Package table keeps the live flows of a capture in memory. It finds a flow by its key, and tells
// which flows end before an instant. What becomes of a packet is not decided here.
//
// A flow of one packet between IPv4 addresses takes less than half of the memory of others. The
// package hides that: Insert, Commit, Update, Load and Store turn one form into the other.
package table

// Ref is a flow in a Table; 0 is none. It holds until the flow is removed, but Commit and Update
// may give the flow another one. After that, Number tells whether a Ref is still that of the same
// flow.
type Ref uint32

// RefBits is the number of bits that a Ref may have set, from the lowest.
const RefBits = numberBits

// Max is how many flows a Table can hold.
const Max = compactBit - 1

// MaxSame is how many flows of one key Find returns at most. The caller sees to it that no more are
// in the table, see Hide.
const MaxSame = 8

// Memory is where the tables of one goroutine get their records from.
type Memory struct {
	timeouts    Timeouts
	records     Arena[Record]
	compacts    Arena[compact]
	maxCompacts uint32      // of one table
	extras      Slab[Extra] // number 0 is never used
	extraArena  Arena[Extra]
	freeExtras  []uint32
	fresh       Record // of a new compact flow, until Commit
	loaded      Record // of the compact flow that was loaded last
	found       [MaxSame]Ref
}

// NewMemory returns the memory of tables whose flows end by these timeouts.
func NewMemory(timeouts Timeouts) *Memory {
	m := &Memory{timeouts: timeouts, maxCompacts: compactBit}
	m.newExtra() // 0 is none
	return m
}

// LimitCompacts sets how many flows of a table can have the small form. It is for tests: nothing
// but memory depends on it.
func (m *Memory) LimitCompacts(most uint32) { m.maxCompacts = min(most, compactBit) }

// Table holds the live flows of one partition.
type Table struct {
	m        *Memory
	records  Slab[Record] // number 0 is never used
	compacts Slab[compact]
	index    Index
	// freeRecord and freeCompact are the heads of the lists of those that are not in use.
	freeRecord, freeCompact Ref
	live                    int
	wheel                   wheel
	work                    int
}

// New returns an empty table in which no flow ends before the given second since 1970.
func New(m *Memory, second int64) Table {
	t := Table{m: m, index: NewIndex()}
	t.records.used = 1
	t.wheel.done = second
	return t
}

// Len returns the number of flows.
func (t *Table) Len() int { return t.live }

// Work returns how many words of the index, slots and flows were visited besides the one record of
// each packet. Tests hold it to grow with the input.
func (t *Table) Work() int { return t.work + t.index.work }

// Size is the memory of a Table, in numbers of entries.
type Size struct{ Records, Compacts, IndexWords int }

// Size returns the number of records and words that were ever needed at once.
func (t *Table) Size() Size {
	return Size{int(t.records.used) - 1, int(t.compacts.used), len(t.index.words)}
}

// Extras returns how many flows had an Extra at one time at most.
func (m *Memory) Extras() int { return int(m.extras.used) - 1 }

// Find returns the flows of a key, whose hash is given, the newest first. The list holds until the
// next call.
func (t *Table) Find(k *Key, hash uint64) []Ref {
	x, tag, passed := &t.index, tagOf(hash), 0
	same := t.m.found[:0]
	for at := x.start(hash); x.words[at] != 0; at = x.after(at) {
		w := x.words[at]
		if w&^maxNumber == tag && w&maxNumber != 0 && t.has(Ref(w&maxNumber), k) {
			same = append(same, Ref(w&maxNumber))
		}
		passed++
	}
	t.work += passed
	for n := 1; n < len(same); n++ {
		for m := n; m > 0 && t.Number(same[m-1]) < t.Number(same[m]); m-- {
			same[m-1], same[m] = same[m], same[m-1]
		}
	}
	return same
}

// Nearest returns the flow that a search for a hash meets first, if it is likely of that hash, else
// 0. It is for Prefetch.
func (t *Table) Nearest(hash uint64) Ref {
	w := t.index.words[t.index.start(hash)]
	if w&^maxNumber != tagOf(hash) {
		return 0
	}
	return Ref(w & maxNumber)
}

// Insert adds a flow of a key, whose hash is given. The caller fills the record, whose other fields
// are zero, schedules the flow, and calls Commit before the next Insert.
func (t *Table) Insert(k *Key, hash uint64) (Ref, *Record) {
	if t.index.Full() {
		t.reindex()
	}
	t.live++
	var ref Ref
	r := &t.m.fresh
	if k.fitsCompact() {
		ref = t.newCompact()
	}
	if ref == 0 {
		ref = t.newRecord()
		r = t.records.At(uint32(ref))
	}
	t.index.Add(hash, uint32(ref))
	*r = Record{}
	r.Key = *k
	return ref, r
}

// Commit ends what Insert began. It returns the flow's Ref, which may be another one. A flow whose
// payload is kept keeps a whole record: it is likely to go on.
func (t *Table) Commit(ref Ref, r *Record) Ref {
	if !ref.compact() {
		return ref
	}
	if x := t.Extra(r); x != nil && x.State != nil {
		ref, _ = t.expand(ref, r)
		return ref
	}
	t.compactAt(ref).store(r)
	return ref
}

// Update returns the record of a flow to which another packet has come, and the flow's Ref from now
// on. Changes of the record are changes of the flow.
func (t *Table) Update(ref Ref) (Ref, *Record) {
	if ref.compact() {
		return t.expand(ref, t.Load(ref))
	}
	return ref, t.records.At(uint32(ref))
}

// Load returns the record of a flow. It holds until the next call. The caller who changes it hands
// it to Store; Packets must stay.
func (t *Table) Load(ref Ref) *Record {
	if !ref.compact() {
		return t.records.At(uint32(ref))
	}
	t.compactAt(ref).load(&t.m.loaded)
	return &t.m.loaded
}

// Store takes back a record of Load that was changed.
func (t *Table) Store(ref Ref, r *Record) {
	if ref.compact() {
		t.compactAt(ref).store(r)
	}
}

// Hide makes Find pass a flow, whose hash is given, by. The flow stays in the table until it is
// removed.
func (t *Table) Hide(ref Ref, hash uint64) {
	t.index.Remove(hash, uint32(ref))
	r := t.Load(ref)
	r.Flags |= hidden
	t.Store(ref, r)
}

// Remove takes a flow, whose record is r and which is off the wheel, out of the table, with its
// Extra.
func (t *Table) Remove(ref Ref, r *Record) {
	t.live--
	if r.Flags&hidden == 0 {
		t.index.Remove(r.Key.Hash(), uint32(ref))
	}
	if r.extra != 0 {
		t.m.freeExtra(r.extra)
	}
	t.free(ref)
}

// Each calls f for every flow.
func (t *Table) Each(f func(ref Ref)) {
	for i := uint32(1); i < t.records.used; i++ {
		if t.records.At(i).Number() != 0 {
			f(Ref(i))
		}
	}
	for i := range t.compacts.used {
		if t.compacts.At(i).number() != 0 {
			f(Ref(i | compactBit))
		}
	}
}

// newRecord returns an unused record, which the caller fills.
func (t *Table) newRecord() Ref {
	if ref := t.freeRecord; ref != 0 {
		t.freeRecord = t.records.At(uint32(ref)).links.next
		return ref
	}
	return Ref(t.records.Add(&t.m.records))
}

// newCompact returns an unused compact record, or 0 where all are in use.
func (t *Table) newCompact() Ref {
	if ref := t.freeCompact; ref != 0 {
		t.freeCompact = t.compactAt(ref).links.next
		return ref
	}
	if t.compacts.used == t.m.maxCompacts {
		return 0
	}
	return Ref(compactBit | t.compacts.Add(&t.m.compacts))
}

// free puts a record on the list of those that are not in use.
func (t *Table) free(ref Ref) {
	if ref.compact() {
		c := t.compactAt(ref)
		c.numberHigh, c.numberLow, c.links.next = 0, 0, t.freeCompact
		t.freeCompact = ref
		return
	}
	r := t.records.At(uint32(ref))
	r.SetNumber(0)
	r.links.next = t.freeRecord
	t.freeRecord = ref
}

// reindex rebuilds the index with room for more flows.
func (t *Table) reindex() {
	t.index.Reset(t.live)
	t.Each(func(ref Ref) {
		if t.flags(ref)&hidden == 0 {
			t.index.Add(t.hash(ref), uint32(ref))
		}
	})
	t.work += t.live
}
