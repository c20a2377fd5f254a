package wire

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Versions of QUIC.
const (
	QUICVersion1 = 0x00000001 // RFC 9000
	QUICVersion2 = 0x6b3343cf // RFC 9369
)

// QUICType is the type of a long-header packet, whatever bits the version
// spells it with.
type QUICType uint8

// The types. Every version that is not known counts as QUICOther.
const (
	QUICInitial QUICType = iota
	QUICZeroRTT
	QUICHandshake
	QUICRetry
	QUICOther
)

// quicGeneration is how one group of versions protects its first packets.
type quicGeneration struct {
	salt   [20]byte
	labels quicLabels
	google bool // Google's own: CRYPTO frames have another type
}

type quicLabels struct{ key, iv, hp string }

// The salts of Initial packets: RFC 9001, section 5.2; RFC 9369, section 3.3.1;
// the drafts by the number of the first that had the salt; and Google's.
var (
	labels1 = quicLabels{"quic key", "quic iv", "quic hp"}
	labels2 = quicLabels{"quicv2 key", "quicv2 iv", "quicv2 hp"}

	generationDraft17 = quicGeneration{salt: [20]byte{0xef, 0x4f, 0xb0, 0xab, 0xb4, 0x74, 0x70, 0xc4, 0x1b, 0xef, 0xcf, 0x80, 0x31, 0x33, 0x4f, 0xae, 0x48, 0x5e, 0x09, 0xa0}, labels: labels1}
	generationDraft21 = quicGeneration{salt: [20]byte{0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a}, labels: labels1}
	generationDraft23 = quicGeneration{salt: [20]byte{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}, labels: labels1}
	generationDraft29 = quicGeneration{salt: [20]byte{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}, labels: labels1}
	generation1       = quicGeneration{salt: [20]byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}, labels: labels1}
	generation2       = quicGeneration{salt: [20]byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}, labels: labels2}
	generation2Draft  = quicGeneration{salt: [20]byte{0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3}, labels: labels2}
	generationQ050    = quicGeneration{salt: [20]byte{0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45}, labels: labels1, google: true}
	generationT050    = quicGeneration{salt: [20]byte{0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10}, labels: labels1, google: true}
	generationT051    = quicGeneration{salt: [20]byte{0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d}, labels: labels1, google: true}
)

// generationsOf returns how a version may protect its Initial packets. It is
// empty for a version that is not known to be QUIC, or that sends them in clear.
func generationsOf(version uint32) []*quicGeneration {
	switch {
	case version == QUICVersion1, version == 0xff000021, version == 0xff000022:
		return []*quicGeneration{&generation1}
	case version == QUICVersion2:
		return []*quicGeneration{&generation2}
	case version == 0x709a50c4, version == 0xff020000:
		return []*quicGeneration{&generation2, &generation2Draft}
	case version>>8 == 0xff0000:
		switch draft := version & 0xff; {
		case draft >= 29 && draft <= 34:
			return []*quicGeneration{&generationDraft29, &generation1}
		case draft >= 23 && draft <= 28:
			return []*quicGeneration{&generationDraft23}
		case draft == 21 || draft == 22:
			return []*quicGeneration{&generationDraft21}
		case draft >= 17 && draft <= 20:
			return []*quicGeneration{&generationDraft17}
		}
	case version>>8 == 0xfaceb0: // mvfst
		return []*quicGeneration{&generationDraft23, &generationDraft21, &generationDraft29, &generation1}
	case version == 0x51303530, version == 0x51303438, version == 0x51303439: // "Q050", "Q048", "Q049"
		return []*quicGeneration{&generationQ050}
	case version == 0x54303530: // "T050"
		return []*quicGeneration{&generationT050}
	case version == 0x54303531: // "T051"
		return []*quicGeneration{&generationT051}
	case isReservedQUIC(version), isPrivateQUIC(version):
		return []*quicGeneration{&generation1, &generationDraft29, &generationDraft23, &generation2}
	}
	return nil
}

// isPrivateQUIC reports whether a version is an implementation's own (QUIC
// working group, "QUIC Versions"); they follow one draft or another.
func isPrivateQUIC(version uint32) bool {
	switch version >> 8 {
	case 0x504351, // picoquic
		0x51474f, // quic-go
		0x91c170, // quicly
		0xabcd00, // MsQuic
		0xf123f0, // mozquic
		0xf0f0f0, // ETH Zürich
		0xf0f0f1, // Telecom Italia
		0x5c1000, // Tencent
		0x070070: // Tencent
		return true
	}
	return version == 0x50524f58 // Google's proxied QUIC, "PROX"
}

// isReservedQUIC reports whether a version is one of those that force
// version negotiation (RFC 9000, section 15).
func isReservedQUIC(version uint32) bool { return version&0x0f0f0f0f == 0x0a0a0a0a }

// KnownQUICVersion reports whether a version has the long header of RFC 8999
// and is one that is or was spoken, the reserved ones left out.
func KnownQUICVersion(version uint32) bool {
	switch {
	case isReservedQUIC(version):
		return false
	case version == 0x51303436, version == 0x51303437: // "Q046", "Q047"
		return true
	case version>>8 == 0xff0000 && version&0xff >= 11 && version&0xff <= 34:
		return true
	}
	return len(generationsOf(version)) > 0
}

// QUICLong is one packet with a long header (RFC 8999, section 5.1; RFC 9000,
// section 17.2). Slices point into the datagram.
type QUICLong struct {
	Version                    uint32
	Type                       QUICType
	Destination, Source, Token []byte
	// Packet is the whole packet; numberAt is where the protected packet
	// number stands in it. For Initial, 0-RTT and Handshake packets only.
	Packet   []byte
	numberAt int
	// Cut is set where the datagram ends before the packet does.
	Cut bool
}

// ParseQUICLong reads the packet at the start of b, and returns what follows it in the datagram:
// coalesced packets or padding. It is false where the long header is not whole or a connection ID is
// longer than 20 bytes. Versions 0 (version negotiation) and unknown ones have Type QUICOther.
func ParseQUICLong(b []byte) (q QUICLong, rest []byte, ok bool) {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return q, nil, false
	}
	q.Version, q.Type = binary.BigEndian.Uint32(b[1:]), QUICOther
	s := cryptobyte.String(b[5:])
	var token cryptobyte.String
	if !q.readConnections(&s) {
		return q, nil, false
	}
	if len(generationsOf(q.Version)) == 0 || b[0]&0x40 == 0 {
		return q, s, true
	}
	q.Type = QUICType(b[0] >> 4 & 3)
	if q.Version == QUICVersion2 || q.Version == 0x709a50c4 {
		q.Type = (q.Type + 3) & 3 // RFC 9369, section 3.2
	}
	var n uint64
	switch q.Type {
	case QUICRetry:
		return q, nil, len(s) >= 16
	case QUICInitial:
		if !ReadVarint(&s, &n) || n > uint64(len(s)) {
			return q, nil, false
		}
		s.ReadBytes((*[]byte)(&token), int(n))
		q.Token = token
	}
	if !ReadVarint(&s, &n) || n < 20 {
		return q, nil, false
	}
	q.numberAt = len(b) - len(s)
	if n > uint64(len(s)) {
		q.Packet, q.Cut = b, true
		return q, nil, true
	}
	q.Packet = b[:q.numberAt+int(n)]
	return q, s[n:], true
}

// readConnections reads both connection IDs. Up to draft 21 one byte held both lengths, each less three
// where it is not 0.
func (q *QUICLong) readConnections(s *cryptobyte.String) bool {
	if q.Version>>8 == 0xff0000 && q.Version&0xff < 22 {
		var lengths uint8
		s.ReadUint8(&lengths)
		both := [2]int{int(lengths >> 4), int(lengths & 15)}
		for i := range both {
			if both[i] > 0 {
				both[i] += 3
			}
		}
		return s.ReadBytes(&q.Destination, both[0]) && s.ReadBytes(&q.Source, both[1])
	}
	var destination, source cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&destination) || !s.ReadUint8LengthPrefixed(&source) {
		return false
	}
	q.Destination, q.Source = destination, source
	return len(destination) <= 20 && len(source) <= 20
}
