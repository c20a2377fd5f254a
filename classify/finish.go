package classify

import "slices"

// Finish ends the classification of a flow. It shows a payload that was deferred, whose hints come too
// late for any flow and are dropped. Of a flow that nothing recognised it judges whether it may be what
// its port suggests: Label is then one that Refuted describes, if not.
func (c *Classifier) Finish(st *State) {
	if st.deferred {
		c.show(st)
		st.deferred = false
		c.Hints = c.Hints[:0]
	}
	if st.matched == nil && st.started && c.refutes(st) {
		st.label = refuted
	}
}

// refutes reports whether the payloads of a flow that nothing recognised speak against what its port
// suggests: they were seen from the beginning, and the recogniser of that protocol refused them. A weak
// one knows too little to refuse. Whatever was seen from the middle only may be anything.
func (c *Classifier) refutes(st *State) bool {
	p := &st.probe
	if onlyOpensPath(p) || isCut(p) {
		return false
	}
	id := c.e.guessByPorts(p.Transport, p.Ports[Client], p.Ports[Server], p.Transport == TCP)
	guess := c.e.masters[id]
	switch {
	case guess == nil:
		return false
	case guess.Plausible != nil:
		return !guess.Plausible(p)
	case p.midstream[Client] || p.midstream[Server]:
		return false
	case p.Transport == TCP && p.Count(Client) == 0:
		return false // a server alone tells too little: the question may be missing
	case guess.Recognise == nil || guess.Weak || guess.Transport&p.Transport == 0:
		return false
	}
	return !slices.ContainsFunc(st.strong, func(x uint16) bool { return c.e.protocols[x] == guess })
}

// isCut reports whether the capture's snap length cut a payload: its recogniser missed something then.
func isCut(p *Probe) bool {
	return slices.ContainsFunc(p.history, func(one Payload) bool { return len(one.Data) < one.Len })
}

// onlyOpensPath reports whether all payloads are datagrams that mean nothing in any protocol.
func onlyOpensPath(p *Probe) bool {
	return p.Transport != TCP && !slices.ContainsFunc(p.history, func(one Payload) bool { return !opensPath(&one) })
}

// opensPath reports whether a datagram means nothing in any protocol: ends of lines, or one byte again
// and again, as keep-alives are and what opens the way through a middlebox.
func opensPath(d *Payload) bool {
	b := d.Data
	return d.Len <= maxWarmUp && (isBlank(b) || !slices.ContainsFunc(b, func(c byte) bool { return c != b[0] }))
}
