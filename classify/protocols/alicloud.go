package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var aliCloud = classify.Protocol{
	Name:       "AliCloud",
	Category:   "Cloud",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\xce"),
	Recognise:  recogniseAliCloud,
	Reference:  "Agents of Alibaba Cloud's hosts, message header, as seen on the wire",
}

// recogniseAliCloud accepts the magic number 0xbabeface, little-endian, with
// which both sides begin their messages.
func recogniseAliCloud(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		const magic = "\xce\xfa\xbe\xba"
		if match.Prefix(b, magic) == classify.Never {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		return classify.Match
	})
}
