package protocols

import (
	"encoding/binary"
	"strings"

	"servmap/classify"
	"servmap/classify/wire"
)

var quic = classify.Protocol{
	Name: "QUIC", Category: "Web", Transport: classify.UDP, UDPPorts: []uint16{443},
	Recognise: recogniseQUIC, Reference: "RFC 9000, RFC 9001, RFC 9369, RFC 8999",
}

// quicPatience is how many datagrams are read for the ClientHello and the
// server's answer.
const quicPatience = 10

// recogniseQUIC accepts a packet with a long header of a version that was
// ever spoken (RFC 9000, section 17.2), version negotiation that offers one
// (RFC 8999, section 6), and Google's QUIC that names its version. A packet
// of a reserved version counts where it opens with the keys of a known one.
// One packet with a short header looks like noise; see recogniseShortQUIC.
func recogniseQUIC(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 7 {
		return classify.Never
	}
	if b[0]&0x80 == 0 || b[1] == 'Q' && wire.IsGoogleVersion(b[1:]) && b[3] == '4' {
		return recogniseGoogleQUIC(p, b)
	}
	q, rest, ok := wire.ParseQUICLong(b)
	if !ok {
		return classify.Never
	}
	if q.Version == 0 {
		if !quicIdentifiers(&q) {
			return classify.Never
		}
		return versionNegotiation(p, rest)
	}
	known, from := wire.KnownQUICVersion(q.Version), 0
	if !known && !p.Matched() {
		from = len(p.History()) - 1 // those before were tried in vain
	}
	s := readQUIC(p, from)
	if !known && !s.opened {
		if q.Version&0x0f0f0f0f == 0x0a0a0a0a && p.Len >= 1200 && len(q.Destination) >= 8 && len(p.History()) < 2 {
			return classify.NeedMore
		}
		return classify.Never
	}
	if !s.opened && (b[0]&0x40 == 0 || q.Cut && p.Len == len(b) || !quicIdentifiers(&q)) {
		return classify.Never
	}
	s.put(p)
	return classify.Match
}

// quicIdentifiers reports whether the connection IDs are plausible: empty or at least four bytes, not
// both empty, and not all zeros. Where no packet could be opened, the version alone proves little:
// files contain its four bytes too.
func quicIdentifiers(q *wire.QUICLong) bool {
	for _, id := range [...][]byte{q.Destination, q.Source} {
		if len(id) > 0 && (len(id) < 4 || !mostlySet(id)) {
			return false
		}
	}
	return len(q.Destination)+len(q.Source) > 0
}

// versionNegotiation reads the list of versions of a server.
func versionNegotiation(p *classify.Probe, list []byte) classify.Outcome {
	if len(list) < 4 || len(list)%4 != 0 || len(list) > 256 {
		return classify.Never
	}
	known := false
	for ; len(list) >= 4; list = list[4:] {
		v := binary.BigEndian.Uint32(list)
		known = known || wire.KnownQUICVersion(v) || wire.IsGoogleVersion(list)
		if v>>8 == 0 && !wire.KnownQUICVersion(v) {
			return classify.Never // 0 is no version, nor have there been many others
		}
	}
	if !known {
		return classify.Never
	}
	p.ClientIs(p.From.Other())
	p.KeepLooking()
	return classify.Match
}

// quicFacts is what the packets so far say of the handshake, and how far they were read.
type quicFacts struct {
	opened   bool // a client's Initial packet was opened, sent by side
	side     classify.Side
	hello    wire.ClientHello
	google   wire.GoogleHello
	answer   wire.ServerHello
	complete bool // nothing more is to be learned

	read                   int // datagrams
	opener                 wire.InitialOpener
	fromClient, fromServer wire.QUICCrypto
}

// quicAttempts is how many keys are tried for a datagram, as many as there are ways in which one
// version may protect it, and one more. A client's first datagram is full (RFC 9000, section 14.1):
// shorter ones are only tried once the keys are known.
const (
	quicAttempts = 5
	quicFull     = 1000
)

// readQUIC opens the Initial packets that were not read yet. Of a flow that it did not read before, it
// begins with datagram from.
func readQUIC(p *classify.Probe, from int) *quicFacts {
	f, again := p.Kept().(*quicFacts)
	if !again {
		f = &quicFacts{read: from}
	}
	history := p.History()
	for i := f.read; i < len(history); i++ {
		d := &history[i]
		switch {
		case d.Len >= quicFull:
			f.opener.Allow(quicAttempts)
		case f.opened:
			f.opener.Allow(1)
		}
		f.datagram(d)
	}
	f.read = len(history)
	f.readHello(f.fromClient.Data())
	if h, ok := wire.ParseHandshake(f.fromServer.Data()); ok && h.Type == wire.HandshakeServerHello {
		f.answer, _ = wire.ParseServerHello(h, false)
	}
	f.complete = f.google.ServerName != "" || f.hello.Complete && (f.answer.Complete || p.Count(f.side.Other()) > 3)
	return f
}

// size is about how many bytes of memory f takes.
func (f *quicFacts) size() int {
	const own = 4 << 10 // with what was read of the hellos
	return own + f.opener.Size() + f.fromClient.Size() + f.fromServer.Size()
}

// datagram opens the Initial packets of one datagram.
func (f *quicFacts) datagram(d *classify.Payload) {
	for b := d.Data; len(b) > 0; {
		q, rest, ok := wire.ParseQUICLong(b)
		if !ok {
			return
		}
		b = rest
		if q.Type != wire.QUICInitial {
			continue
		}
		fromServer := f.opened && d.From != f.side
		frames, google, ok := f.opener.Open(&q, fromServer)
		switch {
		case !ok:
		case fromServer:
			f.fromServer.AddFrames(frames, false)
		default:
			f.opened, f.side = true, d.From
			f.fromClient.AddFrames(frames, google)
		}
	}
}

func (f *quicFacts) readHello(data []byte) {
	if f.hello.Complete {
		return
	}
	if g, ok := wire.ParseGoogleHello(data); ok {
		f.google = g
		return
	}
	if h, ok := wire.ParseHandshake(data); ok && h.Type == wire.HandshakeClientHello {
		if hello, ok := wire.ParseClientHello(h, false); ok {
			f.hello = hello
		}
	}
}

// put hands over what was found.
func (f *quicFacts) put(p *classify.Probe) {
	if f.opened {
		p.ClientIs(f.side)
	}
	found := &p.Found
	if f.hello.Complete {
		if found.ClientFingerprint == "" {
			found.ClientFingerprint = clientFingerprint(p, &f.hello, wire.OverQUIC)
		}
		found.UserAgent = f.hello.UserAgent
		found.ServerName = f.hello.ServerName
	}
	if f.answer.Complete {
		found.ServerFingerprint = serverFingerprint(p, &f.answer, wire.OverQUIC)
	}
	if f.google.ServerName != "" {
		found.ServerName, found.UserAgent = f.google.ServerName, f.google.UserAgent
	}
	found.App = quicApplication(p, f.hello.ALPN)
	// Trying keys is expensive: what does not open at once never will.
	if n := len(p.History()); !f.complete && (n < 4 || f.opened && n < quicPatience) {
		p.Keep(f, f.size())
		p.KeepLooking()
	}
}

// quicApplication finds DNS over QUIC (RFC 9250, section 4.1) by its ALPN, in the drafts "doq-i00" and
// so on, or by its port.
func quicApplication(p *classify.Probe, alpn []string) string {
	for _, a := range alpn {
		if a == "doq" || strings.HasPrefix(a, "doq-") {
			return "DoH_DoT"
		}
	}
	if p.HasPort(853) || p.HasPort(784) {
		return "DoH_DoT"
	}
	return ""
}

// recogniseGoogleQUIC reads the versions before Google took the common header.
func recogniseGoogleQUIC(p *classify.Probe, b []byte) classify.Outcome {
	g, ok := wire.ParseGoogleQUIC(b)
	if !ok {
		return recogniseShortQUIC(p)
	}
	if g.FromServer {
		p.ClientIs(p.From.Other())
	} else if g.HasHello {
		p.ClientIs(p.From)
	}
	switch {
	case g.Hello.ServerName != "":
		p.Found.ServerName, p.Found.UserAgent = g.Hello.ServerName, g.Hello.UserAgent
	case g.Version == "Q046" && g.Hello.Complete && !g.Hello.Named:
		// Browsers always name the server; the library behind Snapchat's
		// calls kept that version and does not.
		p.Found.App = "SnapchatCall"
	case len(p.History()) < quicPatience:
		p.KeepLooking()
	}
	return classify.Match
}
