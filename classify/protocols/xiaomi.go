package protocols

import (
	"encoding/binary"
	"hash/adler32"

	"servmap/classify"
	"servmap/classify/match"
)

// xiaomi is the connection by which Xiaomi's phones are pushed to.
var xiaomi = classify.Protocol{
	Name:       "Xiaomi",
	Category:   "Web",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\xc2"),
	Recognise:  recogniseXiaomi,
	Reference:  "Xiaomi push SDK, slim channel: blobs",
}

// recogniseXiaomi accepts a blob: magic, version 5, length of the body, the body, and
// the Adler-32 checksum (RFC 1950, section 8.2) of all before it. A body that is longer than
// the segment must say how it divides into header and payload.
func recogniseXiaomi(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		const magic, head, most = "\xc2\xfe\x00\x05", 8, 32 << 10
		if match.Prefix(b, magic) == classify.Never {
			return classify.Never
		}
		if len(b) < head+4 {
			return classify.NeedMore
		}
		size := binary.BigEndian.Uint32(b[4:])
		if size > most {
			return classify.Never
		}
		end := head + int(size)
		if len(b) >= end+4 {
			if adler32.Checksum(b[:end]) == binary.BigEndian.Uint32(b[end:]) {
				return classify.Match
			}
			return classify.Never
		}
		// Body: kind, length of the header, length of the payload.
		if len(b) >= head+8 && uint32(binary.BigEndian.Uint16(b[head+2:]))+8+binary.BigEndian.Uint32(b[head+4:]) == size {
			return classify.Match
		}
		return classify.NeedMore
	})
}
