package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var guildwars = classify.Protocol{
	Name:       "Guildwars",
	Category:   "Game",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\x00\x01PS"),
	Recognise:  recogniseGuildwars,
	TCPPorts:   []uint16{6112},
	NoGuess:    true,
	Reference:  "ArenaNet STS/1.0, login protocol of Guild Wars and Guild Wars 2; Guild Wars' hellos to authentication and file server",
}

// recogniseGuildwars accepts the login protocol: a request line "P /Sts/... STS/1.0"
// with its length, or the answer's status line; or the client's first message
// to an authentication or file server.
func recogniseGuildwars(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] <= 1 {
			return guildwarsHello(b)
		}
		for _, start := range [...]string{"P /", "STS/1.0 "} {
			n := min(len(b), len(start))
			if string(b[:n]) != start[:n] {
				continue
			}
			end := bytes.Index(b[:min(len(b), 128)], []byte("\r\n"))
			switch {
			case n < len(start), end < 0 && len(b) < 128:
				return classify.NeedMore
			case end < 0:
			case start[0] == 'P' && bytes.HasSuffix(b[:end], []byte(" STS/1.0")),
				start[0] == 'S' && end > 11 && b[8] >= '1' && b[8] <= '5' && b[11] == ' ':
				return classify.Match
			}
		}
		return classify.Never
	})
}

// guildwarsHello checks the message to the authentication server (0x0400, twelve
// bytes: version, 1, 4) and the one to the file server, which never changes.
func guildwarsHello(b []byte) classify.Outcome {
	const files = "\x01\x00\x00\x00\x00\xf1\x00\x10\x00\x01"
	const authentication = "\x00\x04\x0c\x00"
	for _, start := range [...]string{files, authentication} {
		n := min(len(b), len(start))
		switch {
		case string(b[:n]) != start[:n]:
			continue
		case n < len(start) || start[0] == 0 && len(b) < 16:
			return classify.NeedMore
		case start[0] == 1, binary.LittleEndian.Uint32(b[4:]) < 1<<17 && binary.LittleEndian.Uint32(b[8:]) == 1 && binary.LittleEndian.Uint32(b[12:]) == 4:
			return classify.Match
		}
	}
	return classify.Never
}
