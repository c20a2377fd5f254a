package servmap

import (
	"iter"
	"slices"
)

// Limits bound what Pairs take up. Several Pairs may share one Limits: what is
// here is what is left for all of them.
type Limits struct {
	// Hosts is how many hosts more there may be, Pairs how many pairs.
	Hosts, Pairs int
	// lists is what lists of applications may still cost.
	lists int
}

// What a map or a report holds where nobody says otherwise: many times what
// large networks have, in about 32 MB.
const (
	DefaultMaxHosts = 500_000
	DefaultMaxPairs = 1_000_000
)

// mostLists bounds the lists of applications that are not shared.
const mostLists = 125_000

// NewLimits returns limits; 0 is no limit.
func NewLimits(hosts, pairs int) *Limits {
	const unlimited = 1<<31 - 1 // numbers of hosts and pairs have 32 bits
	if hosts <= 0 || hosts > unlimited {
		hosts = unlimited
	}
	if pairs <= 0 || pairs > unlimited {
		pairs = unlimited
	}
	return &Limits{Hosts: hosts, Pairs: pairs, lists: min(pairs/4, mostLists) + 64*longCost}
}

// Pairs holds sources, their destinations, and what each two spoke: bytes and
// applications. It keeps the order in which they were first added. The zero
// Pairs is empty and has no limits.
//
// It holds no pointers to hosts and pairs, and lists of applications are shared:
// captures with spoofed addresses make millions of them.
type Pairs struct {
	// Limits, where they are not nil, hold for Add.
	Limits *Limits

	hosts   hostNumbers
	sources arena[pairSource]
	// sourceOf holds, by host, the number of the source plus one.
	sourceOf arena[uint32]
	pairs    arena[pair]
	index    numberIndex
	lists    applicationLists
	// repeated is set where AddPair was given an application twice.
	repeated bool
}

type pairSource struct {
	bytes uint64
	host  uint32
	// first and last are the first and the last of its pairs, plus one.
	first, last uint32
}

type pair struct {
	bytes uint64
	// src and dst are numbers of hosts.
	src, dst uint32
	list     listID
	// next is the next pair of the same source, plus one.
	next uint32
}

// A Pair is what is known of a source and a destination.
type Pair struct {
	Dst Host
	// Bytes is what both sent to each other, link headers included.
	Bytes uint64
	// Applications are what they spoke, in the order first seen.
	Applications []string
	// number is the pair's number.
	number uint32
}

// Add adds bytes and an application to a pair. It reports whether there was
// room; where there was none nothing is changed.
func (p *Pairs) Add(src, dst Host, bytes uint64, application string) bool {
	_, ok := p.add(src, dst, bytes, application)
	return ok
}

// used says by numbers what was added: two hosts, their pair, and an application.
type used struct{ src, dst, pair, application uint32 }

// key packs the pair and the application.
func (u used) key() uint64 { return uint64(u.pair)<<32 | uint64(u.application) }

// add is Add, and says what was added.
func (p *Pairs) add(src, dst Host, bytes uint64, application string) (used, bool) {
	if p.Limits != nil && !p.fits(src, dst, application) {
		return used{}, false
	}
	app := p.lists.number(application)
	s := p.source(src)
	i, _ := p.pair(s, dst)
	d := p.pairs.at(i)
	if !p.lists.has(d.list, app) {
		if p.Limits != nil {
			p.Limits.lists -= p.lists.cost(d.list, app)
		}
		d.list = p.lists.with(d.list, app)
	}
	d.bytes += bytes
	p.sources.at(s).bytes += bytes
	return used{d.src, d.dst, i, app}, true
}

// find returns the numbers of what a pair uses; false where it does not.
func (p *Pairs) find(src, dst Host, application string) (used, bool) {
	k := p.look(src, dst)
	if !k.Pair {
		return used{}, false
	}
	app, ok := p.lists.numbers[application]
	d := p.pairs.at(k.pair)
	return used{d.src, d.dst, k.pair, app}, ok && p.lists.has(d.list, app)
}

// fits reports whether the limits leave room for a flow.
func (p *Pairs) fits(src, dst Host, application string) bool {
	s, knownSrc := p.hosts.find(src)
	d, knownDst := p.hosts.find(dst)
	var list listID
	hosts, pairs := 0, 1
	if knownSrc && knownDst {
		if i, ok := p.findPair(s, d); ok {
			pairs, list = 0, p.pairs.at(i).list
		}
	}
	if !knownSrc {
		hosts++
	}
	if !knownDst && dst != src {
		hosts++
	}
	if hosts > p.Limits.Hosts || pairs > p.Limits.Pairs {
		return false
	}
	app, named := p.lists.numbers[application]
	switch {
	case !named:
		return p.lists.nameBytes+len(application) <= mostNameBytes && p.Limits.lists >= longCost
	case p.lists.has(list, app):
		return true
	}
	return p.lists.cost(list, app) <= max(p.Limits.lists, 0)
}

// findPair returns the number of the pair of two hosts.
func (p *Pairs) findPair(src, dst uint32) (uint32, bool) {
	return p.index.find(hashPair(src, dst), func(i uint32) bool {
		d := p.pairs.at(i)
		return d.src == src && d.dst == dst
	})
}

// number returns the number of a host, a new one where it has none.
func (p *Pairs) number(h Host) uint32 {
	before := p.hosts.keys.n
	n := p.hosts.add(h)
	if n == before {
		p.sourceOf.add(0)
		if p.Limits != nil {
			p.Limits.Hosts--
		}
	}
	return n
}

// source returns the number of a source, a new one where it has none.
func (p *Pairs) source(h Host) uint32 {
	n := p.number(h)
	if s := *p.sourceOf.at(n); s != 0 {
		return s - 1
	}
	s := p.sources.add(pairSource{host: n})
	*p.sourceOf.at(n) = s + 1
	return s
}

// pair returns the number of a pair; fresh tells that it is new.
func (p *Pairs) pair(source uint32, dst Host) (i uint32, fresh bool) {
	d := p.number(dst)
	s := p.sources.at(source)
	if i, ok := p.findPair(s.host, d); ok {
		return i, false
	}
	i = p.pairs.add(pair{src: s.host, dst: d})
	p.index.add(i, func(i uint32) uint64 { return hashPair(p.pairs.at(i).src, p.pairs.at(i).dst) })
	if p.Limits != nil {
		p.Limits.Pairs--
	}
	if s.last == 0 {
		s.first = i + 1
	} else {
		p.pairs.at(s.last - 1).next = i + 1
	}
	s.last = i + 1
	return i, true
}

// AddSource adds a source without destinations; false where it is there.
func (p *Pairs) AddSource(h Host) bool {
	before := p.sources.n
	p.source(h)
	return p.sources.n > before
}

// AddPair adds a pair as a whole, whatever the limits; false where it is there.
// An application that comes twice is added once. The source's bytes grow too.
func (p *Pairs) AddPair(src, dst Host, bytes uint64, applications []string) bool {
	s := p.source(src)
	i, fresh := p.pair(s, dst)
	if !fresh {
		return false
	}
	d := p.pairs.at(i)
	for _, a := range applications {
		app := p.lists.number(a)
		if p.lists.has(d.list, app) {
			p.repeated = true
			continue
		}
		d.list = p.lists.with(d.list, app)
	}
	d.bytes = bytes
	p.sources.at(s).bytes += bytes
	return true
}

// SetBytes sets the bytes of a source, which AddPair and Add have added up otherwise.
func (p *Pairs) SetBytes(src Host, bytes uint64) { p.sources.at(p.source(src)).bytes = bytes }

// Source is a source and the bytes of all its pairs.
type Source struct {
	Host  Host
	Bytes uint64
	// number is the source's number.
	number uint32
}

// Sources goes through the sources in the order in which they were added.
func (p *Pairs) Sources() iter.Seq[Source] {
	return func(yield func(Source) bool) {
		for i := range p.sources.n {
			s := p.sources.at(i)
			if !yield(Source{p.hosts.host(s.host), s.bytes, i}) {
				return
			}
		}
	}
}

// SortedSources goes through the sources in the order of the map file.
func (p *Pairs) SortedSources() iter.Seq[Source] {
	return func(yield func(Source) bool) {
		order := make([]uint32, p.sources.n)
		for i := range order {
			order[i] = uint32(i)
		}
		slices.SortFunc(order, func(a, b uint32) int { return p.hosts.compare(p.sources.at(a).host, p.sources.at(b).host) })
		for _, i := range order {
			s := p.sources.at(i)
			if !yield(Source{p.hosts.host(s.host), s.bytes, i}) {
				return
			}
		}
	}
}

// Pairs goes through the pairs of a source in the order in which they were
// added. The Pair is borrowed until the next one.
func (p *Pairs) Pairs(s Source) iter.Seq[*Pair] {
	return func(yield func(*Pair) bool) {
		var out Pair
		for i := p.sources.at(s.number).first; i != 0; i = p.pairs.at(i - 1).next {
			if !yield(p.fill(&out, i-1)) {
				return
			}
		}
	}
}

// SortedPairs goes through the pairs of a source in the order of the map file.
// The Pair is borrowed until the next one.
func (p *Pairs) SortedPairs(s Source) iter.Seq[*Pair] {
	return func(yield func(*Pair) bool) {
		var order []uint32
		for i := p.sources.at(s.number).first; i != 0; i = p.pairs.at(i - 1).next {
			order = append(order, i-1)
		}
		slices.SortFunc(order, func(a, b uint32) int { return p.hosts.compare(p.pairs.at(a).dst, p.pairs.at(b).dst) })
		var out Pair
		for _, i := range order {
			if !yield(p.fill(&out, i)) {
				return
			}
		}
	}
}

func (p *Pairs) fill(out *Pair, i uint32) *Pair {
	d := p.pairs.at(i)
	*out = Pair{p.hosts.host(d.dst), d.bytes, p.lists.appendNames(out.Applications[:0], d.list), i}
	return out
}

// Size counts the hosts on either side, the pairs, and the different
// applications.
func (p *Pairs) Size() (hosts, pairs, applications int) {
	return int(p.hosts.keys.n), int(p.pairs.n), len(p.lists.names)
}
