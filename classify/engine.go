package classify

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
)

// Applications finds applications by what is known of the server. The built-in tables implement it, and
// the user's own on top of them.
type Applications interface {
	// ByName finds the application of a host name, and ByAddress that of an address. user is set
	// where one of the user's own rules decided.
	ByName(host string) (app string, user bool, ok bool)
	ByAddress(a netip.Addr) (app string, user bool, ok bool)
	// UserNetworks reports whether any of the user's own rules is for a network.
	UserNetworks() bool
	// Category returns the category of an application.
	Category(app string) (string, bool)
	// Names lists all applications.
	Names() []string
}

// PortRule is a user's own name for a server port. It wins over everything else.
type PortRule struct {
	Transport Transport
	Port      uint16
	Name      string
}

// Engine holds the protocols in the order in which they are asked, and the names of all labels. It is
// immutable, and all goroutines share it. Each has its own Classifier.
type Engine struct {
	protocols []*Protocol
	// recognise and own hold the recogniser and the name of each protocol. Most recognisers answer at
	// once, and fetching their Protocol from memory would cost more than the answer.
	recognise    []func(*Probe) Outcome
	own          []Name
	applications Applications
	names        []string
	ids          map[string]Name
	category     []string
	numbers      [256]*Protocol
	// identifiers holds the protocol of each payload protocol identifier of SCTP.
	identifiers map[uint32]uint16
	// strong and weak hold, for each transport, the indices of the recognisers to ask, in order.
	strong, weak [3][]uint16
	// midstream holds those of strong with Protocol.Midstream.
	midstream [3][]uint16
	// ports holds what is known of each transport's ports, 256 to a page. Most pages are nil: to
	// write tables of all ports would take a good part of the program's start.
	ports [3][256]*[256]portUse
	// fitting holds the lists that portUse.fit refers to; list 0 is empty.
	fitting [][]uint16
	rules   map[portKey]Name
	// masters holds the protocol of each name; nil for names of applications.
	masters []*Protocol
	// fingerprint is the form of fingerprints to find.
	fingerprint Fingerprint
	// userNetworks is set where any of the user's own rules is for a network.
	userNetworks bool
}

type portKey struct {
	transport Transport
	port      uint16
}

// portUse is what is known of a port.
type portUse struct {
	// fit is the index in Engine.fitting of the recognisers to ask first.
	fit uint16
	// guess is the name that the port alone suggests, 0 for none.
	guess Name
}

// index returns the transport's index in tables.
func (t Transport) index() int { return bits.TrailingZeros8(uint8(t)) }

// use returns what is known of a port.
func (e *Engine) use(t Transport, port uint16) portUse {
	page := e.ports[t.index()][port>>8]
	if page == nil {
		return portUse{}
	}
	return page[port&0xff]
}

// fit returns the recognisers to ask first on a port.
func (e *Engine) fit(t Transport, port uint16) []uint16 { return e.fitting[e.use(t, port).fit] }

// guess returns the name that a port alone suggests, or 0.
func (e *Engine) guess(t Transport, port uint16) Name { return e.use(t, port).guess }

// maxProtocols is how many protocols an engine holds at most.
const maxProtocols = 512

// Config is what an engine knows besides its protocols. The zero Config is ready to use.
type Config struct {
	// Applications may be nil. Labels then have only the applications that payloads tell.
	Applications Applications
	// SubLabels are the names that recognisers put into Found.Master or Found.App, besides those of
	// protocols and of Applications.
	SubLabels []string
	// Ports are the user's own names of server ports.
	Ports []PortRule
	// Fingerprint is the form of the fingerprints of TLS hellos.
	Fingerprint Fingerprint
}

// NewEngine builds an engine of the given protocols. It fails for a name that cannot stand in a label,
// and for two protocols of the same name.
func NewEngine(protocols []*Protocol, c Config) (*Engine, error) {
	if len(protocols) > maxProtocols {
		return nil, fmt.Errorf("%d protocols: there is room for %d", len(protocols), maxProtocols)
	}
	var apps []string
	if c.Applications != nil {
		apps = c.Applications.Names()
	}
	// Every start of the program comes through here, so memory is allocated in one go.
	size := 1 + len(protocols) + len(apps) + len(c.SubLabels)
	e := &Engine{
		protocols:    protocols,
		recognise:    make([]func(*Probe) Outcome, 0, len(protocols)),
		own:          make([]Name, 0, len(protocols)),
		applications: c.Applications,
		fingerprint:  c.Fingerprint,
		names:        make([]string, 0, size),
		ids:          make(map[string]Name, size),
		category:     make([]string, 0, size),
		fitting:      make([][]uint16, 1, 2*len(protocols)+1),
		rules:        map[portKey]Name{},
		identifiers:  map[uint32]uint16{},
		masters:      make([]*Protocol, 0, size),
	}
	e.intern(Unknown, "Unspecified")
	for i, p := range protocols {
		if err := e.add(uint16(i), p); err != nil {
			return nil, err
		}
	}
	if c.Applications != nil {
		e.userNetworks = c.Applications.UserNetworks()
		for _, app := range apps {
			category, _ := c.Applications.Category(app)
			e.intern(app, category)
		}
	}
	for _, name := range c.SubLabels {
		e.intern(name, "")
	}
	return e, e.addRules(c.Ports)
}

// addRules adds the user's own names of ports.
func (e *Engine) addRules(rules []PortRule) error {
	for _, r := range rules {
		if r.Name == "" || strings.ContainsFunc(r.Name, func(c rune) bool { return c <= ' ' || c == 0x7f || c == ',' }) {
			return fmt.Errorf("port %d: %q is no name: expected one word", r.Port, r.Name)
		}
		e.rules[portKey{r.Transport, r.Port}] = e.intern(r.Name, "")
	}
	return nil
}

func (e *Engine) add(index uint16, p *Protocol) error {
	if p.Name == "" || strings.ContainsAny(p.Name, ". ,\t\n") {
		return fmt.Errorf("protocol %q: a name is one word without a dot", p.Name)
	}
	if _, dup := e.ids[p.Name]; dup {
		return fmt.Errorf("protocol %s is listed twice", p.Name)
	}
	id := e.intern(p.Name, p.Category)
	e.recognise, e.own = append(e.recognise, p.Recognise), append(e.own, id)
	e.masters[id] = p
	for _, n := range p.IPProtocols {
		e.numbers[n] = p
	}
	for _, n := range p.PPIDs {
		e.identifiers[n] = index
	}
	for i := range e.strong {
		t := Transport(1) << i
		var only []uint16 // ports on this transport alone
		switch t {
		case TCP:
			only = p.TCPPorts
		case UDP:
			only = p.UDPPorts
		}
		if p.Transport&t == 0 && len(only) == 0 {
			continue
		}
		tried := p.Recognise != nil && !p.Weak && p.Transport&t != 0
		for _, ports := range [...][]uint16{p.Ports, only} {
			for _, port := range ports {
				e.addPort(i, port, index, id, !p.NoGuess, tried)
			}
		}
		for _, port := range p.AlsoPorts {
			e.addPort(i, port, index, id, false, tried)
		}
		switch {
		case p.Recognise == nil || p.Transport&t == 0 || p.PortsOnly:
		case p.Weak:
			e.weak[i] = append(e.weak[i], index)
		default:
			e.strong[i] = append(e.strong[i], index)
			if p.Midstream {
				e.midstream[i] = append(e.midstream[i], index)
			}
		}
	}
	return nil
}

// addPort notes that a protocol uses a port of the ith transport: whether the port suggests its name, and
// whether its recogniser is asked first there.
func (e *Engine) addPort(i int, port, index uint16, name Name, suggests, tried bool) {
	page := &e.ports[i][port>>8]
	if *page == nil {
		*page = new([256]portUse)
	}
	use := &(*page)[port&0xff]
	if use.guess == 0 && suggests {
		use.guess = name
	}
	if !tried {
		return
	}
	if use.fit == 0 {
		use.fit = uint16(len(e.fitting))
		e.fitting = append(e.fitting, nil)
	}
	if list := &e.fitting[use.fit]; !slices.Contains(*list, index) {
		*list = append(*list, index)
	}
}

// intern returns the number of a name. A new name gets the next number.
func (e *Engine) intern(name, category string) Name {
	if id, ok := e.ids[name]; ok {
		if e.category[id] == "" {
			e.category[id] = category
		}
		return id
	}
	id := Name(len(e.names))
	e.names = append(e.names, name)
	e.category = append(e.category, category)
	e.masters = append(e.masters, nil)
	e.ids[name] = id
	return id
}

// id returns the number of a name from a recogniser: 0, which is Unknown, for a name that is not
// declared. A test keeps recognisers from such names.
func (e *Engine) id(name string) Name {
	if name == "" {
		return 0
	}
	return e.ids[name]
}

// Vocabulary identifies the set of all names that labels can have.
func (e *Engine) Vocabulary() string {
	h := fnv.New64a()
	for _, n := range slices.Sorted(slices.Values(e.names)) {
		_, _ = io.WriteString(h, n+"\n")
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Known reports whether the name is a protocol's or an application's.
func (e *Engine) Known(name string) bool { _, ok := e.ids[name]; return ok }

// LabelText returns the label as it is printed: "MASTER", "MASTER.APP" or
// Unknown.
func (e *Engine) LabelText(l Label) string {
	switch {
	case l.App == 0 || l.App == l.Master:
		return e.names[l.Master]
	case l.Master == 0:
		return e.names[l.App]
	}
	return e.names[l.Master] + "." + e.names[l.App]
}

// Category returns the label's category: the application's, or the master's where the application has
// none or the master has OwnCategory.
func (e *Engine) Category(l Label) string {
	if p := e.masters[l.Master]; p != nil && p.OwnCategory {
		return p.Category
	}
	for _, n := range [...]Name{l.App, l.Master} {
		if n != 0 && e.category[n] != "" {
			return e.category[n]
		}
	}
	return "Unspecified"
}

// ByNumber returns the label of an IP protocol that is known by its number alone, such as ICMP.
func (e *Engine) ByNumber(ipProtocol uint8) (Label, bool) {
	p := e.numbers[ipProtocol]
	if p == nil {
		return Label{}, false
	}
	return Label{Master: e.ids[p.Name], Confidence: ByPayload}, true
}

// Protocols returns the protocols of the engine, ordered by name.
func (e *Engine) Protocols() []*Protocol {
	out := slices.Clone(e.protocols)
	slices.SortFunc(out, func(a, b *Protocol) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return out
}
