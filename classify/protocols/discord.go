package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// discord is the voice of Discord beside its RTP: the search for the client's
// own address, and keep-alive datagrams.
var discord = classify.Protocol{
	Name:      "Discord",
	Category:  "Collaborative",
	Transport: classify.UDP,
	Reference: "Discord developer documentation, Voice, IP Discovery",

	FirstBytes: classify.Bytes("\x00\x13").Or(classify.Range(0x80, 0xbf)), // RTP may come before
	Recognise:  recogniseDiscord,
}

// recogniseDiscord accepts a request for one's own address, of 74 bytes with the length 70 and room
// left empty, the answer to it, and the keep-alive of eight bytes. In a flow met midstream RTP or RTCP
// may come before it.
func recogniseDiscord(p *classify.Probe) classify.Outcome {
	const discovery, keepAlive = 74, 0x1337cafe
	b := p.Payload
	switch {
	case p.Len == 8 && len(b) == 8 && binary.BigEndian.Uint32(b) == keepAlive:
		return classify.Match
	case p.Len == discovery && len(b) == discovery && b[0] == 0 && binary.BigEndian.Uint16(b[2:]) == discovery-4:
		if b[1] == 1 && match.AllZero(b[8:72]) {
			p.ClientIs(p.From)
			return classify.Match
		}
		if b[1] == 2 && b[8] != 0 && match.AllZero(b[8+46:8+64]) {
			p.ClientIs(p.From.Other())
			return classify.Match
		}
	case len(b) > 12 && b[0]&0xc0 == 0x80 && len(p.History()) < 8 && (p.Ports[0] >= 50000 || p.Ports[1] >= 50000):
		return classify.NeedMore
	}
	return classify.Never
}
