package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// wechat is what WeChat speaks with its servers: mmtls, and the long-lived
// connection without it.
var wechat = classify.Protocol{
	Name:      "WeChat",
	Category:  "Chat",
	Transport: classify.TCP,
	Reference: "Citizen Lab, Should We Chat, Too?, 2024, on mmtls; Tencent's Mars, longlink packer",

	FirstBytes: classify.Bytes("\x00").Or(classify.Range(0x15, 0x19)),
	Recognise:  recogniseWeChat,
}

// recogniseWeChat accepts records of mmtls, whose versions are f103 and f104,
// to the end of what was sent, and packets of the long-lived connection: total length,
// length of the header, version of the client, command and sequence number.
func recogniseWeChat(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 {
		return classify.Never
	}
	if b[0] == 0 {
		return wechatLong(b)
	}
	if b[0] < 0x15 || b[0] > 0x19 {
		return classify.Never
	}
	for n := 0; n < 4; n++ {
		if len(b) == 0 && n > 0 {
			return classify.Match
		}
		if len(b) >= 2 && b[1] != 0xf1 || len(b) >= 3 && b[2] != 3 && b[2] != 4 || b[0] < 0x15 || b[0] > 0x19 {
			return classify.Never
		}
		if len(b) < 5 {
			return classify.NeedMore
		}
		size := 5 + int(binary.BigEndian.Uint16(b[3:]))
		if size > len(b) {
			if n > 0 {
				return classify.Match
			}
			return classify.NeedMore
		}
		b = b[size:]
	}
	return classify.Match
}

func wechatLong(b []byte) classify.Outcome {
	const header = 16
	if len(b) < header {
		if len(b) > 1 && b[1] > 1 || len(b) >= 6 && (b[4] != 0 || b[5] != header) {
			return classify.Never
		}
		return classify.NeedMore
	}
	size := binary.BigEndian.Uint32(b)
	if size < header || size > 1<<17 || binary.BigEndian.Uint16(b[4:]) != header || binary.BigEndian.Uint16(b[6:]) != 1 ||
		binary.BigEndian.Uint32(b[8:]) > 1<<16 || int(size) < len(b) && b[size] != 0 {
		return classify.Never
	}
	return classify.Match
}
