package servmap

import (
	"slices"
	"strings"
)

// applicationLists holds lists of applications, each application once, in the
// order in which they were added. In a map of many hosts most pairs have one of
// few lists: short lists are shared, and a list is a number.
type applicationLists struct {
	names   []string
	numbers map[string]uint32
	// nameBytes is how long the names are together.
	nameBytes int
	// nodes are the short lists, as a tree: each is another and one application more.
	nodes  []listNode
	longer map[uint64]uint32
	// long are the lists that have more than fewApplications, not shared.
	long []longList
}

type listNode struct {
	shorter uint32
	last    uint32
	length  uint32
}

type longList struct {
	applications []uint32
	index        map[uint32]struct{}
}

// listID names a list: a node, or with longBit set a long list. The zero listID is
// the empty list.
type listID uint32

const longBit listID = 1 << 31

// fewApplications is up to how many a list is short.
const fewApplications = 16

// mostNameBytes bounds the names of applications together. The built-in ones take
// a few kilobytes; a CSV of flows may bring a new one in every row.
const mostNameBytes = 16 << 20

// number returns the number of an application, a new one where it has none.
func (l *applicationLists) number(application string) uint32 {
	n, ok := l.numbers[application]
	if ok {
		return n
	}
	if l.numbers == nil {
		l.numbers = map[string]uint32{}
	}
	n = uint32(len(l.names))
	l.numbers[application] = n
	l.names = append(l.names, application)
	l.nameBytes += len(application) + nameOverhead
	return n
}

// nameOverhead is about what a name takes besides its letters.
const nameOverhead = 64

// has reports whether a list holds an application.
func (l *applicationLists) has(id listID, application uint32) bool {
	if id&longBit != 0 {
		_, ok := l.long[id&^longBit].index[application]
		return ok
	}
	for n := uint32(id); n != 0; n = l.nodes[n].shorter {
		if l.nodes[n].last == application {
			return true
		}
	}
	return false
}

// with returns the list that has one application more, which id has not.
func (l *applicationLists) with(id listID, application uint32) listID {
	if id&longBit != 0 {
		long := &l.long[id&^longBit]
		long.applications = append(long.applications, application)
		long.index[application] = struct{}{}
		return id
	}
	if len(l.nodes) == 0 {
		l.nodes = []listNode{{}}
		l.longer = map[uint64]uint32{}
	}
	if l.nodes[id].length == fewApplications {
		long := longList{index: map[uint32]struct{}{application: {}}}
		long.applications = append(l.short(nil, id), application)
		for _, a := range long.applications {
			long.index[a] = struct{}{}
		}
		l.long = append(l.long, long)
		return longBit | listID(len(l.long)-1)
	}
	key := uint64(id)<<32 | uint64(application)
	n, ok := l.longer[key]
	if !ok {
		n = uint32(len(l.nodes))
		l.nodes = append(l.nodes, listNode{uint32(id), application, l.nodes[id].length + 1})
		l.longer[key] = n
	}
	return listID(n)
}

// longCost is what a new long list costs, in short ones: it has an index of its own.
const longCost = 16

// cost says how much memory it takes to make the list that has one application
// more, in nodes: 0 where that list is there already.
func (l *applicationLists) cost(id listID, application uint32) int {
	if id&longBit != 0 {
		return 1
	}
	if int(id) < len(l.nodes) && l.nodes[id].length == fewApplications {
		return longCost
	}
	if _, ok := l.longer[uint64(id)<<32|uint64(application)]; ok {
		return 0
	}
	return 1
}

// short appends the applications of a short list.
func (l *applicationLists) short(dst []uint32, id listID) []uint32 {
	if id == 0 {
		return dst
	}
	return append(l.short(dst, listID(l.nodes[id].shorter)), l.nodes[id].last)
}

// appendNames appends the names of a list's applications.
func (l *applicationLists) appendNames(dst []string, id listID) []string {
	var room [fewApplications]uint32
	numbers := room[:0]
	if id&longBit != 0 {
		numbers = l.long[id&^longBit].applications
	} else {
		numbers = l.short(numbers, id)
	}
	for _, n := range numbers {
		dst = append(dst, l.names[n])
	}
	return dst
}

// any reports whether f holds for the name of one of a list's applications.
func (l *applicationLists) any(id listID, f func(application string) bool) bool {
	return l.anyNumber(id, func(n uint32) bool { return f(l.names[n]) })
}

// anyNumber is any for the numbers of applications.
func (l *applicationLists) anyNumber(id listID, f func(application uint32) bool) bool {
	if id&longBit != 0 {
		return slices.ContainsFunc(l.long[id&^longBit].applications, f)
	}
	for n := uint32(id); n != 0; n = l.nodes[n].shorter {
		if f(l.nodes[n].last) {
			return true
		}
	}
	return false
}

// sorted returns the list that has the applications of another, sorted by name.
func (l *applicationLists) sorted(id listID) listID {
	byName := func(a, b uint32) int { return strings.Compare(l.names[a], l.names[b]) }
	if id&longBit != 0 {
		slices.SortFunc(l.long[id&^longBit].applications, byName)
		return id
	}
	numbers := l.short(nil, id)
	if slices.IsSortedFunc(numbers, byName) {
		return id
	}
	slices.SortFunc(numbers, byName)
	var out listID
	for _, n := range numbers {
		out = l.with(out, n)
	}
	return out
}

// length counts the applications of a list.
func (l *applicationLists) length(id listID) int {
	switch {
	case id&longBit != 0:
		return len(l.long[id&^longBit].applications)
	case id == 0:
		return 0
	}
	return int(l.nodes[id].length)
}
