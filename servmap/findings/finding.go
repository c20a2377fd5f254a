package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"net"
	"net/netip"
	"slices"
	"time"

	"servmap/servmap"
	"servmap/servmap/vendors"
)

// Finding is what one person would look at as one thing. Its fields are the keys of the report; every
// key is always there, and no list has more than 100 entries: More names those that were cut.
type Finding struct {
	ID    string `json:"id"`
	Level string `json:"level"`
	Kind  string `json:"kind"`
	// Title is a sentence: who does what with whom. Why says what was expected.
	Title string `json:"title"`
	Why   string `json:"why"`
	// Source is the side that does it. Destination is the server, the conflicting address, or who
	// took a role.
	Source       Side     `json:"source"`
	Destination  Side     `json:"destination"`
	Applications []string `json:"applications"`
	Transport    []string `json:"transport"`
	Ports        []uint16 `json:"ports"`
	Flows        uint64   `json:"flows"`
	Packets      uint64   `json:"packets"`
	Bytes        uint64   `json:"bytes"`
	BytesOut     uint64   `json:"bytes_out"`
	BytesIn      uint64   `json:"bytes_in"`
	Answered     bool     `json:"answered"`
	// First and Last are packet times, RFC 3339 in UTC.
	First        string            `json:"first"`
	Last         string            `json:"last"`
	Files        []string          `json:"files"`
	Verdicts     map[string]uint64 `json:"verdicts"`
	CommunityIDs []string          `json:"community_ids"`
	// Filter selects the packets of the finding's flows, in the language of --filter; Capture does in that of tcpdump and
	// tshark, and is empty where that language cannot say it: inside tunnels. Where More has "filter" they select
	// others, too.
	Filter  string `json:"filter"`
	Capture string `json:"capture_filter"`
	// Accept is what accepting the finding would add to the map.
	Accept []servmap.Addition `json:"accept"`
	More   []string           `json:"more"`

	level    Level
	kind     Kind
	severity servmap.Severity
}

// Side is one side of a finding.
type Side struct {
	// Host is the host as the map names it, "*" where there are several: Count and Hosts tell which.
	Host  string   `json:"host"`
	Count int      `json:"count"`
	Hosts []string `json:"hosts"`
	Name  string   `json:"name"`
	// Addresses and MACs are those seen in this check. Vendor is who made them all, by their prefixes.
	Addresses []string `json:"addresses"`
	MACs      []string `json:"macs"`
	Vendor    string   `json:"vendor"`
	// Domains and Owners tell of hosts outside.
	Domains []string `json:"domains"`
	Owners  []string `json:"owners"`
}

// LevelOf returns the finding's level.
func (f *Finding) LevelOf() Level { return f.level }

// KindOf returns the finding's kind.
func (f *Finding) KindOf() Kind { return f.kind }

// IsCut reports whether a list of the finding is longer than a finding holds: More names it.
func (f *Finding) IsCut(list string) bool { return slices.Contains(f.More, list) }

// Severity returns the severity of the finding's worst flow. That of a finding that was read is the severity of its worst
// verdict, since a report does not hold what made a flow milder.
func (f *Finding) Severity() servmap.Severity { return f.severity }

// Lines are what accepting the finding would add to the map, as servmap diff tells it.
func (f *Finding) Lines() iter.Seq[servmap.Change] {
	return func(yield func(servmap.Change) bool) {
		for i := range f.Accept {
			for _, c := range f.Accept[i].Lines() {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// idOf returns the identifier of a grouping key: twelve hexadecimal digits of its hash.
func idOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:6])
}

// texts returns at most mostListed values as texts; more tells that some were cut.
func texts[T any](values []T, more *bool, text func(T) string) []string {
	out := make([]string, 0, min(len(values), mostListed))
	for _, v := range values {
		if len(out) == mostListed {
			*more = true
			break
		}
		out = append(out, text(v))
	}
	return out
}

// side returns one side as output has it. It notes the names of lists that were cut.
func (c *Collector) side(s *end, name string, cut *[]string) Side {
	out := Side{Host: "", Count: len(s.hosts.values)}
	note := func(key string, more bool) {
		if more {
			*cut = append(*cut, name+"."+key)
		}
	}
	more := s.hosts.more
	hosts := slices.Clone(s.hosts.values)
	slices.SortFunc(hosts, servmap.Host.Compare)
	key := func(h servmap.Host) string { return c.m.Key(h).String() }
	out.Hosts = texts(hosts, &more, key)
	note("hosts", more)
	switch len(hosts) {
	case 0:
	case 1:
		out.Host, out.Name = key(hosts[0]), c.name(hosts[0])
	default:
		out.Host = "*"
	}
	more = s.addresses.more
	addresses := slices.Clone(s.addresses.values)
	slices.SortFunc(addresses, netip.Addr.Compare)
	out.Addresses = texts(addresses, &more, netip.Addr.String)
	note("addresses", more)
	more = s.macs.more
	macs := slices.Clone(s.macs.values)
	slices.SortFunc(macs, func(a, b [6]byte) int { return slices.Compare(a[:], b[:]) })
	out.MACs = texts(macs, &more, func(m [6]byte) string { return net.HardwareAddr(m[:]).String() })
	note("macs", more)
	out.Vendor = vendor(macs)
	plain := func(key string, l *list[string]) []string {
		more := l.more
		values := slices.Sorted(slices.Values(l.values))
		list := texts(values, &more, func(s string) string { return s })
		note(key, more)
		return list
	}
	out.Domains, out.Owners = plain("domains", &s.domains), plain("owners", &s.owners)
	return out
}

// vendor returns the vendor of all of the hardware addresses that have one, "" where there are several.
func vendor(macs [][6]byte) string {
	found := ""
	for _, m := range macs {
		switch v := vendors.Of(m); {
		case v == "" || v == found:
		case found != "":
			return ""
		default:
			found = v
		}
	}
	return found
}

// name returns what the user calls a host, or what it calls itself, or what it called itself in training,
// or "".
func (c *Collector) name(h servmap.Host) string {
	if !h.IsAddress() {
		return ""
	}
	if n := c.userName(h); n != "" {
		return n
	}
	if n := c.checker.Hosts.Name(h.Addr()); n != "" {
		return n
	}
	if r := c.m.Evidence.Record(h); r != nil {
		return r.Name
	}
	return ""
}

// userName returns what the user calls a host, or "".
func (c *Collector) userName(h servmap.Host) string {
	if c.Names == nil {
		return ""
	}
	if n := c.Names.Of(h.Addr(), c.checker.Hosts.MACs(h.Addr())); n != "" {
		return n
	}
	if r := c.m.Evidence.Record(h); r != nil {
		return c.Names.Of(h.Addr(), r.MACs)
	}
	return ""
}

// shown returns a host as a person reads it: "tv (10.42.0.130)".
func (c *Collector) shown(h servmap.Host) string {
	if n := c.name(h); n != "" {
		return n + " (" + h.String() + ")"
	}
	switch h {
	case servmap.Remote:
		return "a host outside"
	case servmap.Multicast:
		return "multicast groups"
	case servmap.Broadcast:
		return "all hosts"
	}
	return h.String()
}

// finding makes the finding of a group that was judged.
func (c *Collector) finding(g *group, files []string) *Finding {
	f := &Finding{
		ID: g.id, Level: g.level.String(), Kind: g.kind.String(), Title: c.title(g), Why: g.why, level: g.level, kind: g.kind, severity: g.severity,
		Flows: g.flows, Packets: g.packets, Bytes: g.bytes, BytesOut: g.out, BytesIn: g.in, Answered: g.answered,
		First: timeText(g.first), Last: timeText(g.last), CommunityIDs: append([]string{}, g.community...),
		Verdicts: map[string]uint64{}, More: []string{},
	}
	f.Source, f.Destination = c.side(&g.src, "source", &f.More), c.side(&g.dst, "destination", &f.More)
	note := func(key string, more bool) {
		if more {
			f.More = append(f.More, key)
		}
	}
	more := g.applications.more
	f.Applications = texts(slices.Sorted(slices.Values(g.applications.values)), &more, func(s string) string { return s })
	note("applications", more)
	f.Transport = append([]string{}, slices.Sorted(slices.Values(g.transports.values))...)
	ports := slices.Sorted(slices.Values(g.ports.values))
	note("ports", len(ports) > mostListed || g.ports.more)
	f.Ports = append([]uint16{}, ports[:min(len(ports), mostListed)]...)
	f.Files = []string{}
	for _, n := range slices.Sorted(slices.Values(g.files.values)) {
		if int(n) < len(files) && len(f.Files) < mostListed {
			f.Files = append(f.Files, files[n])
		}
	}
	note("files", len(g.files.values) > mostListed)
	for v, n := range g.verdicts {
		if n > 0 {
			f.Verdicts[servmap.Verdict(v).String()] = n
		}
	}
	exact := false
	f.Filter, f.Capture, exact = g.expressions(c.checker.Fragmented)
	note("filter", f.Filter != "" && !exact)
	f.Accept, more = c.additions(g)
	note("accept", more)
	return f
}

// timeText returns a packet time as RFC 3339 in UTC, to the millisecond.
func timeText(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z")
}
