package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var wireguard = classify.Protocol{
	Name: "WireGuard", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{51820},
	FirstBytes: classify.Range(1, 4),
	Owners:     vpnOwners,
	Recognise:  recogniseWireGuard, Reference: "WireGuard: Next Generation Kernel Network Tunnel, section 5.4",
}

// Types and lengths of WireGuard's messages (section 5.4.2 to 5.4.7).
const (
	wgInitiation = 1
	wgResponse   = 2
	wgCookie     = 3
	wgData       = 4

	wgInitiationLen = 148
	wgResponseLen   = 92
	wgCookieLen     = 64
	wgDataLen       = 32
)

// recogniseWireGuard accepts a type with three zeros behind it and the length of that type;
// a data message's length is a multiple of 16 and its counter small, and on other ports than
// the usual a second one must follow. Handshakes that were made longer count where the
// response names the initiation's sender.
func recogniseWireGuard(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < wgDataLen || b[0] == 0 || b[0] > wgData || b[1] != 0 || b[2] != 0 || b[3] != 0 {
		return classify.Never
	}
	if !wgSealed(b) {
		return classify.Never
	}
	if !wgMessage(b, p.Len) && !wgAnswers(p) {
		if b[0] <= wgResponse && p.Len > wgResponseLen && len(p.History()) < 4 {
			return classify.NeedMore
		}
		return classify.Never
	}
	switch b[0] {
	case wgData:
		if !p.HasPort(51820) && !wgCounts(p) {
			return classify.NeedMore
		}
	case wgInitiation:
		p.ClientIs(p.From)
	case wgResponse, wgCookie:
		// Alone it counts without the cookie's digest, which is rare.
		if b[0] == wgResponse && !wgAnswers(p) && !p.HasPort(51820) && !match.AllZero(b[len(b)-16:]) {
			return classify.NeedMore
		}
		if p.Count(p.From.Other()) == 0 {
			p.ClientIs(p.From.Other())
		}
	}
	if p.HasPort(41641) {
		p.Found.App = "Tailscale"
	}
	return classify.Match
}

// wgSealed reports whether keys, nonces and ciphertext look random.
func wgSealed(b []byte) bool {
	from := [...]int{wgInitiation: 8, wgResponse: 12, wgCookie: 8, wgData: 16}[b[0]]
	return match.LooksEncrypted(b[from:min(len(b), from+32)])
}

// wgAnswers reports whether the newest message is a response to an initiation
// of the other side.
func wgAnswers(p *classify.Probe) bool {
	for i := range p.History() {
		h := &p.History()[i]
		if p.Payload[0] == wgResponse && h.From != p.From && h.Data[0] == wgInitiation && len(h.Data) > 8 &&
			string(h.Data[4:8]) == string(p.Payload[8:12]) {
			return true
		}
	}
	return false
}

// wgCounts reports whether the newest message is data that goes on from an
// older message of the same side, or follows a handshake.
func wgCounts(p *classify.Probe) bool {
	counter := binary.LittleEndian.Uint64(p.Payload[8:])
	history := p.History()
	for i := range history[:len(history)-1] {
		h := &history[i]
		if h.Data[0] != wgData || h.From != p.From {
			continue
		}
		before := binary.LittleEndian.Uint64(h.Data[8:])
		if string(h.Data[4:8]) == string(p.Payload[4:8]) && counter > before && counter-before < 1024 {
			return true
		}
	}
	return false
}

// wgMessage checks the length that a type must have; what stands in the three
// bytes after it is not looked at.
func wgMessage(b []byte, length int) bool {
	switch b[0] {
	case wgInitiation:
		return length == wgInitiationLen
	case wgResponse:
		return length == wgResponseLen
	case wgCookie:
		return length == wgCookieLen
	case wgData:
		return length%16 == 0 && binary.LittleEndian.Uint64(b[8:]) < 1<<36
	}
	return false
}

var cloudflareWarp = classify.Protocol{
	Name: "CloudflareWarp", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{2408}, NoGuess: true,
	FirstBytes: classify.Range(1, 4).Or(classify.Range(0xc1, 0xc4)),
	Recognise:  recogniseWarp, Reference: "WireGuard with a client's number in the reserved bytes",
}

// recogniseWarp accepts, on the port of WARP, WireGuard in which the three reserved bytes number the
// client, or its like with the two upper bits of the type set: two messages that agree, or data whose
// counter is small.
func recogniseWarp(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if !p.HasPort(2408) || len(b) < wgDataLen {
		return classify.Never
	}
	kind := b[0] &^ 0xc0
	if kind < wgInitiation || kind > wgData || b[0] != kind && b[0] != kind|0xc0 {
		return classify.Never
	}
	if from := [...]int{wgInitiation: 8, wgResponse: 12, wgCookie: 8, wgData: 16}[kind]; !match.LooksEncrypted(b[from:min(len(b), from+32)]) {
		return classify.Never
	}
	if kind == wgData {
		if counter := binary.LittleEndian.Uint64(b[8:]); counter < 1<<28 {
			return classify.Match
		}
		return classify.Never
	}
	if b[0] == kind && !wgMessage(b, p.Len) {
		return classify.Never
	}
	for i := range p.History() {
		if h := &p.History()[i]; h.From != p.From && h.Data[0] == b[0]^wgInitiation^wgResponse {
			return classify.Match
		}
	}
	return classify.NeedMore
}
