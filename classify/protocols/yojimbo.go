package protocols

import (
	"strings"

	"servmap/classify"
)

var yojimbo = classify.Protocol{
	Name:       "Yojimbo",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseYojimbo,
	Reference:  "netcode STANDARD.md, connection request packet",
}

// recogniseYojimbo accepts the connection request of netcode, on which yojimbo
// stands: type zero, then the version in letters.
func recogniseYojimbo(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 22 || b[0] != 0 || p.Len < 1000 {
		return classify.Never
	}
	if version := string(b[1:14]); !strings.HasPrefix(version, "NETCODE 1.") || version[12] != 0 {
		return classify.Never
	}
	return classify.Match
}
