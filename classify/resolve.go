package classify

import (
	"net/netip"
	"slices"
	"strings"
)

// Evidence is what is known of a flow at its end.
type Evidence struct {
	// Label comes from payloads, or from the IP protocol number.
	Label Label
	// Info holds names and fingerprints from payloads.
	Info Info
	// Transport is 0 for flows without ports.
	Transport Transport
	// Src and Dst are the endpoints. Src opened the flow, as far as known.
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	// Certain is set where packets showed which side opened the flow.
	Certain bool
	// Group is set where Dst is a multicast or broadcast address, which cannot be the client.
	Group bool
	// Unread is set where payloads were seen and none was recognised. It need not be set where Label
	// is Refuted.
	Unread bool
	// Unanswered is set where nothing was seen but a SYN, once or again, to which no answer came.
	Unanswered bool
	// Expected is the protocol or application that an earlier flow announced for this one, or empty.
	Expected string
	// Learned returns the host name that client had resolved to server when the flow began, or an
	// empty string. It may be nil.
	Learned func(client, server netip.Addr) string
}

// Resolution is what follows from Evidence.
type Resolution struct {
	// Label is the flow's final label.
	Label Label
	// Swapped is set where only Dst can be the client: source and destination change places.
	Swapped bool
}

// Resolve returns the final label. The user's rules come first, then payloads, then the application by
// host name, by hints of earlier flows, by the owner of the address, and last the guess by port.
func (e *Engine) Resolve(f *Evidence) Resolution {
	l := f.Label
	isRefuted, unread := l.Refuted(), f.Unread || l.Refuted()
	if isRefuted {
		l = Label{}
	}
	if f.Unanswered {
		return Resolution{Label: e.byUser(f)}
	}
	if f.Expected != "" {
		l = e.expected(l, f.Expected)
	}
	if l.Master == 0 && unread && e.applications != nil {
		// Payloads from the middle of a TCP stream do not speak against the port, unless the
		// owner has a protocol of its own on TCP.
		owner := e.byAddress(f, l)
		if p := e.masters[owner.App]; p != nil && p.Recognise != nil && (f.Certain || f.Transport != TCP || p.Transport&TCP != 0) {
			l = owner
		}
	}
	if l.Master == 0 && l.App == 0 && !isRefuted {
		l = e.byPort(f)
	}
	swapped := e.isSwapped(f, l)
	if swapped {
		other := *f
		other.Src, other.Dst, other.SrcPort, other.DstPort = f.Dst, f.Src, f.DstPort, f.SrcPort
		f = &other
	}
	if id, ok := e.userPort(f); ok {
		return Resolution{Label{Master: id, Confidence: ByUser}, swapped}
	}
	if e.applications != nil {
		l = e.application(f, l, unread)
	}
	return Resolution{l, swapped}
}

// byUser returns the label by the user's own rules for ports and networks.
func (e *Engine) byUser(f *Evidence) Label {
	if id, ok := e.userPort(f); ok {
		return Label{Master: id, Confidence: ByUser}
	}
	return e.byUserAddress(f, Label{})
}

// isSwapped reports whether the ports show that the destination is the client: its own port is
// ephemeral and no server port, and the source's is a server port of the label's protocol; or, over TCP,
// one that its clients do not get: below 1024, or, of a flow with a label, any protocol's where the
// destination's is dynamic.
func (e *Engine) isSwapped(f *Evidence, l Label) bool {
	if f.Certain || f.Group || f.SrcPort == 0 || f.DstPort < firstEphemeral || e.IsServerPort(l, f.DstPort) {
		return false
	}
	if e.IsServerPort(l, f.SrcPort) {
		return true
	}
	if f.Transport != TCP {
		return false
	}
	return f.SrcPort < firstEphemeral && e.guess(TCP, f.DstPort) == 0 ||
		l.Master != 0 && f.DstPort >= firstDynamic && e.isKnown(TCP, f.SrcPort) && !e.isKnown(TCP, f.DstPort)
}

// isKnown reports whether the port is a server port of any protocol.
func (e *Engine) isKnown(t Transport, port uint16) bool { return e.use(t, port) != portUse{} }

// expected applies what an earlier flow announced: the protocol where nothing was recognised, or the
// application where only the protocol was.
func (e *Engine) expected(l Label, name string) Label {
	id := e.id(name)
	switch {
	case l.Master == 0:
		return Label{Master: id, Confidence: ByCache}
	case l.App == 0 && (e.masters[id] == nil || e.carries(l.Master, name)):
		return Label{Master: l.Master, App: id, Confidence: ByCache}
	}
	return l
}

// carries reports whether the named application is one of those that the master protocol carries, by its
// Owners.
func (e *Engine) carries(master Name, name string) bool {
	p := e.masters[master]
	if p == nil {
		return false
	}
	for _, app := range p.Owners {
		if app == name {
			return true
		}
	}
	return false
}

// firstEphemeral is the lowest ephemeral port. RFC 6335, section 6, asks for 49152 and up; older systems
// begin at 1024.
const firstEphemeral = 1024

// firstDynamic is the lowest port that today's systems give to clients: Linux begins here, others at the
// 49152 of RFC 6335. Few servers have such a port.
const firstDynamic = 32768

// userPort finds the user's own name for the server's port.
func (e *Engine) userPort(f *Evidence) (Name, bool) {
	if len(e.rules) == 0 {
		return 0, false
	}
	if id, ok := e.rules[portKey{f.Transport, f.DstPort}]; ok {
		return id, true
	}
	id, ok := e.rules[portKey{f.Transport, f.SrcPort}]
	return id, ok
}

// application adds the application to the label. The owner of the address is none of a flow whose
// payloads were unread: any service may run there.
func (e *Engine) application(f *Evidence, l Label, unread bool) Label {
	if name := f.Info.ServerName(); name != "" {
		if p := e.masters[l.Master]; p != nil && p.OwnName {
			return e.byUserAddress(f, l)
		}
		if app, user, ok := e.applications.ByName(name); ok && (user || l.App == 0 || e.isForm(l)) {
			l.App = e.ids[app]
			if user {
				l.Confidence = ByUser
			}
		}
		if l.App != 0 || !e.isMadeUp(l, name) {
			return e.byUserAddress(f, l)
		}
	}
	if l = e.byUserAddress(f, l); l.App != 0 || l.Confidence == ByUser {
		return l
	}
	if f.Learned != nil {
		if app, user, ok := e.applications.ByName(f.Learned(f.Src, f.Dst)); ok {
			l.App, l.Confidence = e.ids[app], ByCache
			if user {
				l.Confidence = ByUser
			}
			return l
		}
	}
	if l.Master == 0 && unread {
		return l
	}
	return e.byAddress(f, l)
}

// isMadeUp reports whether a name is not a host's, as in certificates that programs make for their calls.
// The address then tells more.
func (e *Engine) isMadeUp(l Label, name string) bool {
	p := e.masters[l.Master]
	return p != nil && p.Owners != nil && strings.IndexByte(name, '.') < 0
}

// isForm reports whether the application is only a form of messages that any service may use.
func (e *Engine) isForm(l Label) bool {
	p := e.masters[l.Master]
	return p != nil && slices.Contains(p.Forms, e.names[l.App])
}

// byUserAddress applies the user's own networks. They win over everything but the user's ports.
func (e *Engine) byUserAddress(f *Evidence, l Label) Label {
	if !e.userNetworks {
		return l
	}
	for _, a := range [...]netip.Addr{f.Dst, f.Src} {
		if app, user, ok := e.applications.ByAddress(a); ok && user {
			l.App, l.Confidence = e.ids[app], ByUser
			return l
		}
	}
	return l
}

// byAddress adds the owner of the server's address or, where that has none, of the client's. Of a flow
// that was recognised it adds what the protocol's Owners say of the owner.
func (e *Engine) byAddress(f *Evidence, l Label) Label {
	p := e.masters[l.Master]
	if l.Master != 0 && (p == nil || p.Owners == nil) {
		return l
	}
	for _, a := range [...]netip.Addr{f.Dst, f.Src} {
		app, _, ok := e.applications.ByAddress(a)
		if ok && l.Master != 0 {
			app, ok = p.Owners[app]
		}
		if ok {
			l.App = e.ids[app]
			if l.Master == 0 {
				l.Confidence = ByAddress
			}
			return l
		}
	}
	return l
}

// Owner returns the owner of an address, or "".
func (e *Engine) Owner(a netip.Addr) string {
	if e.applications == nil {
		return ""
	}
	app, _, _ := e.applications.ByAddress(a)
	return app
}

// byPort guesses by the ports.
func (e *Engine) byPort(f *Evidence) Label {
	if f.Transport == 0 {
		return Label{}
	}
	id := e.guessByPorts(f.Transport, f.SrcPort, f.DstPort, f.Certain)
	if id == 0 {
		return Label{}
	}
	return Label{Master: id, Confidence: ByPort}
}

// guessByPorts guesses by the destination's port and, where that suggests nothing, by the source's: a
// capture may begin with the server's packet. The source's comes first where it is uncertain which side
// opened the flow and only the source's port is not ephemeral.
func (e *Engine) guessByPorts(t Transport, src, dst uint16, certain bool) Name {
	first, second := dst, src
	if !certain && second < firstEphemeral && first >= firstEphemeral {
		first, second = second, first
	}
	if id := e.guess(t, first); id != 0 {
		return id
	}
	return e.guess(t, second)
}

// IsServerPort reports whether the port is a usual server port of the label's master protocol or of
// its application, on any transport: a protocol that runs on another transport than its own keeps
// its port there.
func (e *Engine) IsServerPort(l Label, port uint16) bool {
	for _, n := range [...]Name{l.Master, l.App} {
		if p := e.masters[n]; p != nil && p.hasPort(port) {
			return true
		}
	}
	return false
}

// hasPort reports whether the port is one of the protocol's.
func (p *Protocol) hasPort(port uint16) bool {
	for _, ports := range [...][]uint16{p.Ports, p.TCPPorts, p.UDPPorts, p.AlsoPorts} {
		if slices.Contains(ports, port) {
			return true
		}
	}
	return false
}
