package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// rtp is the Real-time Transport Protocol.
var rtp = classify.Protocol{
	Name:      "RTP",
	Category:  "Media",
	Transport: classify.UDP | classify.TCP,
	Reference: "RFC 3550, section 5.1; RFC 3551; RFC 4571",

	Recognise: recogniseRTP,
}

// srtp is RTP that is encrypted (RFC 3711). Its header is RTP's, so it is told
// by what announced or opened the flow: SDP, or STUN.
var srtp = classify.Protocol{
	Name:      "SRTP",
	Category:  "Media",
	Transport: classify.UDP,
	Reference: "RFC 3711, section 3.1",
}

// rtpPatience is how many payloads may come that are no RTP.
const rtpPatience = 3

// recogniseRTP accepts packets of one source in sequence: two where the
// payload type is a fixed one (RFC 3551, section 6) or the other side sends as well, else three. Over TCP
// each has its length before it (RFC 4571, section 2).
func recogniseRTP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Sender(p, recogniseRTPStream)
	}
	if len(p.Payload) < 12 {
		if len(p.History()) == 1 { // what comes behind is looked at afresh
			return classify.Never
		}
		return rtpWait(p)
	}
	if rtpInSequence(p, 3) || rtpBothWays(p) {
		return classify.Match
	}
	return rtpWait(p)
}

// rtpBothWays reports whether the newest payload of either side follows the
// one that its sender sent before, the two sides being different sources.
func rtpBothWays(p *classify.Probe) bool {
	var last [2][]wire.RTP // the newest two of each side, newest first
	history := p.History()
	for i := len(history) - 1; i >= 0 && (len(last[0]) < 2 || len(last[1]) < 2); i-- {
		d := &history[i]
		r, ok := wire.ParseRTP(d.Data, d.Len)
		if !ok {
			return false
		}
		if len(last[d.From]) < 2 {
			last[d.From] = append(last[d.From], r)
		}
	}
	for _, r := range last {
		if len(r) < 2 || r[0].SSRC != r[1].SSRC || r[0].SSRC == 0 || !r[0].Follows(&r[1]) {
			return false
		}
	}
	return last[0][0].SSRC != last[1][0].SSRC
}

// rtpWait answers NeedMore while most of the payloads may be RTP.
func rtpWait(p *classify.Probe) classify.Outcome {
	others, packets := 0, 0
	for _, d := range p.History() {
		if _, ok := wire.ParseRTP(d.Data, d.Len); ok {
			packets++
		} else if _, ok := wire.ParseRTCP(d.Data, d.Len); !ok {
			others++
		}
	}
	if others >= rtpPatience || packets > 10 {
		return classify.Never
	}
	return classify.NeedMore
}

// rtpInSequence reports whether the newest payload is the last of n packets of
// one source in sequence, all from its sender. One less is enough for the fixed payload types.
func rtpInSequence(p *classify.Probe, n int) bool {
	last, ok := wire.ParseRTP(p.Payload, p.Len)
	if !ok {
		return false
	}
	if rtpFixedType(last.PayloadType) {
		n = 2
	}
	if last.SSRC == 0 && last.Timestamp == 0 {
		return false
	}
	history := p.History()
	for i := len(history) - 2; i >= 0 && n > 1; i-- {
		d := &history[i]
		if d.From != p.From {
			continue
		}
		before, ok := wire.ParseRTP(d.Data, d.Len)
		if !ok || before.SSRC != last.SSRC {
			continue // RTCP, STUN or another source in between
		}
		if !last.Follows(&before) {
			return false
		}
		last = before
		n--
	}
	return n == 1
}

// rtpFixedType accepts the payload types that stand for one encoding (RFC
// 3551, tables 4 and 5): audio from PCMU to G729, and video.
func rtpFixedType(t uint8) bool {
	switch t {
	case 1, 2, 19: // reserved
		return false
	case 25, 26, 28, 31, 32, 33, 34: // CelB, JPEG, nv, H261, MPV, MP2T, H263
		return true
	}
	return t <= 18
}

// recogniseRTPStream accepts three framed packets in sequence.
func recogniseRTPStream(b []byte) classify.Outcome {
	const want = 3
	all := len(b)
	var last wire.RTP
	for n := 1; ; n++ {
		if len(b) < 2+12 {
			break
		}
		size := int(binary.BigEndian.Uint16(b))
		r, ok := wire.ParseRTP(b[2:], size)
		if !ok || size > 4096 || n > 1 && !r.Follows(&last) {
			return classify.Never
		}
		if n == want {
			return classify.Match
		}
		last = r
		b = b[min(len(b), 2+size):]
	}
	if all > 3*1500 {
		return classify.Never
	}
	return classify.NeedMore
}
