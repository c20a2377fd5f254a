package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var tls = classify.Protocol{
	Name: "TLS", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{443},
	AlsoPorts:  []uint16{636, 853, 989, 990, 992, 993, 995, 2376, 2484, 3269, 5061, 5223, 5349, 5671, 5986, 6443, 6514, 6697, 8443, 8883, 9443, 10443},
	FirstBytes: classify.Range(0x14, 0x18).Or(classify.Range(0x80, 0xff)), // records, SSL 2.0
	Midstream:  true,
	Recognise:  recogniseTLS, Reference: "RFC 8446, RFC 5246, RFC 6101",
}

// Protocols that are TLS from the first byte are known by the TLS recogniser,
// which replaces the master; what stands here are their ports.
var (
	smtps = classify.Protocol{Name: "SMTPS", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{465}, Reference: "RFC 8314"}
	imaps = classify.Protocol{Name: "IMAPS", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{993}, Reference: "RFC 8314"}
	pops  = classify.Protocol{Name: "POPS", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{995}, Reference: "RFC 8314"}
	ftps  = classify.Protocol{
		Name: "FTPS", Category: "Download", Transport: classify.TCP,
		TCPPorts: []uint16{990}, NoGuess: true, Reference: "RFC 4217",
	}
	dot = classify.Protocol{
		Name: "DoH_DoT", Category: "Network", Transport: classify.TCP | classify.UDP,
		TCPPorts: []uint16{853}, UDPPorts: []uint16{784, 853}, Reference: "RFC 7858, RFC 9250",
	}
)

// recogniseTLS accepts a stream that begins with a ClientHello or ServerHello
// in handshake records (RFC 8446, sections 4 and 5.1), however they are cut,
// an alert or a ChangeCipherSpec (sections 5 and 6), or an SSL 2.0 hello (RFC
// 5246, appendix E.2). In a stream seen from the middle it accepts a chain of
// records that agrees with the segment.
func recogniseTLS(p *classify.Probe) classify.Outcome {
	var f tlsFacts
	kept, again := p.Kept().(*tlsFacts)
	if again {
		f = *kept
	}
	f.read(p.Stream(classify.Client), p.Stream(classify.Server))
	if f.seen() {
		f.put(p)
		p.Found.Master = tlsMaster(p, &f)
		if p.Found.App == "" {
			p.Found.App = tlsApplication(p, &f)
		}
		if p.More() {
			if !again {
				kept = new(tlsFacts)
				p.Keep(kept, tlsKept)
			}
			*kept = f
		}
		return classify.Match
	}
	if f.more {
		if cutByCapture(p, p.From) && tlsCutHello(p) {
			return classify.Match
		}
		return classify.NeedMore
	}
	return tlsWithoutHello(p)
}

// tlsCutHello accepts the beginning of a ClientHello or ServerHello that the capture cut before
// its cipher suites: the version, and lengths of record, message and segment that agree (RFC 8446,
// sections 4 and 5.1).
func tlsCutHello(p *classify.Probe) bool {
	b := p.Payload
	r, _, ok := wire.ParseTLSRecord(b)
	if !ok || len(b) < 11 || r.Type != wire.RecordHandshake || b[9] != 3 || b[10] > 3 || b[6] != 0 {
		return false
	}
	message, whole := 4+int(b[7])<<8+int(b[8]), 5+r.Len
	switch b[5] {
	case wire.HandshakeClientHello:
		if message < 44 || message != r.Len || p.Len != whole && (p.Len > whole || p.Len < 1000) {
			return false
		}
		p.ClientIs(p.From)
	case wire.HandshakeServerHello:
		if message < 42 || message > r.Len || p.Len < 1000 && p.Len < whole {
			return false
		}
		p.ClientIs(p.From.Other())
	default:
		return false
	}
	p.Found.Master = tlsMaster(p, &tlsFacts{})
	p.Found.App = tlsApplication(p, &tlsFacts{})
	return true
}

// tlsKept is about what tlsFacts take: a hello has some hundred bytes of names and lists.
const tlsKept = 2 << 10

// tlsLateHello is how many payloads may come before a ClientHello whose answer was there first.
const tlsLateHello = 6

// tlsFacts is what the two sides of a TLS conversation say in clear.
type tlsFacts struct {
	client, server bool // a hello of that kind was seen
	turned         bool // by the side that was taken for the other
	more           bool // a hello may still come, or the rest of one
	hello          wire.ClientHello
	answer         wire.ServerHello
	certificate    wire.Certificate
	sealed         bool // no certificate will come, or it came
}

func (f *tlsFacts) seen() bool { return f.client || f.server }

// readTLS reads what stands at the beginning of both streams; either may be
// empty.
func readTLS(fromClient, fromServer []byte) (f tlsFacts) {
	f.read(fromClient, fromServer)
	return f
}

// read reads, of both streams, what is not known yet.
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
		if r, _, ok := wire.ParseTLSRecord(stream); ok && r.Type == wire.RecordHandshake && (r.Len >= 4 || r.Body[0] == wire.HandshakeClientHello || r.Body[0] == wire.HandshakeServerHello) {
			// A record may be shorter than the header of its message (RFC 8446, section 5.1).
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
	if client := (side == classify.Server) == f.turned; client {
		return f.client && f.hello.Complete
	}
	return f.server && f.answer.Complete && f.sealed
}

// maybeRecord reports whether fewer than six bytes may begin a handshake record.
func maybeRecord(b []byte) bool {
	return b[0] == wire.RecordHandshake && (len(b) < 2 || b[1] == 3) && (len(b) < 3 || b[2] <= 3)
}

func (f *tlsFacts) readHandshakes(stream []byte, side classify.Side) {
	first := true
	for h := range wire.Handshakes(stream) {
		switch {
		case first && h.Type == wire.HandshakeClientHello:
			f.readClientHello(h, side)
			return
		case first && h.Type == wire.HandshakeServerHello:
			if !f.readServerHello(h, side) {
				return
			}
		case first:
			return
		case h.Type == wire.HandshakeCertificate:
			f.certificate, f.sealed = wire.ParseCertificates(h.Body)
			f.sealed = f.sealed || len(h.Body) == h.Len
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
	if h.Len < 40 || len(h.Body) > 0 && h.Body[0] != 3 && h.Body[0] != 0x7f {
		return
	}
	if len(h.Body) < 2 {
		f.more = true
		return
	}
	hello, ok := wire.ParseClientHello(h, false)
	switch {
	case ok:
		f.client, f.hello, f.turned = true, hello, side == classify.Server
	case len(h.Body) < 512 && len(h.Body) < h.Len:
		f.more = true
	}
}

// readServerHello reports whether what follows in the stream is worth reading.
func (f *tlsFacts) readServerHello(h wire.Handshake, side classify.Side) bool {
	if h.Len < 38 || len(h.Body) > 0 && h.Body[0] != 3 && h.Body[0] != 0x7f {
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
	f.server, f.answer, f.turned = true, answer, side == classify.Client
	f.sealed = answer.Complete && answer.Selected == wire.VersionTLS13
	return !f.sealed
}

// put hands over names and fingerprints, and asks for more where there is
// more to learn.
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
	if f.turned {
		p.ClientIs(classify.Server)
	}
	// Browsers name the server and offer ALPN: their server's certificate tells nothing new.
	plain := f.hello.ServerName != "" && len(f.hello.ALPN) > 0
	// A capture of two directions may have the answer before the hello.
	late := !f.client && len(p.History()) < tlsLateHello
	if f.client && !f.hello.Complete || !f.server || !f.answer.Complete || !f.sealed && !plain || late {
		p.KeepLooking()
	}
}

// sslv2Hello accepts a ClientHello or ServerHello in an SSL 2.0 record whose
// lengths add up, the whole of it being there (RFC 6101, appendix E; RFC 5246,
// appendix E.2).
func sslv2Hello(b []byte) classify.Outcome {
	client := len(b) > 2 && b[2] == 1
	switch {
	case b[0]&0x80 == 0, len(b) > 2 && b[2] != 1 && b[2] != 4,
		client && len(b) > 4 && !(b[3] == 3 && b[4] <= 3 || b[3] == 0 && b[4] == 2),
		!client && len(b) > 6 && (b[3] > 1 || b[4] > 1 || b[5] != 0 || b[6] != 2):
		return classify.Never
	case len(b) < 13:
		return classify.NeedMore
	}
	length := int(b[0]&0x7f)<<8 | int(b[1])
	u16 := func(i int) int { return int(b[i])<<8 | int(b[i+1]) }
	sound := false
	if client {
		ciphers, session, challenge := u16(5), u16(7), u16(9)
		sound = ciphers > 0 && ciphers%3 == 0 && (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
			length == 9+ciphers+session+challenge
	} else {
		certificate, ciphers, connection := u16(7), u16(9), u16(11)
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

// tlsWithoutHello looks for records where there is no hello: the beginning
// was not captured, or there is only an alert.
func tlsWithoutHello(p *classify.Probe) classify.Outcome {
	stream := p.Stream(p.From)
	midstream := p.Midstream(classify.Client) || p.Midstream(classify.Server)
	if tlsPort(p) {
		if out := earlyAlert(stream); out != classify.Never {
			return out
		}
	}
	if !midstream && (len(stream) == 0 || stream[0] == wire.RecordHandshake) {
		return classify.Never
	}
	if midstream && tlsChain(p.Payload, p.Len) || tlsChain(stream, max(len(stream), p.Len)) || tlsPort(p) && applicationData(stream) {
		p.Found.Master = tlsMaster(p, &tlsFacts{})
		p.Found.App = tlsApplication(p, &tlsFacts{})
		return classify.Match
	}
	if midstream && len(p.History()) < 12 || maybeChain(stream) {
		return classify.NeedMore
	}
	return classify.Never
}

// earlyAlert accepts the alert of a server that gives up before it heard of any
// version: it has none in its record (s2n, which is Amazon's, closes so).
func earlyAlert(b []byte) classify.Outcome {
	const header = "\x15\x00\x00\x00\x02"
	switch n := min(len(b), len(header)); {
	case len(b) == 0, len(b) > len(header)+2, string(b[:n]) != header[:n]:
		return classify.Never
	case len(b) > n && b[n] != 1 && b[n] != 2, len(b) > n+1 && b[n+1] > 120:
		return classify.Never
	case len(b) == len(header)+2:
		return classify.Match
	}
	return classify.NeedMore
}

// maybeChain reports whether a stream may begin with a record that is not
// all there.
func maybeChain(b []byte) bool {
	if len(b) < 5 {
		return len(b) > 0 && b[0] >= wire.RecordChangeCipherSpec && b[0] <= wire.RecordHeartbeat &&
			(len(b) < 2 || b[1] == 3) && (len(b) < 3 || b[2] <= 3)
	}
	r, rest, ok := wire.ParseTLSRecord(b)
	return ok && r.Len > 1 && len(rest) < 5
}

// tlsChain accepts a segment that is made of whole records, or of a whole one
// and the beginning of another.
func tlsChain(b []byte, length int) bool {
	if len(b) < 6 || b[0] < wire.RecordChangeCipherSpec || b[0] > wire.RecordHeartbeat {
		return false
	}
	missing := length - len(b)
	version := uint16(0)
	for n := 0; ; n++ {
		if len(b) == 0 {
			return n > 0 && missing == 0
		}
		r, rest, ok := wire.ParseTLSRecord(b)
		if !ok || !plausibleRecord(r) || n > 0 && r.Version != version {
			return false
		}
		version = r.Version
		if len(r.Body) < r.Len {
			return n > 0 || len(r.Body)+missing == r.Len
		}
		b = rest
	}
}

// plausibleRecord knows the lengths that records in clear must have, and
// those that encrypted ones cannot have.
func plausibleRecord(r wire.TLSRecord) bool {
	switch r.Type {
	case wire.RecordChangeCipherSpec:
		return r.Len == 1 && len(r.Body) > 0 && r.Body[0] == 1
	case wire.RecordAlert:
		return r.Len == 2 && len(r.Body) == 2 && (r.Body[0] == 1 || r.Body[0] == 2) && r.Body[1] <= 120 || r.Len >= 18 && r.Len <= 320
	case wire.RecordHandshake:
		return r.Len >= 4
	case wire.RecordHeartbeat:
		return r.Len >= 19
	}
	return r.Len >= 17
}

// tlsPort reports whether one side uses a port where TLS is usual.
func tlsPort(p *classify.Probe) bool {
	return p.HasPort(443) || p.HasPort(465) || p.HasPort(853) || p.HasPort(993) || p.HasPort(995)
}

// applicationData accepts the header of a record of application data.
func applicationData(b []byte) bool {
	r, _, ok := wire.ParseTLSRecord(b)
	return ok && r.Type == wire.RecordApplicationData && r.Version >= wire.VersionTLS10 && r.Version <= wire.VersionTLS12 && r.Len >= 17
}
