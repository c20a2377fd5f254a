package servmap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"servmap/flows/safetext"
	"servmap/servmap/identity"
	"servmap/servmap/mapjson"
)

// The words of a use's flags.
const (
	flagAnswered = "answered"
	flagMore     = "more"
)

// inOrder returns the events in the order of the file, which does not depend on the order of learning,
// and their numbers there.
func (e *Evidence) inOrder() (events []Event, to []uint32) {
	order := make([]uint32, len(e.Events))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		x, y := e.Events[a], e.Events[b]
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Capture, y.Capture))
	})
	to, events = make([]uint32, len(order)), make([]Event, len(order))
	for n, i := range order {
		to[i], events[n] = uint32(n), e.Events[i]
	}
	return events, to
}

// sort sorts all lists whose order means nothing.
func (e *Evidence) sort() {
	slices.SortFunc(e.Tunnels, func(a, b Outer) int {
		return cmp.Or(a.Src.Compare(b.Src), a.Dst.Compare(b.Dst), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(e.Talkers, func(a, b Talker) int {
		return cmp.Or(compareMACs(a.MAC, b.MAC), cmp.Compare(a.EtherType, b.EtherType))
	})
}

// evidenceWriter appends to out and writes now and then.
type evidenceWriter struct {
	w   io.Writer
	out []byte
	err error
	// to holds the events' numbers in the file.
	to []uint32
}

func (w *evidenceWriter) printf(format string, args ...any) {
	w.out = fmt.Appendf(w.out, format, args...)
	if w.err == nil {
		w.out, w.err = mapjson.Drain(w.w, w.out)
	}
}

func (w *evidenceWriter) text(s string) { w.out = mapjson.AppendString(w.out, s) }

// list appends an array on one line.
func list[T any](w *evidenceWriter, values []T, element func(T)) {
	w.out = append(w.out, '[')
	for i, v := range values {
		if i > 0 {
			w.out = append(w.out, ", "...)
		}
		element(v)
	}
	w.out = append(w.out, ']')
}

func (w *evidenceWriter) addr(a netip.Addr) { w.text(a.String()) }

func (w *evidenceWriter) mac(m identity.MAC) { w.text(net.HardwareAddr(m[:]).String()) }

// eventList appends events by their numbers in the file.
func (w *evidenceWriter) eventList(events []uint32) {
	numbers := make([]uint32, len(events))
	for i, n := range events {
		numbers[i] = w.to[n]
	}
	slices.Sort(numbers)
	list(w, numbers, func(n uint32) { w.out = strconv.AppendUint(w.out, uint64(n), 10) })
}

// write writes the evidence as a JSON object; its lines are indented by six blanks more than the
// reserved key.
func (e *Evidence) write(w io.Writer, out []byte, pairs *Pairs) ([]byte, error) {
	e.sort()
	events, to := e.inOrder()
	o := &evidenceWriter{w: w, out: out, to: to}
	o.printf("{\n      \"events\": ")
	list(o, events, func(v Event) {
		o.text(v.Capture + " " + time.Unix(int64(v.Day)*86400, 0).UTC().Format(time.DateOnly))
	})
	for _, l := range []struct {
		name  string
		write func()
	}{
		{"shared_macs", func() { list(o, e.Shared, o.mac) }},
		{"dhcp_servers", func() { list(o, e.DHCP, o.addr) }},
		{"routers", func() { list(o, e.Routers, o.addr) }},
		{"tunnels", func() {
			list(o, e.Tunnels, func(t Outer) { list(o, []string{t.Kind, t.Src.String(), t.Dst.String()}, o.text) })
		}},
		{"talkers", func() {
			list(o, e.Talkers, func(t Talker) {
				o.out = append(o.out, '[')
				o.mac(t.MAC)
				o.printf(", %d]", t.EtherType)
			})
		}},
	} {
		o.printf(",\n      %q: ", l.name)
		l.write()
	}
	if e.Older {
		o.printf(",\n      \"older_pairs\": 1")
	}
	e.writeNames(o)
	e.writeHosts(o)
	e.writeUses(o, pairs)
	for _, k := range e.others {
		o.out = append(o.out, ",\n      "...)
		o.other(k)
	}
	o.printf("\n    }")
	return o.out, o.err
}

// other appends a key that this program does not know, with its value on one line.
func (w *evidenceWriter) other(k other) {
	w.text(k.key)
	w.out = append(w.out, ": "...)
	var value bytes.Buffer
	if err := json.Compact(&value, k.value); err != nil && w.err == nil {
		w.err = err
	}
	w.out = append(w.out, safetext.SecureJSON(value.Bytes())...)
}

// others appends keys that this program does not know behind those of an object.
func (w *evidenceWriter) others(list []other) {
	for _, k := range list {
		w.out = append(w.out, ", "...)
		w.other(k)
	}
}

func (e *Evidence) writeNames(o *evidenceWriter) {
	o.printf(",\n      \"names\": {")
	sep := ""
	for _, domain := range slices.Sorted(maps.Keys(e.Names)) {
		o.printf("%s\n        ", sep)
		o.text(domain)
		o.printf(": ")
		list(o, e.Names[domain], o.text)
		sep = ","
	}
	if sep != "" {
		o.printf("\n      ")
	}
	o.printf("}")
}

func (e *Evidence) writeHosts(o *evidenceWriter) {
	o.printf(",\n      \"hosts\": {")
	sep := ""
	for _, a := range slices.SortedFunc(maps.Keys(e.Hosts), netip.Addr.Compare) {
		h := e.Hosts[a]
		o.printf("%s\n        ", sep)
		o.addr(a)
		o.printf(": {\"macs\": ")
		list(o, h.MACs, o.mac)
		if h.Name != "" {
			o.printf(", \"name\": ")
			o.text(h.Name)
		}
		if h.Claimed {
			o.printf(", \"claimed\": 1")
		}
		if len(h.Asked) > 0 {
			o.printf(", \"asked\": ")
			list(o, h.Asked, o.addr)
		}
		o.printf(", \"seen\": ")
		seen := slices.Clone(h.Seen)
		for i := range seen {
			seen[i].Event = o.to[seen[i].Event]
		}
		slices.SortFunc(seen, func(a, b Presence) int { return cmp.Compare(a.Event, b.Event) })
		list(o, seen, func(p Presence) { o.printf("[%d, %d]", p.Event, p.Flows) })
		o.others(e.hostOthers[a])
		o.printf("}")
		sep = ","
	}
	o.printf("\n      }")
}

func (e *Evidence) writeUses(o *evidenceWriter, pairs *Pairs) {
	o.printf(",\n      \"uses\": {")
	anySource := ""
	var uses []*Use
	for src := range pairs.SortedSources() {
		anyPair := ""
		for p := range pairs.SortedPairs(src) {
			uses = uses[:0]
			for _, a := range p.Applications {
				app := pairs.lists.numbers[a]
				if u := e.uses[used{pair: p.number, application: app}.key()]; u != nil {
					uses = append(uses, u)
				}
			}
			if len(uses) == 0 {
				continue
			}
			if anyPair == "" {
				o.printf("%s\n        ", anySource)
				o.text(src.Host.String())
				o.printf(": {")
				anySource = ","
			}
			o.printf("%s\n          ", anyPair)
			o.text(p.Dst.String())
			o.printf(": {")
			anyPair = ","
			slices.SortFunc(uses, func(a, b *Use) int { return cmp.Compare(a.Service, b.Service) })
			for i, u := range uses {
				if i > 0 {
					o.printf(",")
				}
				o.use(u, e.useOthers[u])
			}
			o.printf("\n          }")
		}
		if anyPair != "" {
			o.printf("\n        }")
		}
	}
	if anySource != "" {
		o.printf("\n      ")
	}
	o.printf("}")
}

// use appends a use: its service, and an object on one line.
func (w *evidenceWriter) use(u *Use, others []other) {
	w.printf("\n            ")
	w.text(u.Service)
	w.printf(": {\"counts\": ")
	counts := slices.Clone(u.Counts)
	for i := range counts {
		counts[i].Event = w.to[counts[i].Event]
	}
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Event, b.Event) })
	list(w, counts, func(c Count) {
		w.out = append(w.out, '[')
		for i, n := range [...]uint64{uint64(c.Event), uint64(c.Flows), c.Out, c.In} {
			if i > 0 {
				w.out = append(w.out, ", "...)
			}
			w.out = strconv.AppendUint(w.out, n, 10)
		}
		w.out = append(w.out, ']')
	})
	if len(u.Ports) > 0 {
		w.printf(", \"ports\": ")
		list(w, u.Ports, func(p uint16) { w.out = strconv.AppendUint(w.out, uint64(p), 10) })
	}
	if len(u.Peers) > 0 {
		w.printf(", \"peers\": {")
		for i := range u.Peers {
			if i > 0 {
				w.printf(", ")
			}
			w.text(u.Peers[i].Name)
			w.printf(": ")
			w.eventList(u.Peers[i].Events)
		}
		w.printf("}")
	}
	var flags []string
	if u.Answered {
		flags = append(flags, flagAnswered)
	}
	if u.More {
		flags = append(flags, flagMore)
	}
	if len(flags) > 0 {
		w.printf(", \"flags\": ")
		list(w, flags, w.text)
	}
	w.others(others)
	w.printf("}")
}
