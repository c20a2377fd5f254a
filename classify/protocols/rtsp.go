package protocols

import (
	"bytes"
	"encoding/binary"
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

	FirstBytes: classify.Range('A', 'Z').Or(classify.Bytes("-_")), // any method
	Midstream:  true,
	Recognise:  recogniseRTSP,
}

// recogniseRTSP accepts a request or status line of version 1 or 2 (RFC 2326, sections 6.1 and 7.1);
// where the capture cut the line, the scheme of its target is enough. The ports of its Transport field
// announce RTP and RTCP.
func recogniseRTSP(p *classify.Probe) classify.Outcome {
	h, state := rtspHead(p.Payload)
	if state != wire.HTTPYes && p.Transport == classify.TCP {
		h, state = rtspHead(p.Stream(p.From))
	}
	switch state {
	case wire.HTTPNo:
		if p.Transport == classify.TCP && p.Midstream(p.From) {
			return rtspInterleaved(p)
		}
		return classify.Never
	case wire.HTTPPartial:
		if p.Transport == classify.UDP {
			return classify.Never
		}
		if !cutByCapture(p, p.From) || !bytes.HasPrefix(h.Target, []byte("rtsp://")) {
			return classify.NeedMore
		}
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

// rtspInterleaved accepts two frames of media in sequence on the same channel (RFC 2326, section
// 10.12), in a stream met midstream.
func rtspInterleaved(p *classify.Probe) classify.Outcome {
	const header = 4
	b := p.Stream(p.From)
	var last [2]wire.RTP
	var seen [2]bool
	for n := 0; len(b) > 0; n++ {
		if b[0] != '$' || len(b) > 1 && b[1] > 15 {
			return classify.Never
		}
		if len(b) < header+12 {
			break
		}
		size := int(binary.BigEndian.Uint16(b[2:]))
		if b[1]&1 == 0 { // RTP has the even channels, RTCP the odd ones
			r, ok := wire.ParseRTP(b[header:], size)
			media := b[1] >> 1 & 1
			switch {
			case !ok:
				return classify.Never
			case seen[media] && r.Follows(&last[media]):
				return classify.Match
			}
			last[media], seen[media] = r, true
		} else if _, ok := wire.ParseRTCP(b[header:], size); !ok {
			return classify.Never
		}
		b = b[min(len(b), header+size):]
	}
	if len(p.Stream(p.From)) < 8<<10 {
		return classify.NeedMore
	}
	return classify.Never
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
