package protocols

import (
	"bytes"
	"net/netip"
	"strconv"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// sip is the Session Initiation Protocol.
var sip = classify.Protocol{
	Name:      "SIP",
	Category:  "VoIP",
	Transport: classify.UDP | classify.TCP | classify.SCTP,
	Ports:     []uint16{5060, 5061},
	Reference: "RFC 3261, section 7; RFC 8866; RFC 5626, section 4.4.1",

	FirstBytes: classify.Range('A', 'Z').Or(classify.Bytes("-_\r\n\x00")), // any method, after what keeps alive
	Recognise:  recogniseSIP,
	Plausible:  mayBeSIP,
}

// mayBeSIP accepts a datagram of a few bytes, which many devices send again and again to keep a path alive, and what
// was met midstream.
func mayBeSIP(p *classify.Probe) bool {
	if p.Transport == classify.TCP {
		return match.MetMidstream(p)
	}
	return p.History()[0].Len <= 8
}

const sipVersion = "SIP/2."

// recogniseSIP accepts a request for a sip, sips or tel URI, or a status line
// (RFC 3261, sections 7.1 and 7.2), after empty lines that keep a path alive (RFC 5626,
// section 4.4.1). The session descriptions in it announce the media.
func recogniseSIP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) > 0 && b[0] > 'Z' && p.Transport != classify.TCP {
		return classify.Never
	}
	h, state := wire.ParseHTTPHead(bytes.TrimLeft(b, "\r\n\x00"), sipVersion)
	if state != wire.HTTPYes && p.Transport == classify.TCP {
		h, state = wire.ParseHTTPHead(bytes.TrimLeft(p.Stream(p.From), "\r\n"), sipVersion)
	}
	switch state {
	case wire.HTTPNo:
		if p.HasPort(5060) && len(p.History()) < 6 && len(bytes.Trim(b, "\r\n\x00")) == 0 {
			return classify.NeedMore
		}
		return classify.Never
	case wire.HTTPPartial:
		if p.Transport == classify.TCP {
			return classify.NeedMore
		}
		return classify.Never
	}
	if h.Request {
		if !sipURI(h.Target) {
			return classify.Never
		}
		p.ClientIs(p.From)
		if agent := h.Field("User-Agent"); agent != nil {
			p.Found.UserAgent = string(agent)
		}
	} else {
		p.ClientIs(p.From.Other())
	}
	if h.Complete {
		sipMedia(p, h.Body)
	}
	if len(p.History()) < 20 {
		p.KeepLooking()
	}
	return classify.Match
}

// sipURI accepts the schemes that requests are sent to (RFC 3261, section 19.1;
// RFC 3966; RFC 3860).
func sipURI(target []byte) bool {
	for _, scheme := range [...]string{"sip:", "sips:", "tel:", "urn:", "im:", "pres:"} {
		if len(target) > len(scheme) && bytes.EqualFold(target[:len(scheme)], []byte(scheme)) {
			return true
		}
	}
	return false
}

// sipMostStreams bounds what one session description announces.
const sipMostStreams = 8

// sipMedia announces the streams of a session description (RFC 8866, sections
// 5.7 and 5.14): the address of the session or of the stream, its port, and the
// next one for RTCP. Media may go to a third host, a relay; but of that only a side is believed
// that the other one talks to.
func sipMedia(p *classify.Probe, sdp []byte) {
	var addr netip.Addr
	streams := 0
	for line := range bytes.Lines(sdp) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) < 3 || line[1] != '=' {
			continue
		}
		switch words := bytes.Fields(line[2:]); {
		case line[0] == 'c' && len(words) == 3:
			text, _, _ := bytes.Cut(words[2], []byte("/"))
			addr, _ = netip.ParseAddr(string(text))
		case line[0] == 'm' && len(words) >= 3 && streams < sipMostStreams:
			streams++
			sipStream(p, addr, words[1], words[2])
		}
	}
}

func sipStream(p *classify.Probe, addr netip.Addr, portText, profile []byte) {
	portText, _, _ = bytes.Cut(portText, []byte("/"))
	port, err := strconv.ParseUint(string(portText), 10, 16)
	if err != nil || port < 1024 || port == 65535 || !addr.IsValid() || addr.IsUnspecified() {
		return
	}
	if addr != p.Addrs[classify.Client] && addr != p.Addrs[classify.Server] && p.Count(p.From.Other()) == 0 {
		return
	}
	name := ""
	switch string(profile) {
	case "RTP/AVP", "RTP/AVPF":
		name = "RTP"
	case "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		name = "SRTP"
	default:
		return
	}
	p.Expect(classify.UDP, addr, uint16(port), name)
	p.Expect(classify.UDP, addr, uint16(port)+1, "RTCP")
}
