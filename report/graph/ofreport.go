package graph

import (
	"fmt"
	"slices"
	"strings"

	"servmap/classify"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// manyTried is from how many destinations on what a finding tried is one destination.
const manyTried = 10

// OfReport returns the graph of a report: what was checked, marked by the findings.
func OfReport(s *findings.Set) *Graph {
	r := &reportGraph{builder: newBuilder(), bySource: map[string][]int{}, drawn: make([]bool, len(s.All()))}
	r.index(s.All())
	for v := range servmap.Verdict(servmap.Verdicts) {
		pairs := s.Of(v)
		for src := range pairs.Sources() {
			for p := range pairs.Pairs(src) {
				r.pair(v, src.Host, p)
			}
		}
	}
	r.rest()
	r.name()
	r.roles(nil)
	g := r.graph()
	g.Findings, g.Judged = r.all, true
	return g
}

// reportGraph finds the findings of pairs.
type reportGraph struct {
	*builder
	all []*findings.Finding
	// bySource holds the findings of which a host is an end, the worst first.
	bySource map[string][]int
	drawn    []bool
}

func (r *reportGraph) index(all []*findings.Finding) {
	r.all = all
	for i, f := range all {
		for _, side := range [...]*findings.Side{&f.Source, &f.Destination} {
			for _, h := range side.Hosts {
				if list := r.bySource[h]; len(list) == 0 || list[len(list)-1] != i {
					r.bySource[h] = append(list, i)
				}
			}
		}
	}
}

// pair adds the applications of a pair with a verdict: each to the line of its mark. Bytes are shared out where the
// marks differ.
func (r *reportGraph) pair(v servmap.Verdict, src servmap.Host, p *servmap.Pair) {
	type part struct {
		mark Mark
		dst  servmap.Host
	}
	parts := map[part]uint64{}
	var order []part
	for _, a := range p.Applications {
		found := r.of(v, src, p.Dst, a)
		mark, dst := Known, p.Dst
		for _, i := range found {
			mark = max(mark, MarkOf(r.all[i].LevelOf()))
			if f := r.all[i]; f.KindOf() == findings.Scan && f.Destination.Count > manyTried && dst.IsAddress() {
				dst = servmap.AttemptsLocal
			}
		}
		if len(found) == 0 && v != servmap.None {
			mark = MarkOf(findings.Info) // new, and in no finding that the report shows
		}
		service := r.service(r.line(src, dst, mark), r.named(a, found))
		for _, i := range found {
			r.drawn[i] = true
			if !slices.Contains(service.Findings, i) {
				service.Findings = append(service.Findings, i)
			}
		}
		at := part{mark, dst}
		if parts[at] == 0 {
			order = append(order, at)
		}
		parts[at]++
	}
	for _, at := range order {
		l := r.line(src, at.dst, at.mark)
		l.Bytes += p.Bytes * parts[at] / uint64(len(p.Applications))
		l.About = l.About || len(order) > 1
	}
}

// of returns the findings that a pair's application belongs to, as far as a report tells.
func (r *reportGraph) of(v servmap.Verdict, src, dst servmap.Host, application string) []int {
	var exact, loose []int
	from, to := src.String(), dst.String()
	for _, i := range r.bySource[from] {
		f := r.all[i]
		if f.Verdicts[v.String()] == 0 || !slices.Contains(f.Applications, application) && !isCut(f, "applications") {
			continue
		}
		switch {
		case has(f, "source", &f.Source, from) && has(f, "destination", &f.Destination, to),
			has(f, "source", &f.Source, to) && has(f, "destination", &f.Destination, from):
			exact = append(exact, i)
		case has(f, "source", &f.Source, from):
			loose = append(loose, i) // as a question to DNS, which belongs to what the answer was for
		}
	}
	if len(exact) > 0 || v == servmap.None {
		return exact
	}
	return loose
}

// named returns the service of an application: what was not recognised has the port of the one finding that it is in.
func (r *reportGraph) named(application string, found []int) string {
	if application != classify.Unknown || len(found) != 1 {
		return application
	}
	f := r.all[found[0]]
	if len(f.Ports) != 1 || len(f.Transport) != 1 {
		return application
	}
	return fmt.Sprintf("%s:%s/%d", application, f.Transport[0], f.Ports[0])
}

// has reports whether a side of a finding has a host, or may have it because its list was cut.
func has(f *findings.Finding, name string, s *findings.Side, host string) bool {
	return slices.Contains(s.Hosts, host) || isCut(f, name+".hosts")
}

func isCut(f *findings.Finding, list string) bool { return slices.Contains(f.More, list) }

// rest adds the findings that no pair is about, such as claims of addresses and tunnels.
func (r *reportGraph) rest() {
	for i, f := range r.all {
		if r.drawn[i] || len(f.Source.Hosts)+len(f.Destination.Hosts) == 0 {
			continue
		}
		src, dst := endOf(&f.Source), endOf(&f.Destination)
		if src == (servmap.Host{}) {
			src = dst
		}
		if dst == (servmap.Host{}) {
			dst = src
		}
		l := r.line(src, dst, MarkOf(f.LevelOf()))
		l.Bytes += f.Bytes
		for _, a := range f.Applications {
			s := r.service(l, a)
			s.Findings = append(s.Findings, i)
		}
		if len(f.Applications) == 0 {
			s := r.service(l, f.Kind)
			s.Findings = append(s.Findings, i)
		}
	}
}

// endOf is the one host of a side, or what stands for its hosts.
func endOf(s *findings.Side) servmap.Host {
	switch {
	case len(s.Hosts) == 0:
		return servmap.Host{}
	case len(s.Hosts) == 1:
		return servmap.HostNamed(s.Hosts[0])
	}
	return servmap.AttemptsLocal
}

// name takes names and hardware addresses from the findings.
func (r *reportGraph) name() {
	for _, f := range r.all {
		for _, side := range [...]*findings.Side{&f.Source, &f.Destination} {
			if len(side.Hosts) != 1 {
				continue
			}
			h := r.hosts[servmap.HostNamed(side.Hosts[0])]
			if h == nil || !h.Key.IsAddress() {
				continue
			}
			if h.Name == "" {
				h.Name = side.Name
			}
			if h.Vendor == "" {
				h.Vendor = side.Vendor
			}
			for _, mac := range side.MACs {
				if len(h.MACs) < 4 && !slices.Contains(h.MACs, mac) {
					h.MACs = append(h.MACs, mac)
				}
			}
		}
	}
}

// unprefixed is a service as people read it: what was not recognised is its port alone.
func unprefixed(service string) string {
	if service == classify.Unknown {
		return unrecognised
	}
	return strings.TrimPrefix(service, classify.Unknown+":")
}

// unrecognised is what people read for what nothing recognised.
const unrecognised = "not recognised"
