package servmap

// Knowledge is what a map knows of a source and a destination.
type Knowledge struct {
	// Source is set where the source is one of the map's, Pair where the
	// destination is one of its destinations.
	Source, Pair bool

	pair  uint32 // its number, valid iff Pair
	list  listID
	lists *applicationLists
}

// Uses reports whether the pair is known to use the application.
func (k *Knowledge) Uses(application string) bool {
	if !k.Pair {
		return false
	}
	n, ok := k.lists.numbers[application]
	return ok && k.lists.has(k.list, n)
}

// uses is Uses for an application by its number.
func (k *Knowledge) uses(n uint32) bool { return k.Pair && k.lists.has(k.list, n) }

// UsesAny reports whether f holds for an application of the pair.
func (k *Knowledge) UsesAny(f func(application string) bool) bool {
	return k.Pair && k.lists.any(k.list, f)
}

// look looks up a source and a destination.
func (p *Pairs) look(src, dst Host) Knowledge {
	s, ok := p.hosts.find(src)
	if !ok || *p.sourceOf.at(s) == 0 {
		return Knowledge{}
	}
	k := Knowledge{Source: true, lists: &p.lists}
	if d, ok := p.hosts.find(dst); ok {
		if i, ok := p.findPair(s, d); ok {
			k.Pair, k.pair, k.list = true, i, p.pairs.at(i).list
		}
	}
	return k
}
