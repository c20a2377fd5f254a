package servmap

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"servmap/servmap/identity"
	"servmap/servmap/mapjson"
)

// evidenceReader reads evidence.
type evidenceReader struct {
	*mapjson.Reader
	e     *Evidence
	names *HostReader
	words map[string]string
}

// readEvidence reads the object that Evidence.write writes.
func readEvidence(r *mapjson.Reader, names *HostReader, p *Pairs) (*Evidence, error) {
	e := &evidenceReader{r, newEvidence(p), names, map[string]string{}}
	err := r.Object("an object of evidence", func(key string) error {
		switch key {
		case "events":
			return e.events()
		case "shared_macs":
			return e.macs(&e.e.Shared)
		case "dhcp_servers":
			return e.addrs(&e.e.DHCP)
		case "routers":
			return e.addrs(&e.e.Routers)
		case "older_pairs":
			n, err := e.Uint("1 or 0")
			e.e.Older = n != 0
			return err
		case "tunnels":
			return e.tunnels()
		case "talkers":
			return e.talkers()
		case "names":
			return r.Members("an object of domains", e.owners)
		case "hosts":
			return r.Members("an object of addresses", e.host)
		case "uses":
			return r.Members("an object of sources", e.source)
		}
		return keep(r, key, &e.e.others)
	})
	return e.e, err
}

// owners reads the owners of the addresses of a domain.
func (e *evidenceReader) owners(domain string) error {
	return e.Array("an array of owners", func(int) error {
		owner, err := e.String("an owner")
		if err == nil {
			e.e.addOwner(domain, e.word(owner))
		}
		return err
	})
}

func (e *evidenceReader) events() error {
	return e.Array("an array of events", func(int) error {
		const expected = "a capture and a day, as in \"0123456789abcdef 2026-01-31\""
		text, err := e.String(expected)
		if err != nil {
			return err
		}
		capture, date, _ := strings.Cut(text, " ")
		t, err := time.Parse(time.DateOnly, date)
		if err != nil || capture == "" {
			return e.Fail(expected, mapjson.Quote(text))
		}
		v := Event{capture, int32(t.Unix() / 86400)}
		if _, twice := e.e.events[v]; twice {
			return e.Fail("each event once", mapjson.Quote(text)+" again")
		}
		e.e.event(v)
		return nil
	})
}

// eventNumber reads the index of an event.
func (e *evidenceReader) eventNumber() (uint32, error) {
	n, err := e.Uint("the index of an event")
	if err == nil && n >= uint64(len(e.e.Events)) {
		err = e.Fail(fmt.Sprintf("the index of one of %d events, which come first", len(e.e.Events)), fmt.Sprint(n))
	}
	return uint32(n), err
}

func (e *evidenceReader) mac() (m identity.MAC, err error) {
	const expected = "a hardware address, as in \"02:00:00:00:00:01\""
	text, err := e.String(expected)
	if err != nil {
		return m, err
	}
	m, ok := parseMAC(text)
	if !ok {
		return m, e.Fail(expected, mapjson.Quote(text))
	}
	return m, nil
}

// parseMAC reads a hardware address of six bytes.
func parseMAC(text string) (m identity.MAC, ok bool) {
	a, err := net.ParseMAC(text)
	if err != nil || len(a) != len(m) {
		return m, false
	}
	return identity.MAC(a), true
}

func (e *evidenceReader) macs(into *[]identity.MAC) error {
	err := e.Array("an array of hardware addresses", func(i int) error {
		m, err := e.mac()
		if i == identity.MaxHosts {
			return e.Fail(fmt.Sprintf("at most %d hardware addresses", identity.MaxHosts), "more")
		}
		*into = append(*into, m)
		return err
	})
	slices.SortFunc(*into, compareMACs)
	*into = slices.Compact(*into)
	return err
}

func (e *evidenceReader) addrs(into *[]netip.Addr) error {
	return e.Array("an array of addresses", func(int) error {
		text, err := e.String("an address")
		if err != nil {
			return err
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return e.Fail("an address", mapjson.Quote(text))
		}
		*into = insertAddr(*into, a)
		return nil
	})
}

func (e *evidenceReader) tunnels() error {
	return e.Array("an array of tunnels", func(int) error {
		var words [3]string
		n := 0
		err := e.Array("a kind of tunnel and its two ends", func(i int) (err error) {
			if n++; i >= len(words) {
				return e.Fail("a kind and two ends", "more")
			}
			words[i], err = e.String("a kind of tunnel or one of its ends")
			return err
		})
		if err == nil && n < len(words) {
			err = e.Fail("a kind of tunnel and its two ends", "]")
		}
		o := Outer{words[0], HostNamed(words[1]), HostNamed(words[2])}
		if err == nil && !slices.Contains(e.e.Tunnels, o) {
			e.e.Tunnels = append(e.e.Tunnels, o)
		}
		return err
	})
}

func (e *evidenceReader) talkers() error {
	return e.Array("an array of hosts that speak no IP", func(int) error {
		var t Talker
		n := 0
		err := e.Array("a hardware address and an EtherType", func(i int) (err error) {
			switch n++; i {
			case 0:
				t.MAC, err = e.mac()
			case 1:
				var v uint64
				if v, err = e.Uint("an EtherType"); err == nil && v > 0xffff {
					err = e.Fail("an EtherType", fmt.Sprint(v))
				}
				t.EtherType = uint16(v)
			default:
				err = e.Fail("a hardware address and an EtherType", "more")
			}
			return err
		})
		if err == nil && n < 2 {
			err = e.Fail("a hardware address and an EtherType", "]")
		}
		if err == nil && !slices.Contains(e.e.Talkers, t) {
			e.e.Talkers = append(e.e.Talkers, t)
		}
		return err
	})
}

// host reads what is known of the address whose key was read last.
func (e *evidenceReader) host(key string) error {
	a, err := netip.ParseAddr(key)
	if err != nil {
		return e.Fail("an address", mapjson.Quote(key))
	}
	if e.e.Hosts[a] != nil {
		return e.Twice(key)
	}
	h := e.e.host(a)
	return e.Fields("what is known of a host", func(key string) (err error) {
		switch key {
		case "macs":
			return e.macs(&h.MACs)
		case "name":
			h.Name, err = e.String("a name")
		case "asked":
			return e.addrs(&h.Asked)
		case "claimed":
			var n uint64
			n, err = e.Uint("1 or 0")
			h.Claimed = n != 0
		case "seen":
			err = e.Array("an array of events", func(int) error { return e.presence(h) })
		default:
			others := e.e.hostOthers[a]
			err = keep(e.Reader, key, &others)
			e.e.hostOthers[a] = others
		}
		return err
	})
}

// presence reads an event and a number of flows.
func (e *evidenceReader) presence(h *HostRecord) error {
	var p Presence
	n := 0
	const expected = "an event and a number of flows"
	err := e.Array(expected, func(i int) (err error) {
		switch n++; i {
		case 0:
			p.Event, err = e.eventNumber()
		case 1:
			p.Flows, err = e.Uint("a number of flows")
		default:
			err = e.Fail(expected, "more")
		}
		return err
	})
	if err == nil && n < 2 {
		err = e.Fail(expected, "]")
	}
	if err == nil {
		h.add(p.Event, p.Flows)
	}
	return err
}

// source reads the uses of the source whose key was read last.
func (e *evidenceReader) source(key string) error {
	src, err := e.names.host(key)
	if err != nil {
		return err
	}
	return e.Members("an object of destinations", func(key string) error {
		dst, err := e.names.host(key)
		if err != nil {
			return err
		}
		return e.Members("an object of services", func(service string) error { return e.use(src, dst, service) })
	})
}

// use reads what is known of a use.
func (e *evidenceReader) use(src, dst Host, service string) error {
	u := e.e.memory.add(src, dst, e.word(service))
	e.e.Uses = append(e.e.Uses, u)
	return e.Fields("what is known of a use", func(key string) (err error) {
		switch key {
		case "counts":
			err = e.Array("an array of counts", func(int) error { return e.count(u) })
		case "ports":
			err = e.Array("an array of ports", func(int) error {
				n, err := e.Uint("a port")
				if err == nil && n > 0xffff {
					err = e.Fail("a port", fmt.Sprint(n))
				}
				u.Ports, _ = insert(u.Ports, uint16(n), false)
				return err
			})
		case "peers":
			err = e.Members("an object of domains and owners", func(name string) error {
				return e.Array("an array of events", func(int) error {
					n, err := e.eventNumber()
					if err == nil {
						u.addPeer(name, n)
					}
					return err
				})
			})
		case "flags":
			err = e.Array("an array of flags", func(int) error {
				word, err := e.String("a flag")
				u.Answered, u.More = u.Answered || word == flagAnswered, u.More || word == flagMore
				return err
			})
		default:
			others := e.e.useOthers[u]
			err = keep(e.Reader, key, &others)
			e.e.useOthers[u] = others
		}
		return err
	})
}

// word returns the one text of a name that comes many times.
func (e *evidenceReader) word(s string) string {
	w, ok := e.words[s]
	if !ok {
		w = strings.Clone(s)
		e.words[w] = w
	}
	return w
}

// count reads an event's counts: its index, flows, and the bytes of both sides.
func (e *evidenceReader) count(u *Use) error {
	const expected = "an event, flows, bytes out and bytes in"
	var c Count
	n := 0
	err := e.Array(expected, func(i int) (err error) {
		n++
		var v uint64
		switch i {
		case 0:
			c.Event, err = e.eventNumber()
		case 1:
			v, err = e.Uint("a number of flows")
			c.Flows = uint32(min(v, 1<<32-1))
		case 2:
			c.Out, err = e.Uint("a number of bytes")
		case 3:
			c.In, err = e.Uint("a number of bytes")
		default:
			err = e.Fail(expected, "more")
		}
		return err
	})
	if err == nil && n < 4 {
		err = e.Fail(expected, "]")
	}
	at, twice := slices.BinarySearchFunc(u.Counts, c.Event, func(x Count, v uint32) int { return cmp.Compare(x.Event, v) })
	switch {
	case err != nil:
		return err
	case twice:
		return e.Fail("each event of a use once", "an event again")
	case len(u.Counts) < mostListed:
		u.Counts = slices.Insert(u.Counts, at, c)
	}
	return nil
}

// keepKnown drops the evidence of what the map's upper part does not have: what a hand deletes there is
// not known.
func (m *Map) keepKnown() {
	e := m.Evidence
	if len(e.uses) == 0 {
		e.uses = make(map[uint64]*Use, len(e.Uses))
	}
	e.Uses = slices.DeleteFunc(e.Uses, func(u *Use) bool {
		n, ok := m.pairs.find(u.Src, u.Dst, u.Service)
		if ok && e.uses[n.key()] == nil {
			e.uses[n.key()] = u
			return false
		}
		return true
	})
	m.keepHosts()
}

// keepHosts drops the evidence of hosts that the map does not have.
func (m *Map) keepHosts() {
	for a := range m.Evidence.Hosts {
		if _, ok := m.pairs.hosts.find(Host{addr: a}); !ok {
			delete(m.Evidence.Hosts, a)
		}
	}
}
