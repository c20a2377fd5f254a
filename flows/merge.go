package flows

import (
	"cmp"
	"net/netip"

	"servmap/classify"
)

// merger brings the ended flows of all shards into one order, applies what
// flows taught about others, and hands the flows out.
type merger struct {
	engine  *classify.Engine
	emit    func(*Flow) error
	lessons lessons
	rest    [][]lesson     // scratch of learn
	texts   [256]labelText // of labels met lately
	flow    Flow
	count   uint64
	// end and origin are those of the flow that is being resolved.
	end    classify.Evidence
	origin uint64
}

type labelText struct {
	label                 classify.Label
	application, category string
}

func newMerger(e *classify.Engine, emit func(*Flow) error) *merger {
	m := &merger{engine: e, emit: emit}
	m.end.Learned = m.learned
	return m
}

// learned returns the name that the client of the flow being resolved had
// learned for the server when it began.
func (m *merger) learned(client, server netip.Addr) string {
	return m.lessons.name(client, server, m.origin)
}

// byEnd orders flows as every output does: end, then number.
func byEnd(a, b *ended) int {
	if a.end != b.end {
		return cmp.Compare(a.end, b.end)
	}
	return cmp.Compare(a.number(), b.number())
}

// release merges the flows of all shards and hands them out. parts are the
// first results of each; more gets the next one of a shard whose last has not
// come yet.
func (m *merger) release(parts []*result, more func(shard int) *result) error {
	m.learn(parts)
	for {
		var first *result
		for n, p := range parts {
			for p.next == len(p.flows) && !p.last {
				if p = more(n); p == nil {
					return errStopped // the shard has failed
				}
				parts[n] = p
			}
			if p.next < len(p.flows) && (first == nil || byEnd(p.head(), first.head()) < 0) {
				first = p
			}
		}
		if first == nil {
			return nil
		}
		if err := m.out(first.head()); err != nil {
			return err
		}
		first.next++
	}
}

// learn adds the lessons of all shards in the order of packets, in which each shard's are.
func (m *merger) learn(parts []*result) {
	if len(parts) == 1 {
		for i := range parts[0].lessons {
			m.lessons.add(&parts[0].lessons[i])
		}
		return
	}
	rest := m.rest[:0]
	for _, p := range parts {
		rest = append(rest, p.lessons)
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
		m.lessons.add(&rest[first][0])
		rest[first] = rest[first][1:]
	}
}

// out resolves one flow's label and hands the flow out.
func (m *merger) out(e *ended) error {
	f, end := &m.flow, &m.end
	m.origin = e.origin
	end.Label, end.Info, end.Transport = e.label(), e.info, transportOf(e.key.Protocol())
	end.Src, end.Dst, end.SrcPort, end.DstPort = e.addrs()
	end.Certain = e.flags&sourceCertain != 0
	end.Group = e.toMany(end.Dst)
	end.Unread = e.flags&(sawPayload|isPayload) == sawPayload
	end.Expected = m.expected(end)
	var resolved classify.Resolution
	if !e.failed {
		resolved = m.engine.Resolve(end)
	}
	label, source := resolved.Label, e.source()
	if resolved.Swapped {
		source = 1 - source
		end.Src, end.Dst, end.SrcPort, end.DstPort = end.Dst, end.Src, end.DstPort, end.SrcPort
	}
	m.count++
	*f = Flow{
		Number: e.number(), End: e.end, Expiration: e.expiration,
		SrcMAC: e.mac[source], DstMAC: e.mac[1-source],
		HasMAC:    e.flags&hasMAC != 0,
		Broadcast: e.flags&toBroadcast != 0 && e.mac[1-source] == broadcastMAC,
		Protocol:  e.key.Protocol(), VLAN: e.key.VLAN(), Tunnel: e.key.Tunnel(),
		Src2Dst:    e.direction(source),
		Dst2Src:    e.direction(1 - source),
		Confidence: label.Confidence,
		Info:       e.info,
	}
	f.Src, f.Dst, f.SrcPort, f.DstPort = end.Src, end.Dst, end.SrcPort, end.DstPort
	text := &m.texts[(uint(label.Master)*31+uint(label.App))%uint(len(m.texts))]
	if text.label != label || text.application == "" {
		*text = labelText{label, m.engine.LabelText(label), m.engine.Category(label)}
	}
	f.Application, f.Category = text.application, text.category
	return m.emit(f)
}

// expected returns what an earlier flow announced for either endpoint.
func (m *merger) expected(end *classify.Evidence) string {
	if end.Label.App != 0 || end.Transport == 0 {
		return ""
	}
	if name := m.lessons.expected(end.Transport, end.Dst, end.DstPort, m.origin); name != "" {
		return name
	}
	return m.lessons.expected(end.Transport, end.Src, end.SrcPort, m.origin)
}

// Where packets for all hosts of a network go: 255.255.255.255 (RFC 919, section
// 7) and ff:ff:ff:ff:ff:ff.
var (
	limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	broadcastMAC     = [6]byte{255, 255, 255, 255, 255, 255}
)

// toMany reports whether the flow's first packet went to many, its address to
// being dst: nobody there can have opened the conversation.
func (r *record) toMany(dst netip.Addr) bool {
	return r.flags&toBroadcast != 0 || dst.IsMulticast() || dst == limitedBroadcast
}

// direction returns the counts of what a side of the key sent.
func (r *record) direction(side int) Direction {
	return Direction{First: r.first[side], Last: r.last[side], Packets: uint64(r.packets[side]), Bytes: r.bytes[side]}
}
