package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

// zoom is the media of Zoom's meetings, as it goes to its servers and between
// two participants.
var zoom = classify.Protocol{
	Name:      "Zoom",
	Category:  "Video",
	Transport: classify.UDP,
	UDPPorts:  []uint16{8801},
	NoGuess:   true,
	Reference: "Michel et al., Enabling Passive Measurement of Zoom Performance, section 4",

	Recognise: recogniseZoom,
}

// recogniseZoom accepts the envelope of media, with a packet of RTP or RTCP
// where its kind puts it, twice of the same source, and the message by which two
// participants find each other, with address and meeting's number as text.
func recogniseZoom(p *classify.Probe) classify.Outcome {
	if zoomPeers(p.Payload) {
		return classify.Match
	}
	source, ok := zoomMedia(p, p.Payload, p.Len)
	if ok {
		history := p.History()
		for i := range history[:len(history)-1] {
			d := &history[i]
			if before, ok := zoomMedia(p, d.Data, d.Len); ok && before == source && d.From == p.From {
				return classify.Match
			}
		}
	}
	onPort := p.Ports[classify.Server] >= 8801 && p.Ports[classify.Server] <= 8810 || p.Ports[classify.Client] >= 8801 && p.Ports[classify.Client] <= 8810
	if len(p.History()) < 12 && (onPort || ok) {
		return classify.NeedMore
	}
	return classify.Never
}

// zoomPeers checks the peers' message: a fixed beginning, then two texts with
// their length in four bytes, an address and a UUID.
func zoomPeers(b []byte) bool {
	const address, uuid = 24, 36
	if len(b) < address+4 || b[0] != 0x1f || b[1] != 2 || b[2] != 1 || b[3] != 0 {
		return false
	}
	n := wire.U32(b[address:])
	at := address + 4 + n
	return n >= 7 && n <= 45 && len(b) >= at+4+uuid && binary.BigEndian.Uint32(b[at:]) == uuid && b[at+4+8] == '-'
}

// zoomMedia returns the source of the RTP or RTCP packet in an envelope of
// media, which to a server is in another one of eight bytes.
func zoomMedia(p *classify.Probe, b []byte, size int) (source uint32, ok bool) {
	const server = 5
	if len(b) < 28 {
		return 0, false
	}
	if b[0] == server && (b[7] == 0 || b[7] == 4) {
		b, size = b[8:], size-8
	}
	at := 0
	switch b[0] {
	case 13: // screen
		at = 27
	case 15: // sound
		at = 19
	case 16: // picture
		at = 24
	case 33, 34:
		if len(b) < 16 {
			return 0, false
		}
		r, ok := wire.ParseRTCP(b[16:], size-16)
		return r.SSRC, ok
	}
	if at == 0 || len(b) < at {
		return 0, false
	}
	r, ok := wire.ParseRTP(b[at:], size-at)
	return r.SSRC, ok && r.PayloadType >= 96
}
