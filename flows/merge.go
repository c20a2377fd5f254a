package flows

import (
	"cmp"
	"net/netip"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
)

// merger brings the ended flows of all shards into one order, applies hints, and hands the flows
// out.
type merger struct {
	engine *classify.Engine
	// tenants tells VLAN and tunnel of the keys that have a tenant.
	tenants *decode.Tenants
	emit    func(*Flow) error
	sight   func(*Sighting) // nil where nobody wants them
	early   func(*Flow)     // nil where nobody wants flows before their end
	seen    []Sighting      // not handed out yet, in order
	hints   *hints
	rest    [][]hint       // scratch of addHints
	texts   [256]labelText // of labels met lately
	flow    Flow
	count   uint64
	// evidence and origin are those of the flow that is being resolved.
	evidence classify.Evidence
	origin   moment // of the conversation
}

// labelText is what a label is called.
type labelText struct {
	label                 classify.Label
	application, category string
}

func newMerger(e *classify.Engine, emit func(*Flow) error) *merger {
	m := &merger{engine: e, emit: emit, hints: newHints()}
	m.evidence.Learned = m.hostName
	return m
}

// hostName returns the name by which the client of the flow being resolved knew the server when the
// conversation began.
func (m *merger) hostName(client, server netip.Addr) string {
	return m.hints.hostName(client, server, m.origin)
}

// byEnd orders flows as every output does: end, then number.
func byEnd(a, b *ended) int {
	if a.end != b.end {
		return cmp.Compare(a.end, b.end)
	}
	return cmp.Compare(a.Number(), b.Number())
}

// release merges the flows of all shards and hands them out. parts are the first results of each
// shard; more returns the next one of a shard whose last has not come yet, nil if the shard failed.
func (m *merger) release(parts []*result, more func(shard int) *result) error {
	m.addHints(parts)
	m.seen = append(m.seen, parts[0].sightings...)
	parts[0].sightings = parts[0].sightings[:0]
	for _, p := range parts {
		for i := range p.early {
			m.early(m.make(&p.early[i]))
		}
		p.early = p.early[:0]
	}
	swept := parts[0].swept
	for {
		var first *result
		for n, p := range parts {
			for p.next == len(p.flows) && !p.last {
				if p = more(n); p == nil {
					return errStopped
				}
				parts[n] = p
			}
			if p.next < len(p.flows) && (first == nil || byEnd(p.head(), first.head()) < 0) {
				first = p
			}
		}
		if first == nil {
			if len(m.seen) > 0 {
				m.handOutSightings(swept) // every flow to come ends later
			}
			return nil
		}
		if err := m.out(first.head()); err != nil {
			return err
		}
		first.next++
	}
}

// addHints adds the hints of all shards in the order of packets. Each shard's are in that order.
func (m *merger) addHints(parts []*result) {
	if len(parts) == 1 {
		for i := range parts[0].hints {
			m.hints.add(&parts[0].hints[i])
		}
		return
	}
	rest := m.rest[:0]
	for _, p := range parts {
		rest = append(rest, p.hints)
	}
	m.rest = rest
	for {
		first := -1
		for n, l := range rest {
			if len(l) > 0 && (first < 0 || l[0].number < rest[first][0].number) {
				first = n
			}
		}
		if first < 0 {
			clear(rest)
			return
		}
		m.hints.add(&rest[first][0])
		rest[first] = rest[first][1:]
	}
}

// handOutSightings hands out the sightings that a flow with this end is judged by.
func (m *merger) handOutSightings(end int64) {
	n := 0
	for n < len(m.seen) && m.seen[n].Now-grace <= end {
		m.sight(&m.seen[n])
		n++
	}
	if m.seen = m.seen[n:]; len(m.seen) == 0 {
		m.seen = nil
	}
}

// handOutRest hands out the sightings behind the last flow.
func (m *merger) handOutRest(sight func(*Sighting)) {
	for i := range m.seen {
		sight(&m.seen[i])
	}
}

// out resolves one flow's label and hands the flow out.
func (m *merger) out(e *ended) error {
	if len(m.seen) > 0 {
		m.handOutSightings(e.end)
	}
	m.count++
	return m.emit(m.make(e))
}

// make makes a flow of what the table had of it. The Flow is borrowed until the next call.
func (m *merger) make(e *ended) *Flow {
	f, ev := &m.flow, &m.evidence
	m.origin = moment{e.origin, e.began}
	m.collect(e)
	var resolved classify.Resolution
	if !e.failed {
		resolved = m.engine.Resolve(ev)
	}
	label, source := resolved.Label, e.Source()
	if resolved.Swapped {
		source = 1 - source
		ev.Src, ev.Dst, ev.SrcPort, ev.DstPort = ev.Dst, ev.Src, ev.DstPort, ev.SrcPort
	}
	vlan, tunnel := e.Key.Network(m.tenants)
	*f = Flow{
		Number: e.Number(), End: e.end, Expiration: e.expiration,
		Src: ev.Src, Dst: ev.Dst, SrcPort: ev.SrcPort, DstPort: ev.DstPort,
		SrcMAC: e.MAC[source], DstMAC: e.MAC[1-source],
		HasMAC:    e.Flags&table.HasMAC != 0,
		Broadcast: e.Flags&table.ToBroadcast != 0 && (e.MAC[1-source] == broadcastMAC || e.Packets[1-source] != 0),
		Certain:   e.Flags&table.SourceCertain != 0,
		Answered:  answered(&e.Record, source),
		Protocol:  e.Key.Protocol(), VLAN: vlan, Tunnel: tunnel,
		Src2Dst:    direction(&e.Record, source),
		Dst2Src:    direction(&e.Record, 1-source),
		Confidence: label.Confidence,
		Info:       e.info,
	}
	f.Application, f.Category = m.text(label)
	if f.Info.ServerName() != "" {
		if f.Owner = m.engine.Owner(f.Dst); f.Owner == "" {
			f.Owner = NoOwner
		}
		f.Resolved = m.hostName(f.Src, f.Dst)
	}
	return f
}

// collect fills the evidence with what is known of a flow.
func (m *merger) collect(e *ended) {
	ev := &m.evidence
	ev.Label, ev.Info, ev.Transport = e.Label(), e.info, transportOf(e.Key.Protocol())
	ev.Src, ev.Dst, ev.SrcPort, ev.DstPort = e.addrs()
	ev.Certain = e.Flags&table.SourceCertain != 0
	ev.Group = toMany(&e.Record, ev.Dst)
	ev.Unread = e.Flags&(table.SawPayload|table.HasLabel) == table.SawPayload
	ev.Unanswered = e.Flags&(table.SYNSeen<<e.Source()) != 0 && unanswered(&e.Record)
	ev.Expected = m.expected(ev)
}

// text returns what a label and its category are called.
func (m *merger) text(label classify.Label) (application, category string) {
	t := &m.texts[(uint(label.Master)*31+uint(label.App))%uint(len(m.texts))]
	if t.label != label || t.application == "" {
		*t = labelText{label, m.engine.LabelText(label), m.engine.Category(label)}
	}
	return t.application, t.category
}

// expected returns the protocol that an earlier flow announced for either endpoint, or "".
func (m *merger) expected(ev *classify.Evidence) string {
	if ev.Label.App != 0 || ev.Transport == 0 {
		return ""
	}
	if name := m.hints.expected(ev.Transport, ev.Src, ev.Dst, ev.DstPort, m.origin); name != "" {
		return name
	}
	return m.hints.expected(ev.Transport, ev.Dst, ev.Src, ev.SrcPort, m.origin)
}

// answered reports whether the flow's destination has answered. A TCP reset that refuses a connection
// is no answer: such a connection has no payload, and no more packets of the source than resets.
func answered(r *table.Record, source int) bool {
	if r.Packets[1-source] == 0 {
		return false
	}
	refused := r.Key.Protocol() == protoTCP && r.Flags&(table.Closed|table.SawPayload) == table.Closed &&
		r.Packets[source] <= r.Packets[1-source]
	return !refused
}

// broadcastMAC is the address of all hosts of a network.
var broadcastMAC = [6]byte{255, 255, 255, 255, 255, 255}

// toMany reports whether the flow's first packet, to the address dst, went to many hosts: none of
// them can have opened the conversation.
func toMany(r *table.Record, dst netip.Addr) bool {
	return r.Flags&table.ToBroadcast != 0 || dst.IsMulticast() || IsLimitedBroadcast(dst)
}

// direction returns the counts of what a side of the key sent.
func direction(r *table.Record, side int) Direction {
	return Direction{First: r.First[side], Last: r.Last[side], Packets: uint64(r.Packets[side]), Bytes: r.Bytes[side]}
}
