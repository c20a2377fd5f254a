package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var sourceEngine = classify.Protocol{
	Name:       "Source_Engine",
	Category:   "Game",
	Transport:  classify.UDP,
	UDPPorts:   []uint16{27015},
	FirstBytes: classify.Bytes("\xff"),
	Recognise:  recogniseSourceEngine,
	Speaker:    sourceEngineSpeaker,
	Reference:  "Valve developer community, Server queries (A2S)",
}

var halfLife2 = classify.Protocol{
	Name:       "HalfLife2",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\xff"),
	Recognise:  recogniseHalfLife2,
	Reference:  "Valve developer community, Source and GoldSource connectionless packets (getchallenge, connect)",
}

// outOfBand begins every packet of Source and GoldSource that belongs to no
// connection.
const outOfBand = "\xff\xff\xff\xff"

// recogniseSourceEngine accepts the queries A2S_INFO, A2S_PLAYER, A2S_RULES and
// A2S_PING, the challenge and the servers' answers.
func recogniseSourceEngine(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 5 || string(b[:4]) != outOfBand {
		return classify.Never
	}
	body := b[5:]
	ok := false
	switch b[4] {
	case 'T':
		const query = "Source Engine Query\x00"
		ok = bytes.HasPrefix(body, []byte(query)) && (p.Len == 5+len(query) || p.Len == 9+len(query))
	case 'U', 'V', 'A':
		ok = p.Len == 9 && string(body) != "0000" && string(body) != "3IOZ" // those begin GoldSource's and Source's
	case 'W', 'i':
		ok = p.Len == 5
	case 'j':
		ok = bytes.HasPrefix(body, []byte("00000000000000\x00"))
	case 'I': // version, then name, map, folder and game
		ok = len(body) > 8 && body[1] >= ' ' && sourceStrings(body[1:], 4)
	case 'm': // address, then the same
		ok = len(body) > 8 && sourceStrings(body, 4)
	case 'D': // count, index 0, name
		ok = len(body) >= 2 && (len(body) == 1 || body[1] == 0) && (body[0] == 0 || bytes.IndexByte(body[2:], 0) >= 0 && len(body) >= 11)
	case 'E': // count, then names and values
		ok = len(body) > 4 && binary.LittleEndian.Uint16(body) < 1024 && sourceStrings(body[2:], 2)
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// sourceStrings reports whether b begins with that many strings, each ended by
// a zero and without control characters.
func sourceStrings(b []byte, count int) bool {
	for range count {
		end := bytes.IndexByte(b, 0)
		if end < 0 || !classify.IsText(b[:end]) {
			return false
		}
		b = b[end+1:]
	}
	return true
}

// recogniseHalfLife2 accepts a client's request for a challenge and its
// connect, in the forms of Source and of GoldSource, and what servers say to them.
func recogniseHalfLife2(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 12 || string(b[:4]) != outOfBand {
		return classify.Never
	}
	text := b[4:]
	switch {
	case text[0] == 'q' && bytes.HasSuffix(text, []byte("0000000000\x00")),
		bytes.HasPrefix(text, []byte("getchallenge steam\n")),
		bytes.HasPrefix(text, []byte("getchallenge\n")) && p.HasPort(27015),
		bytes.HasPrefix(text, []byte("A00000000 ")), // GoldSource's challenge
		bytes.HasPrefix(text, []byte("connect 4")) && bytes.Contains(text, []byte(`\prot\`)),
		bytes.HasPrefix(text, []byte("A3IOZ")) && p.Len > 4+1+4+4, // Source's challenge and its version
		bytes.HasPrefix(text, []byte("B0000000000\x00")),          // connection accepted
		sourceConnect(text):
		return classify.Match
	}
	return classify.Never
}

// sourceConnect accepts a client's connect to Source: protocol 7 to 24, a Steam or other
// way to prove who one is (1 to 3), and two challenges.
func sourceConnect(text []byte) bool {
	return len(text) > 1+4+4+8 && text[0] == 'k' && text[1] >= 7 && text[1] <= 24 && match.AllZero(text[2:5]) &&
		text[5] >= 1 && text[5] <= 3 && match.AllZero(text[6:9])
}

// sourceEngineSpeaker tells by the letter: queries and their answers.
func sourceEngineSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 5 {
		return classify.AnySpeaker
	}
	switch b[4] {
	case 'T', 'U', 'V', 'W', 'i':
		return classify.ClientSpeaks
	case 'I', 'm', 'D', 'E', 'j', 'A':
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
