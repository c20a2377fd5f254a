package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var worldOfWarcraft = classify.Protocol{
	Name:      "WorldOfWarcraft",
	Category:  "Game",
	Transport: classify.TCP,
	TCPPorts:  []uint16{3724},
	NoGuess:   true,
	Recognise: recogniseWorldOfWarcraft,
	Reference: "wowdev wiki, Login packet (CMD_AUTH_LOGON_CHALLENGE), SMSG_AUTH_CHALLENGE and connection string",
}

// wowConnection is what both sides of a world server's connection say first,
// after two bytes of length.
const wowConnection = "WORLD OF WARCRAFT CONNECTION - "

// recogniseWorldOfWarcraft accepts the login challenge of either side, and the
// first line of a connection to a world server.
func recogniseWorldOfWarcraft(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if out := wowLine(b); out != classify.Never {
			return out
		}
		if b[0] != 0 && b[0] != 2 || len(b) > 1 && b[1] > 8 {
			return classify.Never
		}
		if len(b) < 40 {
			if len(b) >= 8 && b[1] != 0 && string(b[4:8]) != "WoW\x00" {
				return classify.Never
			}
			return classify.NeedMore
		}
		challenge := string(b[4:8]) == "WoW\x00" && int(binary.LittleEndian.Uint16(b[2:]))+4 >= 34 && b[3] == 0
		// The answer: no error, a key of 32 bytes, generator 7, a prime of 32 bytes.
		answer := b[0] == 0 && b[1] == 0 && b[2] == 0 && b[35] == 1 && b[36] == 7 && b[37] == 32
		if challenge || answer {
			return classify.Match
		}
		return classify.Never
	})
}

func wowLine(b []byte) classify.Outcome {
	for _, at := range [...]int{0, 2, 4} {
		if len(b) <= at {
			break
		}
		n := min(len(b)-at, len(wowConnection))
		if string(b[at:at+n]) == wowConnection[:n] {
			if n == len(wowConnection) {
				return classify.Match
			}
			if n > 3 {
				return classify.NeedMore
			}
		}
	}
	if len(b) < 6 && (b[0] == 'W' || b[0] == 0) {
		return classify.NeedMore
	}
	return classify.Never
}
