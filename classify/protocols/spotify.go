package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
)

// spotify is what Spotify speaks with its access points and on the local
// network.
var spotify = classify.Protocol{
	Name:      "Spotify",
	Category:  "Music",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{57621},
	TCPPorts:  []uint16{4070},
	NoGuess:   true,
	Reference: "Spotify access point protocol, as documented by librespot; observed announcements",

	Recognise: recogniseSpotify,
}

// recogniseSpotify accepts the local announcement, and over TCP the client's
// hello: version 0.4, its own length, and the field of the build in protocol buffers.
func recogniseSpotify(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if bytes.HasPrefix(p.Payload, []byte("SpotUdp0")) {
			return classify.Match
		}
		return classify.Never
	}
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != 0 || len(b) > 1 && b[1] != 4 || p.Midstream(p.From) {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	const build = 0x52 // field 10, a message
	if size := binary.BigEndian.Uint32(b[2:]); size < 40 || size > 4096 || b[6] != build || int(size) < len(b) && !p.HasPort(4070) {
		return classify.Never
	}
	p.ClientIs(p.From)
	return classify.Match
}
