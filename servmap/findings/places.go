package findings

import "servmap/servmap"

// mostLooked is how many pairs, and how many hosts of a side, a finding is looked for by.
const mostLooked = 10

// Places tells where findings belong in map files: at the key of a pair that the finding is about, else of its
// source, else of its destination where that is a source, else at the first line.
type Places struct {
	lines *servmap.KeyLines
	first servmap.MapLine
}

// NewPlaces returns the Places of findings. Files names the maps; without any, nothing has a place.
func NewPlaces(found []*Finding, files ...string) *Places {
	p := &Places{lines: servmap.NewKeyLines()}
	if len(files) > 0 {
		p.first = servmap.MapLine{File: files[0], Line: 1}
	}
	for _, f := range found {
		pairs, hosts := f.keys()
		for _, k := range pairs {
			p.lines.WantPair(k[0], k[1])
		}
		for _, h := range hosts {
			p.lines.WantSource(h)
		}
	}
	return p
}

// Read looks for the findings in a map file.
func (p *Places) Read(name string, data []byte) error { return p.lines.Read(name, data) }

// Of returns the place of a finding; no line where there is no map.
func (p *Places) Of(f *Finding) servmap.MapLine {
	if p == nil {
		return servmap.MapLine{}
	}
	pairs, hosts := f.keys()
	for _, k := range pairs {
		if at := p.lines.Pair(k[0], k[1]); at.Line > 0 {
			return at
		}
	}
	for _, h := range hosts {
		if at := p.lines.Source(h); at.Line > 0 {
			return at
		}
	}
	return p.first
}

// keys returns the pairs and the sources that the finding is about, the nearest first.
func (f *Finding) keys() (pairs [][2]servmap.Host, hosts []servmap.Host) {
	for _, a := range f.Accept[:min(len(f.Accept), mostLooked)] {
		if a.Destination != "" {
			pairs = append(pairs, [2]servmap.Host{servmap.HostNamed(a.Source), servmap.HostNamed(a.Destination)})
		}
		hosts = append(hosts, servmap.HostNamed(a.Source))
	}
	for _, src := range f.Source.some() {
		for _, dst := range f.Destination.some() {
			if len(pairs) < 2*mostLooked {
				pairs = append(pairs, [2]servmap.Host{src, dst})
			}
		}
	}
	hosts = append(hosts, f.Source.some()...)
	for _, h := range f.Destination.some() {
		if h.IsAddress() { // a word stands for many
			hosts = append(hosts, h)
		}
	}
	return pairs, hosts
}

// some returns a few of a side's hosts.
func (s *Side) some() []servmap.Host {
	out := make([]servmap.Host, 0, min(len(s.Hosts), mostLooked))
	for _, h := range s.Hosts[:cap(out)] {
		out = append(out, servmap.HostNamed(h))
	}
	return out
}
