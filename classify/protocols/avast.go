package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var avast = classify.Protocol{
	Name:      "AVAST",
	Category:  "Network",
	Transport: classify.TCP,
	Recognise: recogniseAVAST,
	Reference: "Avast's streaming updates, message header, as seen on the wire",
}

// recogniseAVAST accepts a message with its length and the mark NOSA.
func recogniseAVAST(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		const mark = "NOSA"
		if len(b) > 2 {
			if n := min(len(b)-2, len(mark)); string(b[2:2+n]) != mark[:n] {
				return classify.Never
			}
		}
		if len(b) < 6 {
			return classify.NeedMore
		}
		big, little := int(binary.BigEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b))
		if size := min(big, little); size >= 6 && len(b) >= size || len(b) == big || len(b) == little {
			return classify.Match
		}
		if len(b) < max(big, little) && len(b) < 4096 {
			return classify.NeedMore
		}
		return classify.Never
	})
}
