package findings

import (
	"fmt"
	"net/netip"
	"slices"

	"servmap/servmap"
)

// Suspicion is something that a training learned and that would be a finding of level high by itself:
// somebody should look at it.
type Suspicion struct {
	// ID is the one that the finding would have.
	ID, Title string
	// Leaves tells what to leave out of the map for it not to be learned; nil where nothing can be.
	Leaves func(src, dst servmap.Host, service string) bool
}

// Suspicions finds what a training had better not learned.
type Suspicions struct {
	tries map[servmap.Host]*attempts
	grave list[actKey]
}

// attempts is what a source tried without an answer.
type attempts struct {
	hosts list[netip.Addr]
	ports list[uint16]
}

// NewSuspicions returns an empty Suspicions.
func NewSuspicions() *Suspicions { return &Suspicions{tries: map[servmap.Host]*attempts{}} }

// Add looks at a flow that was learned.
func (s *Suspicions) Add(c *servmap.Case) {
	if c.Attempt {
		t := s.tries[c.Src]
		if t == nil {
			if len(s.tries) == mostGroups {
				return
			}
			t = &attempts{}
			s.tries[c.Src] = t
		}
		if len(t.hosts.values) < scanHosts {
			t.hosts.add(c.Flow.Dst)
		}
		if port := servmap.ServerPort(c.Flow); len(t.ports.values) < scanPorts && port != 0 {
			t.ports.add(port)
		}
		return
	}
	if c.Flow.Category != "RemoteAccess" && isGrave(&act{actKey: actKey{service: c.Service}, category: c.Flow.Category}) {
		s.grave.add(actKey{c.Src, c.Dst, c.Service})
	}
}

// All returns what was found, sorted by title.
func (s *Suspicions) All(m *servmap.Map) []Suspicion {
	var out []Suspicion
	for h, t := range s.tries {
		if h == servmap.Remote || len(t.hosts.values) < scanHosts && len(t.ports.values) < scanPorts {
			continue
		}
		out = append(out, Suspicion{idOf("tries " + h.String()), fmt.Sprintf("%s tries many hosts or ports", h),
			func(src, dst servmap.Host, _ string) bool { return src == h && servmap.IsAttempts(dst) }})
	}
	for _, k := range s.grave.values {
		out = append(out, Suspicion{idOf(fmt.Sprintf("%s %s %s", k.src, k.dst, k.service)), fmt.Sprintf("%s uses %s with %s", k.src, k.service, k.dst),
			func(src, dst servmap.Host, service string) bool { return actKey{src, dst, service} == k }})
	}
	if m.Evidence != nil {
		for a, h := range m.Evidence.Hosts {
			if h.Claimed && len(h.MACs) > 1 && a.Is4() {
				out = append(out, Suspicion{ID: idOf("conflict " + a.String()), Title: fmt.Sprintf("%s has %d hardware addresses", a, len(h.MACs))})
			}
		}
	}
	slices.SortFunc(out, func(a, b Suspicion) int {
		switch {
		case a.Title < b.Title:
			return -1
		case a.Title > b.Title:
			return 1
		}
		return 0
	})
	return out
}
