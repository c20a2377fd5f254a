package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var bgp = classify.Protocol{
	Name: "BGP", Category: "Network", Transport: classify.TCP,
	TCPPorts:   []uint16{179, 2605},
	FirstBytes: classify.Bytes("\xff"), Recognise: recogniseBGP, Reference: "RFC 4271",
}

// recogniseBGP accepts a message header (RFC 4271, section 4.1): sixteen bytes
// of ones, a type from 1 to 5 (RFC 2918) or 6, which was the old capability message,
// and a length that the type allows; updates may have 65535 bytes (RFC 8654). On its port two messages
// behind a damaged one are enough.
func recogniseBGP(p *classify.Probe) classify.Outcome {
	own := p.HasPort(179)
	return match.Either(p, func(b []byte) classify.Outcome {
		out := bgpMessage(b)
		switch {
		case out != classify.Never || !own || b[0] != 0xff:
			return out
		case bgpLater(b):
			return classify.Match
		case len(b) < longestDamage:
			return classify.NeedMore
		}
		return classify.Never
	})
}

// longestDamage is how many bytes are searched for a message behind one that is damaged.
const longestDamage = 1 << 10

// bgpLater reports whether a message with another right behind it stands somewhere in b.
func bgpLater(b []byte) bool {
	i := bytes.Index(b[:min(len(b), longestDamage)], bytes.Repeat([]byte{0xff}, 16))
	if i < 0 || bgpMessage(b[i:]) != classify.Match {
		return false
	}
	next := i + wire.U16(b[i+16:])
	return next < len(b) && bgpMessage(b[next:]) == classify.Match
}

func bgpMessage(b []byte) classify.Outcome {
	for _, c := range b[:min(len(b), 16)] {
		if c != 0xff {
			return classify.Never
		}
	}
	if len(b) < 19 {
		return classify.NeedMore
	}
	size, ok := wire.U16(b[16:]), false
	switch b[18] {
	case 1: // open
		ok = size >= 29 && size <= 4096
	case 2: // update: the length of withdrawn routes has to fit
		if len(b) < 21 {
			return classify.NeedMore
		}
		ok = size >= 23 && wire.U16(b[19:])+23 <= size
	case 3: // notification
		ok = size >= 21 && size <= 4096
	case 4: // keepalive
		ok = size == 19
	case 5, 6: // route refresh, capability
		ok = size >= 23 && size <= 4096
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}
