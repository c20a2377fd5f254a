package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var mapleStory = classify.Protocol{
	Name:       "MapleStory",
	Category:   "Game",
	Transport:  classify.TCP,
	FirstBytes: classify.Range(0x0d, 0x10),
	Recognise:  recogniseMapleStory,
	Reference:  "MapleStory protocol, server's handshake",
}

// recogniseMapleStory accepts the server's handshake, the only message in the
// clear: length, version, patch as a short string of digits, two vectors of four
// bytes, the locale.
func recogniseMapleStory(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] < 0x0d || b[0] > 0x10 || len(b) > 1 && b[1] != 0 {
			return classify.Never
		}
		size := int(b[0]) + 2
		if len(b) < size {
			return classify.NeedMore
		}
		version, patch := binary.LittleEndian.Uint16(b[2:]), int(binary.LittleEndian.Uint16(b[4:]))
		if len(b) != size || version < 20 || version > 300 || patch < 1 || patch > 3 || size < 6+patch+9 {
			return classify.Never
		}
		for _, c := range b[6 : 6+patch] {
			if c < '0' || c > '9' {
				return classify.Never
			}
		}
		if locale := b[6+patch+8]; locale == 0 || locale > 9 {
			return classify.Never
		}
		return classify.Match
	})
}
