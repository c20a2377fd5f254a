package protocols

import (
	"bytes"
	"strconv"

	"servmap/classify"
	"servmap/classify/wire"
)

// rtsp is the Real-Time Streaming Protocol.
var rtsp = classify.Protocol{
	Name:      "RTSP",
	Category:  "Media",
	Transport: classify.TCP | classify.UDP,
	Ports:     []uint16{554},
	AlsoPorts: []uint16{8554},
	Reference: "RFC 2326, sections 6 and 7; RFC 7826",

	Recognise: recogniseRTSP,
}

// recogniseRTSP accepts a request or status line of version 1 or 2 (RFC 2326,
// sections 6.1 and 7.1). The ports of its Transport field announce RTP and RTCP.
func recogniseRTSP(p *classify.Probe) classify.Outcome {
	h, state := rtspHead(p.Payload)
	if state != wire.HTTPYes && p.Transport == classify.TCP {
		h, state = rtspHead(p.Stream(p.From))
	}
	switch state {
	case wire.HTTPNo:
		return classify.Never
	case wire.HTTPPartial:
		if p.Transport == classify.UDP {
			return classify.Never
		}
		return classify.NeedMore
	}
	if h.Request {
		p.ClientIs(p.From)
		if agent := h.Field("User-Agent"); agent != nil {
			p.Found.UserAgent = string(agent)
		}
		if _, host, ok := bytes.Cut(h.Target, []byte("://")); ok && p.Found.ServerName == "" {
			host, _, _ = bytes.Cut(host, []byte("/"))
			p.Found.ServerName = string(wire.HostOnly(host))
		}
	} else {
		p.ClientIs(p.From.Other())
	}
	if t := h.Field("Transport"); t != nil {
		client := p.From
		if !h.Request {
			client = p.From.Other()
		}
		rtspExpect(p, t, "client_port=", client)
		rtspExpect(p, t, "server_port=", client.Other())
	}
	if len(p.History()) < 20 {
		p.KeepLooking()
	}
	return classify.Match
}

func rtspHead(b []byte) (wire.HTTPHead, wire.HTTPState) {
	h, state := wire.ParseHTTPHead(b, "RTSP/1.")
	if state == wire.HTTPNo {
		h, state = wire.ParseHTTPHead(b, "RTSP/2.")
	}
	return h, state
}

// rtspExpect announces the pair of ports that follows the key in a Transport
// field (RFC 2326, section 12.39).
func rtspExpect(p *classify.Probe, field []byte, key string, side classify.Side) {
	_, value, ok := bytes.Cut(field, []byte(key))
	if !ok {
		return
	}
	for i, name := range [...]string{"RTP", "RTCP"} {
		n := 0
		for n < len(value) && value[n] >= '0' && value[n] <= '9' {
			n++
		}
		port, err := strconv.ParseUint(string(value[:n]), 10, 16)
		if err != nil || port == 0 {
			return
		}
		p.Expect(classify.UDP, p.Addrs[side], uint16(port), name)
		if i == 1 || n == len(value) || value[n] != '-' {
			return
		}
		value = value[n+1:]
	}
}
