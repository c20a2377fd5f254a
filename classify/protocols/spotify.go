package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
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

	FirstBytes: classify.Bytes("\x00S"),
	Recognise:  recogniseSpotify,
}

// spotifyBuild is the key of the first field of both hellos: field 10, a
// message.
const spotifyBuild = 0x52

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
	if p.HasPort(4070) && len(b) >= 2 && b[0] == 0 && b[1] == 0 {
		return spotifyAnswer(p, b)
	}
	if len(b) == 0 || b[0] != 0 || len(b) > 1 && b[1] != 4 {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	if size := binary.BigEndian.Uint32(b[2:]); size < 40 || size > 4096 || b[6] != spotifyBuild || int(size) < len(b) && !p.HasPort(4070) {
		return classify.Never
	}
	p.ClientIs(p.From)
	return classify.Match
}

// spotifyAnswer accepts the access point's answer, which has its length alone
// before it.
func spotifyAnswer(p *classify.Probe, b []byte) classify.Outcome {
	if len(b) < 8 {
		return classify.NeedMore
	}
	size := wire.U32(b)
	switch {
	case b[4] != spotifyBuild || size > 4096 || size < len(b):
		return classify.Never
	case size > len(b):
		return classify.NeedMore
	}
	p.ClientIs(p.From.Other())
	return classify.Match
}
