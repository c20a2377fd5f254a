package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// rtmp is the Real-Time Messaging Protocol.
var rtmp = classify.Protocol{
	Name:      "RTMP",
	Category:  "Media",
	Transport: classify.TCP,
	TCPPorts:  []uint16{1935},
	Reference: "Adobe RTMP 1.0, section 5.2",

	FirstBytes: classify.Bytes("\x03\x06"),
	Recognise:  recogniseRTMP,
}

// recogniseRTMP accepts the handshake: version 3 (or 6, encrypted) and 1536
// bytes with a time and a field that is zero or, in newer players, a version number; off its
// port, or where that field is not zero, the other side must do likewise; off its port, the first
// to send must have waited for that after its handshake (section 5.2.1).
func recogniseRTMP(p *classify.Probe) classify.Outcome {
	const handshake = 1 + 1536
	full := 0
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		if b[0] != 3 && b[0] != 6 {
			return classify.Never
		}
		if len(b) < 9 {
			return classify.NeedMore
		}
		zero := binary.BigEndian.Uint32(b[5:])
		if zero != 0 && (zero&0x00ff0000 > 0x000f0000 || zero>>24 > 0x80) {
			return classify.Never
		}
		if len(b) >= handshake {
			if !p.HasPort(1935) && !rtmpWaited(p, handshake) {
				return classify.Never
			}
			if !p.HasPort(1935) && !match.LooksEncrypted(b[9:137]) {
				return classify.Never
			}
			full++
			if zero == 0 && p.HasPort(1935) && len(b) >= handshake {
				full++
			}
		}
	}
	if full >= 2 {
		return classify.Match
	}
	if len(p.History()) > 8 && len(p.Stream(classify.Client)) >= handshake && len(p.Stream(classify.Server)) >= handshake {
		return classify.Never
	}
	return classify.NeedMore
}

// rtmpWaited reports whether the side that sent first sent its handshake and nothing more
// before the other sent something.
func rtmpWaited(p *classify.Probe, handshake int) bool {
	history := p.History()
	sent := 0
	for i := range history {
		if history[i].From != history[0].From {
			return sent == handshake
		}
		sent += history[i].Len
	}
	return sent <= handshake
}
