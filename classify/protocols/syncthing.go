package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// syncthing is the discovery and relaying of Syncthing; its exchange of blocks
// is TLS or QUIC.
var syncthing = classify.Protocol{
	Name:      "Syncthing",
	Category:  "Download",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{21027},
	TCPPorts:  []uint16{22000},
	NoGuess:   true,
	Reference: "Syncthing Local Discovery v4, Block Exchange v1 and Relay v1",

	FirstBytes: classify.Bytes("\x2e\x9d\x9e\x9f"),
	Recognise:  recogniseSyncthing,
}

const (
	syncthingMagic   = 0x2ea7d90b // discovery and hello, as of v4
	syncthingOld     = 0x9d79bc39 // discovery v2 and v3
	syncthingOldMark = 0x9f79bc40 // hello of 2015
	syncthingRelay   = 0x9e79bc40
)

// recogniseSyncthing accepts the magic numbers of the announcement, of the
// hello and of a relay's messages, the last with its kind and length.
func recogniseSyncthing(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		if b = p.Stream(p.From); len(b) < 12 {
			if len(b) > 0 && b[0] != 0x2e && b[0] != 0x9e && b[0] != 0x9f {
				return classify.Never
			}
			return classify.NeedMore
		}
	}
	if len(b) < 12 {
		return classify.Never
	}
	switch magic := binary.BigEndian.Uint32(b); {
	case p.Transport == classify.UDP && (magic == syncthingMagic && b[4] == 0x0a || magic == syncthingOld),
		p.Transport == classify.TCP && (magic == syncthingMagic || magic == syncthingOldMark),
		p.Transport == classify.TCP && magic == syncthingRelay && binary.BigEndian.Uint32(b[4:]) <= 7 && binary.BigEndian.Uint32(b[8:]) <= 1024:
		return classify.Match
	}
	return classify.Never
}
