package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var openvpn = classify.Protocol{
	Name: "OpenVPN", Category: "VPN", Transport: classify.TCP | classify.UDP, Ports: []uint16{1194},
	FirstBytes:    classify.Range(0x00, 0x5f), // opcodes 1 to 11
	FirstBytesTCP: classify.Range(0, 8),       // of a length
	Owners:        vpnOwners,
	Recognise:     recogniseVPNService, Plausible: mayBeOpenVPN, Reference: "draft-openvpn-wire-protocol",
}

// Opcodes of OpenVPN: the upper five bits of the first byte (draft-openvpn-wire-protocol, "Packet
// header").
const (
	ovpnResetClient1 = 1
	ovpnResetServer1 = 2
	ovpnControl      = 4
	ovpnACK          = 5
	ovpnData1        = 6
	ovpnResetClient2 = 7
	ovpnResetServer2 = 8
	ovpnData2        = 9
	ovpnResetClient3 = 10
	ovpnWrappedKey   = 11
)

// recogniseOpenVPN accepts the reset that opens the control channel, in clear, authenticated
// (tls-auth, whatever the digest) or encrypted (tls-crypt, with the key of the
// client or without); a server's reset that names the client's session;
// control packets of one session that go on; and data packets whose numbers count up.
// Over TCP each packet stands behind its length.
func recogniseOpenVPN(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return openvpnPacket(p, p.Payload, p.Len)
	}
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] > 0x08 {
		return classify.Never
	}
	if len(b) < 3 {
		return classify.NeedMore
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < 14 || n > 1600 {
		return classify.Never
	}
	if op := b[2] >> 3; b[2]&7 != 0 || op == 0 || op > ovpnWrappedKey {
		return classify.Never
	}
	if len(b) < 2+n {
		return classify.NeedMore
	}
	return openvpnPacket(p, b[2:2+n], n)
}

// openvpnPacket judges one packet of the given length.
func openvpnPacket(p *classify.Probe, b []byte, length int) classify.Outcome {
	op := b[0] >> 3
	if op == 0 || op > ovpnWrappedKey || len(b) < 14 {
		return classify.Never
	}
	// All but data begin with a session's number, which is random.
	if op != ovpnData1 && op != ovpnData2 && !mostlySet(b[1:9]) {
		return classify.Never
	}
	switch op {
	case ovpnResetClient1, ovpnResetClient2, ovpnResetClient3:
		p.ClientIs(p.From)
		return openvpnReset(p, b, length)
	case ovpnResetServer1, ovpnResetServer2:
		p.ClientIs(p.From.Other())
		return openvpnAnswer(p, b, length)
	case ovpnData1, ovpnData2:
		return openvpnData(p)
	}
	return openvpnControl(p, b)
}

// mostlySet reports whether at least half of b is not zero.
func mostlySet(b []byte) bool {
	zeros := 0
	for _, c := range b {
		if c == 0 {
			zeros++
		}
	}
	return 2*zeros <= len(b)
}

// openvpnReset judges a client's first packet.
func openvpnReset(p *classify.Probe, b []byte, length int) classify.Outcome {
	if b[0]&7 != 0 {
		return classify.Never
	}
	if length == 14 { // session, no acknowledgements, packet 0
		if b[0]>>3 != ovpnResetClient3 && match.AllZero(b[9:14]) && !match.AllZero(b[1:9]) {
			return classify.Match
		}
		return classify.Never
	}
	if openvpnAuthenticated(b, length, 5) || openvpnEncrypted(b, length, 54) {
		return classify.Match
	}
	if length > 14 && length < 400 && len(p.History()) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}

// openvpnAnswer judges a server's first packet.
func openvpnAnswer(p *classify.Probe, b []byte, length int) classify.Outcome {
	if b[0]&7 != 0 || length < 14 {
		return classify.Never
	}
	for i := range p.History() {
		h := &p.History()[i]
		if p.Transport == classify.UDP && h.From != p.From && len(h.Data) >= 14 && openvpnAcknowledges(b, h.Data[1:9]) {
			return classify.Match
		}
	}
	if p.Transport == classify.TCP {
		if c := p.Stream(p.From.Other()); len(c) > 16 && openvpnAcknowledges(b, c[3:11]) {
			return classify.Match
		}
	}
	switch {
	case length == 26 && len(b) >= 26 && b[9] == 1 && match.AllZero(b[10:14]) && match.AllZero(b[22:26]), // acknowledges packet 0
		openvpnAuthenticated(b, length, 17), openvpnEncrypted(b, length, 66):
		return classify.Match
	case length == 14 && match.AllZero(b[9:14]):
		return classify.Match
	}
	if len(p.History()) < 4 && length < 200 {
		return classify.NeedMore
	}
	return classify.Never
}

// openvpnAuthenticated accepts a packet with a digest after the session (tls-auth): then come the
// packet's number and time for the replay protection, and tail bytes of acknowledgements and number.
func openvpnAuthenticated(b []byte, length, tail int) bool {
	for _, digest := range [...]int{16, 20, 28, 32, 48, 64} {
		at := 9 + digest
		if length != at+8+tail || len(b) < length || !openvpnReplay(b[at:]) {
			continue
		}
		if tail == 5 && match.AllZero(b[at+8:]) || tail == 17 && b[at+8] == 1 && match.AllZero(b[at+9:at+13]) {
			return true
		}
	}
	return false
}

// openvpnEncrypted accepts a packet of tls-crypt: number and time, a digest of 32 bytes,
// and what is encrypted; a longer one also holds extensions or a wrapped key.
func openvpnEncrypted(b []byte, length, least int) bool {
	return length >= least && length <= least+1100 && openvpnReplay(b[9:]) && (length < least+32 || b[0]>>3 == ovpnResetClient3)
}

// openvpnReplay accepts a number as small as the first ones are and a time
// between 2004 and 2038; since version 2.6 the number may carry 0x0f in its highest byte.
func openvpnReplay(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	number, time := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	return number&0xffffff != 0 && number&0xffffff <= 8 && (number>>24 == 0 || number>>24 == 0x0f || number>>24 == 0x01) && time>>30 == 1
}

// openvpnControl accepts control packets and acknowledgements midstream: one of each side where what
// the one acknowledges is the other's session, or in the clear with the beginning of TLS.
func openvpnControl(p *classify.Probe, b []byte) classify.Outcome {
	if op := b[0] >> 3; op == ovpnControl && len(b) > 20 && b[9] <= 8 {
		at := 10 + 4*int(b[9])
		if b[9] > 0 {
			at += 8
		}
		if len(b) > at+10 && b[at] == 0 && b[at+1] == 0 && b[at+4] == 0x16 && b[at+5] == 3 && b[at+6] <= 3 && (b[at+9] == 1 || b[at+9] == 2) {
			return classify.Match
		}
	}
	for i := range p.History() {
		h := &p.History()[i]
		if p.Transport != classify.UDP || h.From == p.From || len(h.Data) < 22 {
			continue
		}
		if op := h.Data[0] >> 3; op < ovpnControl || op == ovpnData1 || op > ovpnResetServer2 {
			continue
		}
		// Text of both sides that repeats itself is no session.
		if match.AllZero(b[1:9]) || classify.IsText(b) {
			return classify.Never
		}
		if openvpnAcknowledges(b, h.Data[1:9]) || openvpnAcknowledges(h.Data, b[1:9]) {
			return classify.Match
		}
	}
	if len(p.History()) < 6 && p.Transport == classify.UDP && !match.AllZero(b[1:9]) {
		return classify.NeedMore
	}
	return classify.Never
}

// openvpnAcknowledges reports whether a packet acknowledges packets of the
// given session: how many, their numbers, which are small, and the session. Where they stand
// depends on the digest.
func openvpnAcknowledges(b, session []byte) bool {
	b = b[:min(len(b), 140)]
	for at := 14; at+8 <= len(b); at++ {
		if !bytes.Equal(b[at:at+8], session) {
			continue
		}
		for n := 1; n <= 8 && at-4*n-1 >= 9; n++ {
			if id := b[at-4*n:]; id[0] != 0 || id[1] != 0 {
				break
			}
			if int(b[at-4*n-1]) == n {
				return true
			}
		}
	}
	return false
}

// openvpnData accepts four data packets of one side whose numbers count up
// behind the same opcode, key and peer, as ciphers with a counter send them.
func openvpnData(p *classify.Probe) classify.Outcome {
	if p.Transport != classify.UDP {
		return classify.Never
	}
	var last uint32
	var head []byte
	count := 0
	for i := range p.History() {
		h := &p.History()[i]
		if h.From != p.From {
			continue
		}
		at := 1
		if len(h.Data) < 29 {
			return classify.Never
		}
		if h.Data[0]>>3 == ovpnData2 {
			at = 4
		}
		number := binary.BigEndian.Uint32(h.Data[at:])
		if head != nil && (!bytes.Equal(head, h.Data[:at]) || number <= last || number-last > 16) {
			return classify.Never
		}
		head, last = h.Data[:at], number
		if count++; count >= 4 {
			return classify.Match
		}
	}
	return classify.NeedMore
}

// mayBeOpenVPN accepts over UDP the ciphertext of a tunnel that is open already, behind the opcode of data
// of either version, and over TCP what was met midstream.
func mayBeOpenVPN(p *classify.Probe) bool {
	const data1, data2 = 6, 9
	opcode := p.History()[0].Data[0] >> 3
	return match.MayBeSealed(p) && (p.Transport == classify.TCP || opcode == data1 || opcode == data2)
}
