package classify

import "net/netip"

// Side is one endpoint of a flow.
type Side uint8

// The two sides, as far as known when the recogniser is asked: Client is the
// sender of the SYN or of the first packet seen. A capture that starts in the
// middle of a conversation may have them the wrong way round, so a recogniser
// that can tell a request from a response should accept either from either
// side and call ClientIs.
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
	// Data is what was captured. It may be shorter than Len.
	Data []byte
	// Len is the length on the wire in bytes.
	Len int
}

// Probe is what a recogniser sees of a flow: its endpoints and the payloads so
// far, and the place where it puts what it found. Nothing in it may be kept
// after the recogniser returns.
type Probe struct {
	// Transport is TCP, UDP or SCTP: exactly one bit.
	Transport Transport
	// Addrs and Ports are the endpoints, indexed by Side.
	Addrs [2]netip.Addr
	Ports [2]uint16
	// Payload is the newest payload; From is its sender; Len is its length
	// on the wire, where Payload may have been cut by the capture's snap
	// length.
	Payload []byte
	From    Side
	Len     int
	// Found is where a recogniser that matches puts what it learned.
	Found Found

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
	// fingerprint is the form that is asked for.
	fingerprint Fingerprint
}

// Fingerprint is a form of the fingerprints of TLS hellos.
type Fingerprint uint8

// The forms: JA4 and JA4S, or the older JA3 and JA3S.
const (
	JA4 Fingerprint = iota
	JA3
)

// Found is what a recogniser learned of the flow besides its protocol. Empty
// fields say nothing. Names are taken from the network as they are: whoever
// prints them escapes them.
type Found struct {
	// Master replaces the protocol's own name as first part of the label:
	// the TLS recogniser sets "SMTPS" where it sees ALPN or port of mail.
	Master string
	// App is the second part of the label, where payload tells it:
	// "WhatsAppCall". It wins over what ServerName would give.
	App string
	// ServerName is the host asked for: SNI, HTTP Host, DNS question, or
	// certificate name; without port, in the case seen.
	ServerName string
	// ClientFingerprint and ServerFingerprint are those of Probe.Fingerprint, or what is usual in
	// the protocol (DHCP's parameter list, SSH's banner).
	ClientFingerprint, ServerFingerprint string
	// UserAgent and ContentType are HTTP's headers or their like.
	UserAgent, ContentType string
}

// Lesson is what one flow teaches about later ones.
type Hint struct {
	// Kind says which fields hold.
	Kind HintKind
	// Client is the host that learned it.
	Client netip.Addr
	// Addr is the address that the name belongs to, or the endpoint expected.
	Addr netip.Addr
	// Port is the port expected; 0 for a name.
	Port uint16
	// Transport is the transport expected; 0 for a name.
	Transport Transport
	// Name is the host name (LearnName) or the protocol's name (Expect).
	Name string
}

// LessonKind is the kind of a Lesson.
type HintKind uint8

// The kinds of lesson: the name of an address, from a DNS answer; and a flow
// announced by a control connection, such as FTP's data connection.
const (
	HostName HintKind = iota
	Expected
)

// Stream returns the beginning of what one side sent: for TCP the bytes in
// sequence from its first, gaps awaited; for other transports its first
// datagram. It is empty until that side has sent something.
func (p *Probe) Stream(s Side) []byte { return p.streams[s] }

// Midstream reports whether the beginning of that side's TCP stream was not
// captured, so that Stream starts somewhere in the middle.
func (p *Probe) Midstream(s Side) bool { return p.midstream[s] }

// History returns the payloads so far, oldest first; the last is the newest.
// Retransmitted and empty TCP segments are not in it.
func (p *Probe) History() []Payload { return p.history }

// Fingerprint returns the form of fingerprint that is asked for.
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

// Matched reports whether the recogniser has matched this flow before and
// asked for further payloads: all but the newest are known to it, and Found
// holds what it made of them.
func (p *Probe) Matched() bool { return p.matched }

// KeepLooking asks for further payloads after a Match: the label stands, and
// the recogniser is called again with the next payload, to refine Found, which
// still holds what it put there. A later Never or NeedMore leaves the label as
// it is; unless KeepLooking is called again, it was the last payload shown.
func (p *Probe) KeepLooking() { p.more = true }

// Keep keeps v for the next call of a recogniser that matches and keeps looking: what it has read
// already it need not read again. It is for a Match alone, and does not last over
// KeepWatching. size is about how many bytes of memory v takes.
func (p *Probe) Keep(v any, size int) { p.kept, p.keptSize = v, size }

// Kept returns what Keep was given, or nil.
func (p *Probe) Kept() any { return p.kept }

// KeepWatching is KeepLooking for recognisers of datagrams that need no
// payload but the newest: the payloads so far are let go of, and History and
// Stream begin anew with the next one. It costs far less memory, so it is for
// protocols of which there may be many flows that wait for an answer, like
// DNS. For TCP nothing is let go of, but the recogniser promises to read no more than the newest
// payload and a few bytes: it is asked with every one, where others may have to wait until more
// has come.
func (p *Probe) KeepWatching() {
	p.more, p.newest = true, true
	p.watch = p.Transport != TCP
}

// ClientIs tells which side can only be the client. It counts where the
// flow's beginning was not seen (no SYN), and with a Match.
func (p *Probe) ClientIs(s Side) { p.swapped = s == Server }

// maxQuestions is how many questions of one flow may wait for their answers; the
// oldest are forgotten. A host asks two or three from one port. Each is four bytes in
// every DNS flow that waits.
const maxQuestions = 4

// questions are the hashes of what was asked and not yet answered, the newest
// first; 0 is none.
type questions [maxQuestions]uint32

// Ask notes a question that a side has asked, by a hash of all that its answer repeats; 0 is none. It lasts over
// KeepWatching.
func (p *Probe) Ask(question uint32) {
	copy(p.asked[1:], p.asked[:])
	p.asked[0] = question
}

// Answer reports whether the question was asked, which then counts as answered: an answer that
// nobody asked for, or the second one, teaches nothing.
func (p *Probe) Answer(question uint32) bool {
	for i := range p.asked {
		if question != 0 && p.asked[i] == question {
			p.asked[i] = 0
			return true
		}
	}
	return false
}

// LearnName tells that client learned from DNS that addr is name.
func (p *Probe) LearnName(client, addr netip.Addr, name string) {
	p.hints = append(p.hints, Hint{Kind: HostName, Client: client, Addr: addr, Name: name})
}

// Expect announces that a flow to or from addr and port will be the named
// protocol.
func (p *Probe) Expect(t Transport, addr netip.Addr, port uint16, protocol string) {
	p.hints = append(p.hints, Hint{Kind: Expected, Addr: addr, Port: port, Transport: t, Name: protocol})
}

// NewProbe returns a probe over the given payloads, the last being the newest,
// as a flow without loss or reordering would show them. For tests and tools:
// flows are fed through Engine.
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

// Learned returns what was learned so far, for tests.
func (p *Probe) Hints() []Hint { return p.hints }

// More reports whether the recogniser asked for further payloads.
func (p *Probe) More() bool { return p.more }
