package protocols

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"servmap/classify"
	"servmap/classify/wire"
)

// stun is Session Traversal Utilities for NAT and the relaying of TURN, with
// the calls that open by them.
var stun = classify.Protocol{
	Name:      "STUN",
	Category:  "Network",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{3478},
	AlsoPorts: []uint16{3478},
	Owners:    callOwners,
	Reference: "RFC 8489, section 5; RFC 3489, section 11.1; RFC 8656; RFC 7983",

	FirstBytes:    classify.Range(0x00, 0x4f), // from 0x40 on channels
	FirstBytesTCP: classify.Range(0, 7),
	Midstream:     true,
	Recognise:     recogniseSTUN,
}

const (
	// stunPatience is how many payloads are searched for attributes, peers and media after the flow
	// is known to be STUN.
	stunPatience = 10
	// stunMedia is how many payloads decide whether the flow is the media's.
	stunMedia = 9
	// stunGooglePort is the port of Google's media relays.
	stunGooglePort = 19305
)

var stunCookie = []byte{0x21, 0x12, 0xa4, 0x42}

// recogniseSTUN accepts a message with the magic cookie, or one of RFC 3489 made of
// attributes to its last byte; over TCP also with the two bytes of RFC 4571 or
// the four of MS-TURN before it. Attributes, and what is multiplexed with STUN on the
// same ports (RFC 7983), tell the application: DTLS and SRTP become the master.
func recogniseSTUN(p *classify.Probe) classify.Outcome {
	// Before a message there is at most its length, which is short.
	if b := p.Stream(p.From); p.Transport == classify.TCP && len(b) > 0 && b[0] > 7 && !p.Midstream(p.From) {
		return classify.Never
	}
	matched := p.Matched()
	for _, payload := range stunPayloads(p) {
		if m, ok := stunMessage(p, payload.Data, payload.Len); ok {
			matched = true
			stunFound(p, &m, payload.From)
		}
	}
	if !matched {
		return stunNoMessage(p)
	}
	if stunIsDTLS(p) {
		p.Found.Master = "DTLS"
	} else if len(p.History()) <= stunMedia && p.Found.Master == "" && rtpInSequence(p, 2) {
		p.Found.Master = "SRTP"
	}
	if p.Found.App != "" && len(p.History()) <= stunPatience {
		stunExpectPeers(p)
	}
	if len(p.History()) < stunPatience {
		p.KeepLooking()
	}
	return classify.Match
}

// stunPayloads returns the datagrams that were not looked at yet; of a stream,
// its beginning on both sides and the newest segment.
func stunPayloads(p *classify.Probe) []classify.Payload {
	if all := p.History(); p.Transport == classify.UDP {
		if p.Matched() {
			return all[len(all)-1:]
		}
		return all
	}
	return []classify.Payload{
		{From: classify.Client, Data: p.Stream(classify.Client), Len: len(p.Stream(classify.Client))},
		{From: classify.Server, Data: p.Stream(classify.Server), Len: len(p.Stream(classify.Server))},
		{From: p.From, Data: p.Payload, Len: p.Len},
	}
}

// stunNoMessage answers for payloads that are no message: a TCP stream may still be short of its
// header, and a flow met midstream be data of a channel.
func stunNoMessage(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		b := p.Stream(p.From)
		if len(b) < 24 && (len(b) < 1 || b[0] <= 4) || len(b) >= 12 && len(b) < 2048 && bytes.Contains(b[4:12], stunCookie) {
			return classify.NeedMore
		}
		return classify.Never
	}
	if out := stunChannels(p); out != classify.Never {
		return out
	}
	if m, ok := wire.ParseSTUN(p.Payload, p.Len); ok && len(p.History()) < 3 && m.Size == 20 && m.Method == 1 {
		return classify.NeedMore
	}
	return classify.Never
}

// stunChannels accepts three datagrams of channel data whose lengths agree,
// two of them of the same channel (RFC 8656, section 12.4).
func stunChannels(p *classify.Probe) classify.Outcome {
	var channel [4]uint16
	n := 0
	for _, payload := range p.History() {
		data, ok := wire.TURNChannelData(payload.Data, payload.Len)
		if !ok || len(data) < 8 {
			return classify.Never
		}
		channel[n] = binary.BigEndian.Uint16(payload.Data)
		if n++; n == len(channel) {
			break
		}
	}
	if n < len(channel) {
		return classify.NeedMore
	}
	for _, c := range channel[1:] {
		if c != channel[0] {
			return classify.Never
		}
	}
	return classify.Match
}

// stunMessage parses a payload as a message that nothing else is.
func stunMessage(p *classify.Probe, b []byte, size int) (wire.STUN, bool) {
	if len(b) < 20 || b[0] > 0x3f {
		return wire.STUN{}, false
	}
	if p.Transport == classify.UDP {
		m, ok := wire.ParseSTUN(b, size)
		if ok && (m.Modern && size-m.Size < 4 || !m.Modern && m.Size == size && stunIsOld(p, &m, b)) {
			return m, true
		}
		return m, false
	}
	m, ok := wire.ParseSTUN(b, size)
	if ok && m.Modern && m.Size <= 2048 {
		return m, true
	}
	for _, skip := range [...]int{2, 4} {
		if skip == 2 && int(binary.BigEndian.Uint16(b)) < 20 || skip == 4 && (b[0] != 2 || b[1] != 0) || len(b) < skip+20 {
			continue
		}
		if m, ok := wire.ParseSTUN(b[skip:], size-skip); ok && m.Modern && m.Size <= 2048 {
			return m, true
		}
	}
	return wire.STUN{}, false
}

// stunIsOld accepts a message of RFC 3489: a binding or shared secret, whose attributes are all of that
// document or of the drafts after it.
func stunIsOld(p *classify.Probe, m *wire.STUN, b []byte) bool {
	if m.Method != 1 && m.Method != 2 || m.Class == 1 {
		return false
	}
	known, all := 0, 0
	m.Attributes(func(kind uint16, value []byte) bool {
		all++
		switch {
		case kind >= 1 && kind <= 0x0b, kind == wire.STUNXorMapped, kind == wire.STUNOldXorMapped, kind == wire.STUNSoftware,
			kind == stunZoom && len(value) == 20, kind == stunZoomAnswer, kind == 0x8028, kind == 0x8050:
			known++
		}
		return true
	})
	if all == 0 {
		// Nothing but an identifier, which is random: only a request is so
		// short, and it is repeated.
		return m.Class == 0 && m.Method == 1 && bytes.Count(b[4:20], []byte{0}) <= 3 && (p.HasPort(3478) || len(p.History()) > 1)
	}
	return known == all
}

// Attributes and methods that only one maker's software sends.
const (
	stunZoom           = 0x0101 // with a text of nineteen digits
	stunZoomAnswer     = 0x0103
	stunWhatsApp       = 0x4000 // to 0x4007; methods 0x400 and up as well
	stunMSVersion      = 0x8008 // MS-TURN 2.2.2.17
	stunMSSequence     = 0x8050
	stunMSQuality      = 0x8055
	stunMSCandidate    = 0x8054 // MS-ICE2 2.2
	stunMSImplementing = 0x8070
	stunGoogle         = 0xff03 // to 0xff05
)

// stunRealms are the realms of the relays of calls.
var stunRealms = []struct{ suffix, app string }{
	{".google.com", "GoogleCall"},
	{"facebook", "FacebookVoip"},
	{"facebook.com", "FacebookVoip"},
	{"telegram.org", "TelegramVoip"},
	{"signal.org", "SignalVoip"},
	{"whispersystems.org", "SignalVoip"},
	{"whatsapp.net", "WhatsAppCall"},
	{"zoom.us", "Zoom"},
	{"discord.gg", "Discord"},
	{"discord.media", "Discord"},
	{"viber.com", "ViberVoip"},
}

// stunFound takes from a message who speaks, the relay's realm and what tells
// the application.
func stunFound(p *classify.Probe, m *wire.STUN, from classify.Side) {
	f := &p.Found
	attributes, integrity, user := 0, false, false
	m.Attributes(func(kind uint16, value []byte) bool {
		attributes++
		switch {
		case kind == wire.STUNRealm:
			if f.ServerName == "" {
				f.ServerName = string(value)
			}
			for _, r := range stunRealms {
				if bytes.HasSuffix(value, []byte(r.suffix)) {
					f.App = r.app
				}
			}
		case kind >= stunWhatsApp && kind <= stunWhatsApp+7:
			stunApp(f, "WhatsAppCall")
		case (kind == stunZoom || kind == stunZoomAnswer) && !m.Modern:
			stunApp(f, "Zoom")
		case kind == stunMSVersion, kind == stunMSSequence, kind == stunMSQuality, kind == stunMSCandidate, kind == stunMSImplementing:
			stunApp(f, "Skype_TeamsCall")
		case kind >= stunGoogle && kind <= stunGoogle+2:
			stunApp(f, "GoogleCall")
		case kind == wire.STUNIntegrity:
			integrity = true
		case kind == wire.STUNUsername:
			user = true
		}
		return true
	})
	switch {
	case m.Modern && m.Class == 0 && m.Method >= 0x200 && m.Method <= 0x20f:
		stunApp(f, "WhatsAppCall")
	case m.Modern && m.Class == 0 && m.Method == 1 && integrity && !user && attributes == 1:
		// A check without a name: every other ICE agent sends one (RFC
		// 8445, section 7.1.1).
		stunApp(f, "WhatsAppCall")
	case p.HasPort(stunGooglePort) && user:
		stunApp(f, "GoogleCall")
	}
	// Whoever asks for an address or a relay is the client of the server.
	// Between two peers both ask.
	if m.Method >= 3 || p.HasPort(3478) {
		if m.Class == 0 {
			p.ClientIs(from)
		} else if m.Class >= 2 {
			p.ClientIs(from.Other())
		}
	}
}

// stunApp stores an application unless one was found before.
func stunApp(f *classify.Found, app string) {
	if f.App == "" {
		f.App = app
	}
}

// stunMostPeers bounds what one message announces: a client permits few peers at once.
const stunMostPeers = 8

// stunExpectPeers announces that the call goes on between the client's port, or the relay's, and the
// peers named in the newest message.
func stunExpectPeers(p *classify.Probe) {
	if p.Transport != classify.UDP {
		return
	}
	m, ok := stunMessage(p, p.Payload, p.Len)
	if !ok {
		return
	}
	client := p.From
	if m.Class >= 2 {
		client = client.Other()
	}
	if m.Method >= 3 && m.Class == 0 {
		p.Expect(classify.UDP, p.Addrs[client], p.Ports[client], p.Found.App)
	}
	peers := 0
	m.Attributes(func(kind uint16, value []byte) bool {
		if kind == wire.STUNXorPeer {
			peers++
			if peer, ok := m.Addr(value); ok && peer.Port() != 0 && peer.Addr() != (netip.Addr{}) {
				p.Expect(classify.UDP, peer.Addr(), peer.Port(), p.Found.App)
			}
		}
		return peers < stunMostPeers
	})
}

// stunIsDTLS looks for the handshake that keys the media (RFC 5764) and takes
// its names.
func stunIsDTLS(p *classify.Probe) bool {
	if p.Transport != classify.UDP || p.Matched() && !isDTLSDatagram(p.Payload, p.Len) {
		return false
	}
	var messages [2]wire.DTLSMessages
	seen := false
	for _, d := range p.History() {
		if isDTLSDatagram(d.Data, d.Len) {
			messages[d.From].Add(d.Data)
			seen = true
			// The name in the certificates that GeForce Now's servers make.
			if bytes.Contains(d.Data, []byte("NVIDIA GameStream")) {
				p.Found.App = "GeForceNow"
			}
		}
	}
	if seen {
		putDTLS(p, &messages)
	}
	return seen
}

// isDTLSDatagram accepts DTLS, and not what else comes on the port (RFC 7983, section 7).
func isDTLSDatagram(b []byte, size int) bool {
	return len(b) > 12 && b[0] >= 20 && b[0] <= 25 && wire.IsDTLS(b, size)
}
