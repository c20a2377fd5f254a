package servmap

import (
	"servmap/servmap/mapjson"
)

// Suspects reports whether Lint would warn of anything in a map that was parsed, perhaps for nothing. It
// takes a look at each host and each service once, and so much less time than Lint.
func (l *Linter) Suspects(m *Map) bool {
	l.learn(m)
	p := &m.pairs
	if p.repeated {
		return true
	}
	for n := range p.hosts.keys.n {
		if h := p.hosts.host(n); h.IsAddress() && l.addressProblem(h.addr) != "" || !h.IsAddress() && l.problem(h.String(), false) != "" {
			return true
		}
	}
	for i := range p.sources.n {
		if h := p.hosts.host(p.sources.at(i).host); !h.IsAddress() && l.problem(h.String(), true) != "" {
			return true
		}
	}
	for _, a := range p.lists.names {
		if l.service(a) != "" {
			return true
		}
	}
	return false
}

// learn takes the services that the training of a map met for such that flows can have.
func (l *Linter) learn(m *Map) {
	l.learned, l.suggestions = map[string]struct{}{}, 0
	clear(l.services)
	if m.Evidence == nil {
		return
	}
	for _, u := range m.Evidence.Uses {
		if len(u.Counts) > 0 {
			l.learned[u.Service] = struct{}{}
		}
	}
}

// problem is keyProblem, and remembers what it found of words.
func (l *Linter) problem(key string, source bool) string {
	side := 0
	if source {
		side = 1
	}
	found, ok := l.keys[side][key]
	if !ok {
		found = l.keyProblem(key, source)
		if len(l.keys[side]) < MaxWords {
			l.keys[side][key] = found
		}
	}
	return found
}

// service is serviceProblem, and remembers what it found.
func (l *Linter) service(service string) string {
	found, ok := l.services[service]
	if !ok {
		found = l.serviceProblem(service)
		l.services[service] = found
	}
	return found
}

// lintRun is a run of Lint.
type lintRun struct {
	*Linter
	*mapjson.Reader
	file string
	warn func(Warning)
	// here are the services of the pair at hand.
	here map[string]struct{}
}

// Lint warns of each key and service in the file of a map, in the order of the file, that no flow can ever
// match, and of services that stand twice in a list. m is what Parse made of the file. What stands under
// "@servmap" is not looked at.
func (l *Linter) Lint(file string, data []byte, m *Map, warn func(Warning)) error {
	l.learn(m)
	r := &lintRun{l, mapjson.NewReader(file, data), file, warn, map[string]struct{}{}}
	return r.Members("a services map: { and the source hosts", func(key string) error {
		if key == metaKey {
			return r.Skip()
		}
		r.key(key, true)
		return r.Members("an object of destinations", func(key string) error {
			r.key(key, false)
			return r.pair()
		})
	})
}

// tell warns of the word read last.
func (r *lintRun) tell(word, problem string) {
	line, column := r.Place(r.Mark())
	r.warn(Warning{r.file, line, column, mapjson.Quote(word) + " " + problem})
}

// key looks at the key read last.
func (r *lintRun) key(key string, source bool) {
	if p := r.problem(key, source); p != "" {
		r.tell(key, "matches no flow: "+p)
	}
}

// pair reads the bytes and services of a pair, and looks at the services.
func (r *lintRun) pair() error {
	clear(r.here)
	return r.Array("an array of bytes and applications", func(i int) error {
		if i == 0 {
			_, err := r.Uint("a whole number of bytes")
			return err
		}
		service, err := r.Word("the name of an application in double quotes")
		if err != nil {
			return err
		}
		if p := r.service(service); p != "" {
			r.tell(service, "matches no flow: "+p)
		}
		if _, twice := r.here[service]; twice {
			r.tell(service, "stands in the list already")
		}
		r.here[service] = struct{}{}
		return nil
	})
}
