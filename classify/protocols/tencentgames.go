package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var tencentGames = classify.Protocol{
	Name:       "TencentGames",
	Category:   "Game",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\x33\x42\x43"),
	Recognise:  recogniseTencentGames,
	Reference:  "Tencent TSF4G connection service (TGCP) and other gates of its games, headers as seen on the wire",
}

// recogniseTencentGames accepts TGCP's header (magic 0x3366, versions, command,
// sequence, lengths of head and body), and the first messages of two other gates.
func recogniseTencentGames(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch b[0] {
		case 0x33:
			return tgcpHeader(b)
		case 0x42: // magic, command 1001 or 1002, length
			const magic = "\x42\x15\xf7\x87\x03"
			if match.Prefix(b, magic) == classify.Never {
				return classify.Never
			}
			if len(b) < 10 {
				return classify.NeedMore
			}
			if (b[5] == 0xe9 || b[5] == 0xea) && b[6] == 0 {
				return classify.Match
			}
		case 0x43: // magic, then 0xaa, length, 0x15
			const magic = "\x43\x66\xaa\x00\x00"
			if match.Prefix(b, magic) == classify.Never {
				return classify.Never
			}
			if len(b) < 12 {
				return classify.NeedMore
			}
			if b[7] == 0x15 && b[8]|b[9] == 0 && binary.BigEndian.Uint16(b[5:]) > 16 {
				return classify.Match
			}
		}
		return classify.Never
	})
}

func tgcpHeader(b []byte) classify.Outcome {
	if len(b) > 1 && b[1] != 0x66 || len(b) > 2 && b[2] != 0 {
		return classify.Never
	}
	if len(b) < 21 {
		return classify.NeedMore
	}
	command := binary.BigEndian.Uint16(b[6:])
	head, body := binary.BigEndian.Uint32(b[13:]), binary.BigEndian.Uint32(b[17:])
	if b[4] != 0 || command>>12 == 0 || command>>12 > 9 || head < 21 || head > 4096 || body > 1<<20 {
		return classify.Never
	}
	return classify.Match
}
