package apps

// Count says how an application is found.
type Count struct {
	// Names is the number of rules for host names, Networks that of ranges of
	// addresses.
	Names, Networks int
}

// Counts returns the number of rules for each application of the table and of
// those below it; an application found by its payload alone is not in it.
func (t *Table) Counts() map[string]Count {
	out := map[string]Count{}
	for ; t != nil; t = t.below {
		t.ready()
		t.readyNets()
		t.names.each(func(i uint16) {
			c := out[t.targets[i].app]
			c.Names++
			out[t.targets[i].app] = c
		})
		t.nets.each(func(app string) {
			c := out[app]
			c.Networks++
			out[app] = c
		})
	}
	return out
}

// each calls f with the target of every rule in x, which may be nil.
func (x *nameIndex) each(f func(target uint16)) {
	if x == nil {
		return
	}
	for r := x.nodes; len(r) >= nodeSize; r = r[nodeSize:] {
		for _, target := range [...]uint16{be16(r[6:]), be16(r[8:])} {
			if target != none {
				f(target)
			}
		}
	}
	for _, globs := range [...][]nameGlob{x.globs, x.first} {
		for i := range globs {
			f(globs[i].target)
		}
	}
}

// each calls f with the application of every range in x, which may be nil.
func (x *netIndex) each(f func(app string)) {
	if x == nil {
		return
	}
	for _, part := range [...]struct {
		ranges string
		size   int
	}{{x.v4, size4}, {x.v6, size6}} {
		for r := part.ranges; len(r) >= part.size; r = r[part.size:] {
			f(x.apps[be16(r[part.size-2:])])
		}
	}
}
