package classify

import "net/netip"

// Side is one endpoint of a flow.
type Side uint8

// The two sides. Client is the sender of the SYN or, where that was not captured, of the first packet.
// The sides of a flow met midstream may be swapped. A recogniser that can tell a request from a
// response should accept either from either side and call ClientIs.
const (
	Client Side = iota
	Server
)

// Other returns the opposite side.
func (s Side) Other() Side { return 1 - s }

// Payload is one payload of a flow: a datagram, or what a TCP segment carried.
type Payload struct {
	// From is the sender.
	From Side
	// Data is the captured part, up to Len bytes.
	Data []byte
	// Len is the length on the wire in bytes.
	Len int
}

// Probe is what a recogniser sees of a flow: endpoints and payloads so far. It takes what the recogniser
// finds. A recogniser must not keep any part of it after it returns.
type Probe struct {
	// Transport is TCP, UDP or SCTP: exactly one bit.
	Transport Transport
	// Addrs and Ports are the endpoints, indexed by Side.
	Addrs [2]netip.Addr
	Ports [2]uint16
	// Payload is the newest payload. The capture's snap length may have cut it.
	Payload []byte
	// From is the sender of Payload.
	From Side
	// Len is the length of the newest payload on the wire in bytes.
	Len int
	// Found takes what a recogniser that matches finds besides.
	Found Found

	ppid      uint32
	history   []Payload
	streams   [2][]byte
	midstream [2]bool
	matched   bool
	more      bool
	watch     bool
	newest    bool
	swapped   bool
	hints     []Hint
	kept      any
	keptSize  int
	asked     questions
	// fingerprint is the form of fingerprints to find.
	fingerprint Fingerprint
}

// Fingerprint is a form of the fingerprints of TLS hellos.
type Fingerprint uint8

// The forms: JA4 and JA4S, or the older JA3 and JA3S.
const (
	JA4 Fingerprint = iota
	JA3
)

// Found is what a recogniser finds besides the protocol. Empty fields tell nothing. Names are as the
// network sent them: whoever prints them escapes them.
type Found struct {
	// Master replaces the protocol's own name as first part of the label: the TLS recogniser sets
	// "SMTPS" for ALPN or ports of mail.
	Master string
	// App is the second part of the label, where payloads tell it: "WhatsAppCall". It wins over the
	// application of ServerName.
	App string
	// ServerName is the server's host name: SNI, HTTP Host, DNS question or certificate name, without
	// port, in the case sent.
	ServerName string
	// ClientFingerprint and ServerFingerprint are of the form that Probe.Fingerprint returns, or of
	// the protocol's own: DHCP's parameter list, SSH's banner.
	ClientFingerprint, ServerFingerprint string
	// UserAgent and ContentType are the HTTP headers, or what other protocols have in their place.
	UserAgent, ContentType string
}

// Hint is what one flow tells about later flows.
type Hint struct {
	// Kind says what the other fields mean.
	Kind HintKind
	// Client is the host that the hint is for: the one that resolved the name, or the other end of
	// the expected flow. It is not valid where any host's flow is expected.
	Client netip.Addr
	// Addr is the name's address, or the address of the expected endpoint.
	Addr netip.Addr
	// Port is the port of the expected endpoint. Valid iff Kind is Expected.
	Port uint16
	// Transport is the transport of the expected flow. Valid iff Kind is Expected.
	Transport Transport
	// Name is the host name, or the label of the expected flow.
	Name string
	// TTL is for how many seconds the name was given out (RFC 1035, section 3.2.1). Valid iff Kind
	// is HostName.
	TTL uint32
}

// HintKind is the kind of a Hint.
type HintKind uint8

// The kinds of hints.
const (
	// HostName is the name of an address, from a DNS answer.
	HostName HintKind = iota
	// Expected is a flow that a control connection announced, such as FTP's data connection.
	Expected
)

// Stream returns the beginning of what one side has sent: of TCP the bytes in sequence, up to 16 KiB; of
// other transports the first datagram. It is empty until that side has sent something.
func (p *Probe) Stream(s Side) []byte { return p.streams[s] }

// Midstream reports whether the beginning of that side's TCP stream was not captured. Stream then starts
// somewhere in the middle.
func (p *Probe) Midstream(s Side) bool { return p.midstream[s] }

// History returns the payloads so far, oldest first, without retransmitted and empty TCP segments.
func (p *Probe) History() []Payload { return p.history }

// Fingerprint returns the form of the fingerprints to find.
func (p *Probe) Fingerprint() Fingerprint { return p.fingerprint }

// Count returns how many payloads that side has sent so far.
func (p *Probe) Count(s Side) int {
	n := 0
	for i := range p.history {
		if p.history[i].From == s {
			n++
		}
	}
	return n
}

// HasPort reports whether either endpoint uses the port.
func (p *Probe) HasPort(port uint16) bool { return p.Ports[0] == port || p.Ports[1] == port }

// Matched reports whether the recogniser matched this flow before and asked for further payloads. It has
// seen all but the newest, and Found holds what it found in them.
func (p *Probe) Matched() bool { return p.matched }

// KeepLooking asks for the next payload after a Match. The recogniser can then add to Found, which holds
// what it found before. To see yet another payload it calls KeepLooking again. A later Never or NeedMore
// leaves the label as it is.
func (p *Probe) KeepLooking() { p.more = true }

// Keep keeps v for the next call of a recogniser that calls KeepLooking after a Match, so that it need
// not read again what it has read. size is about how many bytes of memory v takes. v must not refer to
// the Probe's memory. With datagrams it does not last over KeepWatching.
func (p *Probe) Keep(v any, size int) { p.kept, p.keptSize = v, size }

// Kept returns the v of the last Keep, or nil.
func (p *Probe) Kept() any { return p.kept }

// KeepWatching is KeepLooking for recognisers that need no payload but the newest. Of datagrams, the
// payloads so far are freed, and History and Stream begin again with the next one. That takes far less
// memory, and suits protocols with many flows that wait for an answer, like DNS. Of TCP nothing is
// freed at first, but every payload is shown at once, because the recogniser reads only the newest and a
// few bytes more. When as many payloads were shown as of any flow, all are freed: from then on History
// has the newest alone, as it came, whatever of the stream is missing.
func (p *Probe) KeepWatching() {
	p.more, p.newest = true, true
	p.watch = p.Transport != TCP
}

// ClientIs tells which side can only be the client. It takes effect with a Match, where the SYN was not
// captured. Where single messages tell that, Protocol.Speaker is simpler.
func (p *Probe) ClientIs(s Side) { p.swapped = s == Server }

// maxQuestions is how many questions of one flow may wait for answers; older ones are forgotten. A host
// asks two or three from one port. Each takes four bytes in every DNS flow that waits.
const maxQuestions = 4

// questions are hashes of questions without answers, the newest first; 0 is none.
type questions [maxQuestions]uint32

// Ask notes a question, by a hash of all that its answer repeats; 0 is none. It lasts over KeepWatching.
func (p *Probe) Ask(question uint32) {
	copy(p.asked[1:], p.asked[:])
	p.asked[0] = question
}

// Answer reports whether the question was asked and not answered yet. It then counts as answered, so
// that a second answer is taken for one to no question.
func (p *Probe) Answer(question uint32) bool {
	for i := range p.asked {
		if question != 0 && p.asked[i] == question {
			p.asked[i] = 0
			return true
		}
	}
	return false
}

// LearnName gives the hint that client resolved name to addr, for ttl seconds.
func (p *Probe) LearnName(client, addr netip.Addr, name string, ttl uint32) {
	p.hints = append(p.hints, Hint{Kind: HostName, Client: client, Addr: addr, Name: name, TTL: ttl})
}

// Expect gives the hint that a flow of any host to or from addr and port will soon be the named
// protocol.
func (p *Probe) Expect(t Transport, addr netip.Addr, port uint16, protocol string) {
	p.hints = append(p.hints, Hint{Kind: Expected, Addr: addr, Port: port, Transport: t, Name: protocol})
}

// ExpectBetween gives the hint that a flow between the ends of this one, with the port at side s, will
// soon be the named protocol.
func (p *Probe) ExpectBetween(t Transport, s Side, port uint16, protocol string) {
	p.hints = append(p.hints, Hint{
		Kind: Expected, Client: p.Addrs[s.Other()], Addr: p.Addrs[s], Port: port, Transport: t, Name: protocol,
	})
}

// NewProbe returns a probe of the given payloads, the newest last, as a flow without loss or reordering
// shows them. It is for tests of recognisers; flows go through a Classifier.
func NewProbe(t Transport, clientPort, serverPort uint16, payloads ...Payload) *Probe {
	p := &Probe{
		Transport: t,
		Addrs:     [2]netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, 1}), netip.AddrFrom4([4]byte{198, 51, 100, 1})},
		Ports:     [2]uint16{clientPort, serverPort},
		history:   payloads,
	}
	for i := range payloads {
		pl := &payloads[i]
		if pl.Len < len(pl.Data) {
			pl.Len = len(pl.Data)
		}
		if t == TCP || p.streams[pl.From] == nil {
			p.streams[pl.From] = append(p.streams[pl.From][:len(p.streams[pl.From]):len(p.streams[pl.From])], pl.Data...)
		}
		p.Payload, p.From, p.Len = pl.Data, pl.From, pl.Len
	}
	return p
}

// Hints returns the hints given in this call, for tests.
func (p *Probe) Hints() []Hint { return p.hints }

// More reports whether the recogniser has asked for further payloads.
func (p *Probe) More() bool { return p.more }
