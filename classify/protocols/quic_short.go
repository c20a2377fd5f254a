package protocols

import (
	"bytes"

	"servmap/classify"
)

const (
	// quicShortPatience is how many datagrams of a connection that was not seen
	// to begin are looked at.
	quicShortPatience = 12
	// quicIdentifier is the length of the connection IDs of Google's QUIC, and the least that large
	// servers use.
	quicIdentifier = 8
)

// recogniseShortQUIC accepts a connection on the usual port of which only packets with a short header
// were captured: the same connection ID in all that one side sends, and behind it what only QUIC has.
// Servers find their connections by it, and so it is there in at least one direction.
func recogniseShortQUIC(p *classify.Probe) classify.Outcome {
	if !p.HasPort(443) {
		return classify.Never
	}
	var sent [4][]byte // the newest of that side, the last first
	n, history := 0, p.History()
	for i := len(history) - 1; i >= 0 && n < len(sent); i-- {
		if d := &history[i]; d.From == p.From && len(d.Data) >= 20 {
			sent[n] = d.Data
			n++
		}
	}
	if quicCounts(sent[:n]) || quicSealed(sent[:n]) {
		return classify.Match
	}
	if len(history) < quicShortPatience {
		return classify.NeedMore
	}
	return classify.Never
}

// quicCounts accepts three packets of Google's own header, with flags, identifier
// and a number in clear that counts up by little (QUIC Wire Layout
// Specification, "Public Packet Header").
func quicCounts(sent [][]byte) bool {
	const identified, version, reset, unused = 0x08, 0x01, 0x02, 0xc0
	if len(sent) < 3 {
		return false
	}
	for i, b := range sent[:3] {
		if b[0]&(identified|version|reset|unused) != identified || !mostlySet(b[1:1+quicIdentifier]) {
			return false
		}
		if b[0] == ovpnACK<<3 || b[0] == ovpnResetClient2<<3 {
			return false // a session that acknowledges, or knocks, with numbers that count up
		}
		if i > 0 && !(bytes.Equal(sent[i-1][1:1+quicIdentifier], b[1:1+quicIdentifier]) && quicFollows(b, sent[i-1])) {
			return false
		}
	}
	return true
}

// quicFollows reports whether the number of a packet is little more than that of
// the one before. It has 1, 2, 4 or 6 bytes, in the order of the network
// since version 39.
func quicFollows(before, later []byte) bool {
	low := func(b []byte) (network, reverse byte) {
		size := [...]int{1, 2, 4, 6}[b[0]>>4&3]
		number := b[1+quicIdentifier:][:size]
		return number[size-1], number[0]
	}
	const most = 8
	n0, r0 := low(before)
	n1, r1 := low(later)
	return n1 != n0 && n1-n0 <= most || r1 != r0 && r1-r0 <= most
}

// quicSealed accepts four packets with a short header (RFC 9000, section
// 17.3.1): the fixed bit, flags that header protection makes differ, the
// identifier, and then what is encrypted.
func quicSealed(sent [][]byte) bool {
	const protected = 4
	if len(sent) < 4 {
		return false
	}
	differ := false
	for i, b := range sent {
		if b[0]&0xc0 != 0x40 || !mostlySet(b[1:1+quicIdentifier]) {
			return false
		}
		differ = differ || b[0] != sent[0][0]
		for _, later := range sent[:i] {
			if !bytes.Equal(later[1:1+quicIdentifier], b[1:1+quicIdentifier]) || bytes.Equal(later[1+quicIdentifier:][:protected], b[1+quicIdentifier:][:protected]) {
				return false
			}
		}
	}
	return differ
}
