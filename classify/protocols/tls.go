package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var tls = classify.Protocol{
	Name: "TLS", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{443},
	// Registered for TLS, or the usual port of a service that speaks it.
	AlsoPorts: []uint16{
		636, 853, 989, 990, 992, 993, 995, 2078, 2083, 2087, 2096, 2376, 2379, 2380, 2484, 3269, 4433, 4443, 5061, 5223, 5228, 5349, 5671, 5986, 6443,
		6514, 6697, 7443, 8006, 8089, 8140, 8200, 8443, 8444, 8531, 8834, 8883, 9093, 9443, 10250, 10443, 15671, 16993, 16995, 25672,
	},
	FirstBytes: classify.Range(0x14, 0x18).Or(classify.Range(0x80, 0xff)), // records, SSL 2.0
	Midstream:  true,
	Recognise:  recogniseTLS, Speaker: tlsSpeaker, Plausible: mayHideTLS, Reference: "RFC 8446, RFC 5246, RFC 6101",
}

// mayHideTLS accepts what was met midstream, and ciphertext of both sides: programs that hide TLS keep
// to its port.
func mayHideTLS(p *classify.Probe) bool {
	if match.MetMidstream(p) {
		return true
	}
	for _, s := range [...]classify.Side{classify.Client, classify.Server} {
		if b := p.Stream(s); len(b) < 64 || classify.IsText(b[:64]) || !match.LooksEncrypted(b) {
			return match.OneSends(p)
		}
	}
	return true
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

// recogniseTLS accepts a stream that begins with a ClientHello or ServerHello in handshake records (RFC
// 8446, sections 4 and 5.1), however they are cut, an alert or a ChangeCipherSpec (sections 5 and 6),
// or an SSL 2.0 hello (RFC 5246, appendix E.2). In a stream met midstream it accepts a chain of records
// that agrees with the segment.
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
			}
			p.Keep(kept, f.detach())
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

// tlsCutHello accepts the beginning of a ClientHello or ServerHello that the capture cut before its
// cipher suites: the version, and lengths of record, message and segment that agree (RFC 8446, sections
// 4 and 5.1).
func tlsCutHello(p *classify.Probe) bool {
	b := p.Payload
	record, _, ok := wire.ParseTLSRecord(b)
	if !ok || record.Type != wire.RecordHandshake || len(b) < 11 {
		return false
	}
	kind, version := b[5], wire.U16(b[9:])
	if b[6] != 0 || version < wire.VersionSSL3 || version > wire.VersionTLS12 {
		return false
	}
	message, whole := 4+wire.U16(b[7:]), 5+record.Len
	const full = 1000 // a segment as large as this may be the first of several
	switch kind {
	case wire.HandshakeClientHello:
		onlyMessage := message >= 44 && message == record.Len
		fills := p.Len == whole || p.Len < whole && p.Len >= full
		if !onlyMessage || !fills {
			return false
		}
		p.ClientIs(p.From)
	case wire.HandshakeServerHello:
		fits := message >= 42 && message <= record.Len
		fills := p.Len >= whole || p.Len >= full
		if !fits || !fills {
			return false
		}
		p.ClientIs(p.From.Other())
	default:
		return false
	}
	tlsUnread(p)
	return true
}

// tlsUnread labels a flow whose hellos were not read.
func tlsUnread(p *classify.Probe) {
	p.Found.Master, p.Found.App = tlsMaster(p, &tlsFacts{}), tlsApplication(p, &tlsFacts{})
}

// tlsPatience is how many payloads of a flow met midstream may pass before one is made of records.
const tlsPatience = 12

// tlsWithoutHello looks for records where there is no hello: the beginning was not captured, or there is
// only an alert.
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
	switch {
	case midstream && tlsChain(p.Payload, p.Len),
		tlsChain(stream, max(len(stream), p.Len)),
		tlsPort(p) && applicationData(stream):
		tlsUnread(p)
		return classify.Match
	case midstream && len(p.History()) < tlsPatience, maybeChain(stream):
		return classify.NeedMore
	}
	return classify.Never
}

// earlyAlert accepts the alert of a server that gives up before it heard of any version: there is none in
// its record (s2n, which is Amazon's, closes so).
func earlyAlert(b []byte) classify.Outcome {
	const header = "\x15\x00\x00\x00\x02"
	switch n := min(len(b), len(header)); {
	case len(b) == 0, len(b) > len(header)+2, string(b[:n]) != header[:n]:
		return classify.Never
	case len(b) > n && !isAlertLevel(b[n]), len(b) > n+1 && b[n+1] > lastAlert:
		return classify.Never
	case len(b) == len(header)+2:
		return classify.Match
	}
	return classify.NeedMore
}

// lastAlert is the greatest alert: no_application_protocol (RFC 7301, section 3.2).
const lastAlert = 120

// isAlertLevel accepts warning and fatal (RFC 8446, section 6).
func isAlertLevel(b byte) bool { return b == 1 || b == 2 }

// isRecordType accepts the content types of records.
func isRecordType(b byte) bool { return b >= wire.RecordChangeCipherSpec && b <= wire.RecordHeartbeat }

// maybeChain reports whether a stream may begin with a record that is not all there.
func maybeChain(b []byte) bool {
	if len(b) < 5 {
		return len(b) > 0 && isRecordType(b[0]) && wire.IsRecordVersion(b[1:])
	}
	r, rest, ok := wire.ParseTLSRecord(b)
	return ok && r.Len > 1 && len(rest) < 5
}

// tlsChain accepts a segment of length bytes, of which b was captured, that is made of whole records,
// or of a whole one and the beginning of another.
func tlsChain(b []byte, length int) bool {
	if len(b) < 6 || !isRecordType(b[0]) {
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

// plausibleRecord knows the lengths that records in clear must have, and those that encrypted ones cannot
// have.
func plausibleRecord(r wire.TLSRecord) bool {
	switch r.Type {
	case wire.RecordChangeCipherSpec:
		return r.Len == 1 && len(r.Body) > 0 && r.Body[0] == 1
	case wire.RecordAlert:
		inClear := r.Len == 2 && len(r.Body) == 2 && isAlertLevel(r.Body[0]) && r.Body[1] <= lastAlert
		encrypted := r.Len >= 18 && r.Len <= 320
		return inClear || encrypted
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

// tlsSpeaker tells by the first handshake message in the clear (RFC 5246, section 7.4): hellos, and what
// only a server or only a client sends behind them. Its length must fit the record.
func tlsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 9 || b[0] != wire.RecordHandshake || b[6] != 0 {
		return classify.AnySpeaker
	}
	record, message := wire.U16(b[3:]), wire.U16(b[7:])
	fits := message+4 <= record
	switch b[5] {
	case wire.HandshakeClientHello:
		if message >= 40 {
			return classify.ClientSpeaks
		}
	case wire.HandshakeServerHello:
		if fits && message >= 38 {
			return classify.ServerSpeaks
		}
	case 12, 13: // ServerKeyExchange, CertificateRequest
		if fits && message >= 8 {
			return classify.ServerSpeaks
		}
	case 14: // ServerHelloDone
		if fits && message == 0 {
			return classify.ServerSpeaks
		}
	case 16: // ClientKeyExchange
		if fits && message >= 32 {
			return classify.ClientSpeaks
		}
	}
	return classify.AnySpeaker
}
