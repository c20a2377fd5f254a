package findings

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"

	"servmap/flows"
)

// CommunityID returns the flow's Community ID, version 1 with the seed 0: a hash of its endpoints and
// protocol by which other programs know the flow, too. It is empty for ICMP, whose types and codes a
// flow does not have.
func CommunityID(f *flows.Flow) string { return string(AppendCommunityID(nil, f)) }

// AppendCommunityID appends CommunityID.
func AppendCommunityID(dst []byte, f *flows.Flow) []byte {
	if f.Protocol == 1 || f.Protocol == 58 {
		return dst
	}
	src, dstAddr := f.Src.As16(), f.Dst.As16()
	from, to := src[:], dstAddr[:]
	if f.Src.Is4() {
		from, to = from[12:], to[12:]
	}
	sport, dport := f.SrcPort, f.DstPort
	if order := bytes.Compare(from, to); order > 0 || order == 0 && sport > dport {
		from, to, sport, dport = to, from, dport, sport
	}
	var room [40]byte
	b := append(append(room[:2], from...), to...) // after the seed
	b = append(b, f.Protocol, 0)
	switch f.Protocol {
	case 6, 17, 132:
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, sport), dport)
	}
	sum := sha1.Sum(b)
	return base64.StdEncoding.AppendEncode(append(dst, "1:"...), sum[:])
}
