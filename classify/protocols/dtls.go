package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var dtls = classify.Protocol{
	Name: "DTLS", Category: "Web", Transport: classify.UDP,
	Owners:     callOwners,
	FirstBytes: classify.Range(wire.RecordChangeCipherSpec, wire.RecordACK), Recognise: recogniseDTLS, Reference: "RFC 9147, RFC 6347, RFC 4347",
}

// dtlsPatience is how many datagrams are read for hellos and certificate.
const dtlsPatience = 14

// recogniseDTLS accepts a datagram that is made of DTLS records to its end
// (RFC 6347, section 4.1), in clear or encrypted, of versions 1.0 to 1.2, of
// what came before 1.0, and of 1.3 as long as it sends in clear. Where the first record is damaged, its
// header tells all the same.
func recogniseDTLS(p *classify.Probe) classify.Outcome {
	if len(p.History()) == 1 && dtlsDamaged(p.Payload) {
		return classify.Match
	}
	if !wire.IsDTLS(p.Payload, p.Len) && !(p.Found.ClientFingerprint != "" || p.Found.ServerFingerprint != "") {
		return classify.Never
	}
	var messages [2]wire.DTLSMessages
	for _, d := range p.History() {
		messages[d.From].Add(d.Data)
	}
	putDTLS(p, &messages)
	return classify.Match
}

// dtlsDamaged reports whether b begins with the header of one of the first handshake records of a side, of
// version 1.0 or 1.2: epoch 0, and a number below 256 (RFC 6347, section 4.1). What follows has not even the
// length of a message's header.
func dtlsDamaged(b []byte) bool {
	const header, message = 13, 12
	if len(b) < header || b[0] != wire.RecordHandshake || !match.AllZero(b[3:10]) {
		return false
	}
	version := wire.U16(b[1:])
	return (version == wire.VersionDTLS10 || version == wire.VersionDTLS12) && wire.U16(b[11:]) < message
}

// putDTLS hands over names and fingerprints, and asks for more where a
// handshake is going on.
func putDTLS(p *classify.Probe, messages *[2]wire.DTLSMessages) {
	var handshake, sealed bool
	found := &p.Found
	for side := range messages {
		m := &messages[side]
		if h, ok := m.Last(wire.HandshakeClientHello); ok {
			handshake = true
			p.ClientIs(classify.Side(side))
			hello, _ := wire.ParseClientHello(h, true)
			found.ClientFingerprint = clientFingerprint(p, &hello, wire.OverDTLS)
			if hello.ServerName != "" {
				found.ServerName = hello.ServerName
			}
		}
		if h, ok := m.Last(wire.HandshakeServerHello); ok {
			handshake = true
			p.ClientIs(classify.Side(side).Other())
			answer, _ := wire.ParseServerHello(h, true)
			found.ServerFingerprint = serverFingerprint(p, &answer, wire.OverDTLS)
			sealed = answer.Selected == wire.VersionDTLS13
		}
		if h, ok := m.Last(wire.HandshakeCertificate); ok {
			handshake = true
			c, whole := wire.ParseCertificates(h.Body)
			// A client's certificate, after its hello, names the client.
			if found.ServerName == "" && (found.ServerFingerprint != "" || found.ClientFingerprint == "") {
				found.ServerName = c.ServerName()
			}
			// The name in the certificates that Google's relays of calls make.
			if c.Subject.CommonName == "hangouts" && c.Issuer.CommonName == "hangouts" {
				stunApp(found, "GoogleCall")
			}
			sealed = sealed || whole
		}
	}
	if handshake && !sealed && len(p.History()) < dtlsPatience {
		p.KeepLooking()
	}
}
