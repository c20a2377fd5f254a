package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var warcraft3 = classify.Protocol{
	Name:       "Warcraft3",
	Category:   "Game",
	Transport:  classify.TCP | classify.UDP,
	Ports:      []uint16{6112},
	NoGuess:    true,
	FirstBytes: classify.Bytes("\x01\xf7\xff"),
	Recognise:  recogniseWarcraft3,
	Reference:  "BNETDocs, W3GS packets (0xf7) and BNCS packets (SID_AUTH_INFO)",
}

var starcraft = classify.Protocol{
	Name:       "Starcraft",
	Category:   "Game",
	Transport:  classify.TCP | classify.UDP,
	TCPPorts:   []uint16{1119},
	UDPPorts:   []uint16{1119},
	FirstBytes: classify.Bytes("\x00\x01\x05\x4a\xff"),
	Recognise:  recogniseStarcraft,
	Plausible:  mayBeStarcraft,
	Reference:  "BNETDocs, BNCS packets (SID_AUTH_INFO, SID_STARTVERSIONING), Battle.net UDP messages (PKT_STORM, PKT_SERVERPING); first message of StarCraft II to Battle.net",
}

// mayBeStarcraft accepts the datagrams of one or two bytes with which games measure the way to Battle.net,
// the answers of seven, and what was met midstream.
func mayBeStarcraft(p *classify.Probe) bool {
	if p.Transport == classify.TCP {
		return match.MetMidstream(p)
	}
	n := p.History()[0].Len
	return n <= 2 || n == 7
}

// recogniseWarcraft3 accepts on UDP the announcements of games in the local network; on TCP three W3GS
// packets in a row or whole ones of both sides, or a client that says to Battle.net that it is Warcraft
// III.
func recogniseWarcraft3(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if b := p.Payload; len(b) >= 8 && b[0] == 0xf7 && int(binary.LittleEndian.Uint16(b[2:])) == p.Len && w3gsAnnounces(b) {
			return classify.Match
		}
		return classify.Never
	}
	if w3gsWhole(p.Stream(classify.Client)) && w3gsWhole(p.Stream(classify.Server)) {
		return classify.Match
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] != 0xf7 {
			return bnetProduct(b, "3RAW", "PX3W")
		}
		count := 0
		for len(b) >= 4 {
			size := int(binary.LittleEndian.Uint16(b[2:]))
			if b[0] != 0xf7 || b[1] == 0 || b[1] > 0x4f || size < 4 || size > 4096 {
				return classify.Never
			}
			if count++; count == 3 {
				return classify.Match
			}
			if size > len(b) {
				return classify.NeedMore
			}
			b = b[size:]
		}
		return classify.NeedMore
	})
}

// w3gsWhole reports whether b is whole W3GS packets and nothing else: 0xf7, a
// message, and a length that counts all.
func w3gsWhole(b []byte) bool {
	count := 0
	for ; len(b) >= 4; count++ {
		size := int(binary.LittleEndian.Uint16(b[2:]))
		if b[0] != 0xf7 || b[1] == 0 || b[1] > 0x4f || size < 4 || size > len(b) {
			return false
		}
		b = b[size:]
	}
	return count > 0 && len(b) == 0
}

// w3gsAnnounces checks search, info, creation, refresh and end of a game, which
// name the product as "WAR3" or "W3XP" or have a fixed length.
func w3gsAnnounces(b []byte) bool {
	product := string(b[4:8])
	switch b[1] {
	case 0x2f, 0x30, 0x31:
		return (product == "3RAW" || product == "PX3W") && len(b) >= 16
	case 0x32:
		return len(b) == 16 && match.AllZero(b[9:12]) && match.AllZero(b[13:16])
	case 0x33:
		return len(b) == 8 && match.AllZero(b[6:8])
	}
	return false
}

// bnetProduct judges a client's BNCS stream: perhaps the selector 1, then ff,
// SID_AUTH_INFO or SID_STARTVERSIONING, a length, platform and product.
func bnetProduct(b []byte, products ...string) classify.Outcome {
	if b[0] == 1 {
		b = b[1:]
	}
	if len(b) > 0 && b[0] != 0xff {
		return classify.Never
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	at := 4
	switch {
	case b[1] == 0x50 && match.AllZero(b[4:8]):
		at = 8
	case b[1] == 0x06:
	default:
		return classify.Never
	}
	platform, product := string(b[at:at+4]), string(b[at+4:at+8])
	if platform != "68XI" && platform != "CAMP" && platform != "CAMX" {
		return classify.Never
	}
	for _, name := range products {
		if product == name {
			return classify.Match
		}
	}
	return classify.Never
}

// starcraft2Hello begins the first message of StarCraft II to Battle.net.
const starcraft2Hello = "\x4a\x00\x00\x0a\x66\x02\x0a\xed\x2d\x66"

// recogniseStarcraft accepts a client that says to Battle.net that it is
// StarCraft or Brood War, or StarCraft II's first message; on UDP the games'
// own packets and the test of Battle.net whether UDP gets through.
func recogniseStarcraft(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if b := p.Payload; len(b) >= 8 && p.HasPort(6112) && (string(b[:8]) == "\x05\x00\x00\x00tenb" || stormPacket(b, p.Len)) {
			return classify.Match
		}
		return classify.Never
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] == 0x4a {
			return match.Prefix(b, starcraft2Hello)
		}
		return bnetProduct(b, "RATS", "PXES", "RTSJ", "RHSS", "LTRD")
	})
}

// stormPacket checks PKT_STORM: message 0, a length that counts all but the
// message's number, counters, class, command, player and kind of resending.
func stormPacket(b []byte, size int) bool {
	return len(b) >= 16 && match.AllZero(b[:4]) && int(binary.LittleEndian.Uint16(b[6:])) == size-4 && b[12] <= 2 && (b[14] < 8 || b[14] == 0xff) && b[15] <= 3
}
