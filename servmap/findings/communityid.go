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
func CommunityID(f *flows.Flow) string {
	if f.Protocol == 1 || f.Protocol == 58 {
		return ""
	}
	src, dst := f.Src.AsSlice(), f.Dst.AsSlice()
	sport, dport := f.SrcPort, f.DstPort
	ports := true
	switch f.Protocol {
	case 6, 17, 132:
	default:
		ports = false
	}
	if bytes.Compare(src, dst) > 0 || bytes.Equal(src, dst) && sport > dport {
		src, dst, sport, dport = dst, src, dport, sport
	}
	b := make([]byte, 2, 48)
	b = append(append(b, src...), dst...)
	b = append(b, f.Protocol, 0)
	if ports {
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, sport), dport)
	}
	sum := sha1.Sum(b)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}
