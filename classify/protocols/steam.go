package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// steam is what Steam's client speaks with its servers and on the local
// network.
var steam = classify.Protocol{
	Name:      "Steam",
	Category:  "Game",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{27036},
	TCPPorts:  []uint16{27036},
	NoGuess:   true,
	Reference: "SteamKit, network layer of the connection manager; Steam in-home streaming discovery",

	Recognise: recogniseSteam,
}

// recogniseSteam accepts a datagram "VS01" of the connection manager, its frame
// "VT01" with a length before it over TCP, and the discovery on the local network.
func recogniseSteam(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		b := p.Payload
		switch {
		case len(b) >= 36 && string(b[:4]) == "VS01" && b[6] <= 8 && int(binary.LittleEndian.Uint16(b[4:])) <= p.Len:
			return classify.Match
		case bytes.HasPrefix(b, []byte("\xff\xff\xff\xff\x21\x4c\x5f\xa0")):
			return classify.Match
		}
		return classify.Never
	}
	return match.Sender(p, steamMessage)
}

func steamMessage(b []byte) classify.Outcome {
	if len(b) >= 4 && binary.LittleEndian.Uint32(b) > 1<<20 {
		return classify.Never
	}
	if len(b) < 8 {
		if len(b) > 4 && string(b[4:]) != "VT01"[:len(b)-4] {
			return classify.Never
		}
		return classify.NeedMore
	}
	if string(b[4:8]) == "VT01" {
		return classify.Match
	}
	return classify.Never
}

// steamRelay is Valve's relay network for games.
var steamRelay = classify.Protocol{
	Name:      "SteamDatagramRelay",
	Category:  "Game",
	Transport: classify.UDP,
	Reference: "GameNetworkingSockets; observed pings of relays",

	Recognise: recogniseSteamRelay,
}

// recogniseSteamRelay accepts the ping by which a client measures the way to a
// relay, which says so in six letters.
func recogniseSteamRelay(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) >= 16 && bytes.Contains(b[:min(len(b), 16)], []byte("sdping")) {
		return classify.Match
	}
	return classify.Never
}
