package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

// tlsFacts is what the two sides of a TLS conversation say in clear. It is read as the streams grow.
type tlsFacts struct {
	client, server bool // a hello of that kind was seen
	swapped        bool // the ClientHello came from the side that was taken for the server
	more           bool // a hello may still come, or the rest of one
	hello          wire.ClientHello
	answer         wire.ServerHello
	certificate    wire.Certificate
	sealed         bool // no certificate will come, or it came
	sides          [2]tlsSide
}

// tlsSide is how far one side's handshake was read.
type tlsSide struct {
	reader wire.HandshakeReader
	begun  bool // the first message was read, and it was a ServerHello
	done   bool // what follows is not worth reading
}

// tlsFactsSize is about how many bytes tlsFacts take: a hello has some hundred of names and lists.
const tlsFactsSize = 2 << 10

// tlsLateHello is how many payloads may come before a ClientHello whose answer was there first.
const tlsLateHello = 6

func (f *tlsFacts) seen() bool { return f.client || f.server }

// detach makes the facts independent of the streams' memory, and returns their size in bytes.
func (f *tlsFacts) detach() int {
	return tlsFactsSize + f.sides[classify.Client].reader.Detach() + f.sides[classify.Server].reader.Detach()
}

// read reads, of both streams, what is not known yet. Each begins as it did in the call before.
func (f *tlsFacts) read(fromClient, fromServer []byte) {
	f.more = false
	for side, stream := range [2][]byte{fromClient, fromServer} {
		if len(stream) == 0 || f.knows(classify.Side(side)) {
			continue
		}
		if len(stream) < 6 {
			f.more = f.more || maybeRecord(stream) || sslv2Hello(stream) == classify.NeedMore
			continue
		}
		if beginsWithHandshake(stream) {
			f.readHandshakes(stream, classify.Side(side))
			continue
		}
		out := sslv2Hello(stream)
		f.client = f.client || out == classify.Match
		f.more = f.more || out == classify.NeedMore
	}
}

// knows reports whether nothing more is to be read of what a side says.
func (f *tlsFacts) knows(side classify.Side) bool {
	if client := (side == classify.Server) == f.swapped; client {
		return f.client && f.hello.Complete
	}
	return f.server && f.answer.Complete && f.sealed
}

// maybeRecord reports whether fewer than six bytes may begin a handshake record.
func maybeRecord(b []byte) bool {
	return b[0] == wire.RecordHandshake && wire.IsRecordVersion(b[1:])
}

// beginsWithHandshake reports whether six bytes or more begin a handshake record.
func beginsWithHandshake(stream []byte) bool {
	record, _, ok := wire.ParseTLSRecord(stream)
	if !ok || record.Type != wire.RecordHandshake {
		return false
	}
	// A record may be shorter than the header of its message (RFC 8446, section 5.1).
	wholeHeader := record.Len >= 4
	return wholeHeader || record.Body[0] == wire.HandshakeClientHello || record.Body[0] == wire.HandshakeServerHello
}

// readHandshakes reads a hello, and what follows a ServerHello in clear. A message that is not whole
// comes again when the stream has grown.
func (f *tlsFacts) readHandshakes(stream []byte, side classify.Side) {
	s := &f.sides[side]
	if s.done {
		return
	}
	first := !s.begun
	for h := range s.reader.Read(stream) {
		whole := len(h.Body) == h.Len
		switch {
		case first && h.Type == wire.HandshakeClientHello:
			f.readClientHello(h, side)
			s.done = whole
			return
		case first && h.Type == wire.HandshakeServerHello:
			if !f.readServerHello(h, side) {
				s.done = whole
				return
			}
			s.begun = whole
		case first:
			s.done = true
			return
		case h.Type == wire.HandshakeCertificate:
			f.certificate, f.sealed = wire.ParseCertificates(h.Body)
			f.sealed = f.sealed || whole
		case h.Type > 24 || h.Type == 0:
			f.sealed = true
		}
		first = false
	}
	if first {
		f.more = f.more || len(stream) < 48
	}
}

func (f *tlsFacts) readClientHello(h wire.Handshake, side classify.Side) {
	if h.Len < 40 || len(h.Body) > 0 && !isHelloMajor(h.Body[0]) {
		return
	}
	if len(h.Body) < 2 {
		f.more = true
		return
	}
	hello, ok := wire.ParseClientHello(h, false)
	switch {
	case ok:
		f.client, f.hello, f.swapped = true, hello, side == classify.Server
	case len(h.Body) < 512 && len(h.Body) < h.Len:
		f.more = true
	}
}

// isHelloMajor accepts the first byte of a hello's version: 3 of SSL 3.0 and TLS, 0x7f of the drafts of TLS 1.3,
// 1 of TLCP.
func isHelloMajor(c byte) bool { return c == 3 || c == 0x7f || c == wire.VersionTLCP>>8 }

// readServerHello reports whether what follows in the stream is worth reading.
func (f *tlsFacts) readServerHello(h wire.Handshake, side classify.Side) bool {
	if h.Len < 38 || len(h.Body) > 0 && !isHelloMajor(h.Body[0]) {
		return false
	}
	if len(h.Body) < 2 {
		f.more = true
		return false
	}
	answer, ok := wire.ParseServerHello(h, false)
	if !ok {
		f.more = f.more || len(h.Body) < 70 && len(h.Body) < h.Len
		return false
	}
	f.server, f.answer, f.swapped = true, answer, side == classify.Client
	f.sealed = answer.Complete && answer.Selected == wire.VersionTLS13
	return !f.sealed
}

// tell reads what both streams have grown by, keeps it in kept for the next payload, puts what it tells
// into Found, and reports whether there is any TLS. It is for a recogniser that has matched.
func (f *tlsFacts) tell(p *classify.Probe, kept any, fromClient, fromServer []byte) bool {
	f.read(fromClient, fromServer)
	p.Keep(kept, f.detach())
	if f.seen() {
		f.put(p)
	}
	return f.seen()
}

// put hands over names and fingerprints, and asks for more where there is more to learn.
func (f *tlsFacts) put(p *classify.Probe) {
	found := &p.Found
	if f.client {
		if found.ClientFingerprint == "" {
			found.ClientFingerprint = clientFingerprint(p, &f.hello, wire.OverTCP)
		}
		if f.hello.ServerName != "" {
			found.ServerName = f.hello.ServerName
		}
	}
	if f.server && found.ServerFingerprint == "" {
		found.ServerFingerprint = serverFingerprint(p, &f.answer, wire.OverTCP)
	}
	if found.ServerName == "" {
		found.ServerName = f.certificate.ServerName()
	}
	if f.swapped {
		p.ClientIs(classify.Server)
	}
	if f.wantsMore(p) {
		p.KeepLooking()
	}
}

// wantsMore reports whether a later payload may tell names or fingerprints that are not known yet.
func (f *tlsFacts) wantsMore(p *classify.Probe) bool {
	helloCut := f.client && !f.hello.Complete
	answerMissing := !f.server || !f.answer.Complete
	// Browsers name the server and offer ALPN: their server's certificate tells nothing new.
	named := f.hello.ServerName != "" && len(f.hello.ALPN) > 0
	certificateMissing := !f.sealed && !named
	// A capture of two directions may have the answer before the hello.
	helloLate := !f.client && len(p.History()) < tlsLateHello
	return helloCut || answerMissing || certificateMissing || helloLate
}

// sslv2Hello accepts a ClientHello or ServerHello in an SSL 2.0 record whose lengths add up; of a
// ClientHello all of it must be there (RFC 6101, appendix E; RFC 5246, appendix E.2).
func sslv2Hello(b []byte) classify.Outcome {
	client := len(b) > 2 && b[2] == 1
	switch {
	case !maybeSSLv2(b, client):
		return classify.Never
	case len(b) < 13:
		return classify.NeedMore
	}
	length := int(b[0]&0x7f)<<8 | int(b[1])
	sound := false
	if client {
		ciphers, session, challenge := wire.U16(b[5:]), wire.U16(b[7:]), wire.U16(b[9:])
		sound = ciphers > 0 && ciphers%3 == 0 && (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
			length == 9+ciphers+session+challenge
	} else {
		certificate, ciphers, connection := wire.U16(b[7:]), wire.U16(b[9:]), wire.U16(b[11:])
		sound = ciphers%3 == 0 && ciphers+certificate > 0 && connection == 16 && length == 11+certificate+ciphers+connection
	}
	switch {
	case !sound:
		return classify.Never
	case client && len(b) < 2+length:
		return classify.NeedMore
	}
	return classify.Match
}

// maybeSSLv2 checks, as far as it is there, the header of an SSL 2.0 record and of its hello: type and
// version of a ClientHello, or the flags, the certificate's type and the version of a ServerHello.
func maybeSSLv2(b []byte, client bool) bool {
	switch {
	case b[0]&0x80 == 0, len(b) > 2 && b[2] != 1 && b[2] != 4:
		return false
	case client && len(b) > 4:
		return b[3] == 3 && b[4] <= 3 || b[3] == 0 && b[4] == 2
	case !client && len(b) > 6:
		return b[3] <= 1 && b[4] <= 1 && b[5] == 0 && b[6] == 2
	}
	return true
}
