package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var raft = classify.Protocol{
	Name: "Raft", Category: "Network", Transport: classify.TCP,
	FirstBytes: classify.Bytes("\x01"),
	Recognise:  recogniseRaft, Reference: "Canonical raft, transport over TCP (uv)",
}

// recogniseRaft accepts the handshake of the C library that dqlite and LXD
// use: words of eight bytes, the lowest first: version 1, the server's number, the
// length of its address, and the address as text, padded with zeros.
func recogniseRaft(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "\x01\x00\x00\x00\x00\x00\x00\x00"); o != classify.Match {
			return o
		}
		if len(b) < 24 {
			return classify.NeedMore
		}
		size := binary.LittleEndian.Uint64(b[16:])
		if wire.L32(b[8:])|wire.L32(b[12:]) == 0 || size < 8 || size > 256 || size%8 != 0 {
			return classify.Never
		}
		if len(b) < 24+int(size) {
			return classify.NeedMore
		}
		address := bytes.TrimRight(b[24:24+size], "\x00")
		if len(address) >= 3 && classify.IsPrintable(address) && bytes.IndexByte(address, ':') > 0 {
			return classify.Match
		}
		return classify.Never
	})
}
