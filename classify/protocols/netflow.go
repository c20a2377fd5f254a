package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var netflow = classify.Protocol{
	Name: "NetFlow", Category: "Network", Transport: classify.UDP | classify.TCP | classify.SCTP,
	UDPPorts: []uint16{2055}, FirstBytes: classify.Bytes("\x00"), Recognise: recogniseNetFlow,
	Speaker: netflowSpeaker, Reference: "RFC 3954, RFC 7011",
}

// recogniseNetFlow accepts the export packets of versions 1, 5, 7, 8, 9 and
// 10 (IPFIX): fixed records whose count gives the datagram's length, or sets
// of records that fill it. Over TCP and SCTP only IPFIX is spoken (RFC 7011,
// section 10).
func recogniseNetFlow(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, ipfixStream)
	}
	b := p.Payload
	if len(b) < 16 || b[0] != 0 || b[1] > 10 {
		return classify.Never
	}
	if b[1] == 10 {
		if wire.U16(b[2:]) == p.Len && netflowSets(b[16:], p.Len-16, 2) {
			return classify.Match
		}
		return classify.Never
	}
	if p.Transport == classify.UDP && len(b) >= 20 && netflowVersion(b, p.Len) {
		return classify.Match
	}
	return classify.Never
}

// netflowVersion checks the versions before IPFIX. Their headers are 24 bytes
// long, those of 1 and 9 16 and 20 bytes, and the count is at offset 2.
func netflowVersion(b []byte, size int) bool {
	count := wire.U16(b[2:])
	if count == 0 || count > 1000 {
		return false
	}
	switch b[1] {
	case 1:
		return count <= 24 && size == 16+52*count && wire.U32(b[8:]) > 1<<28 && wire.U32(b[12:]) < 1e9
	case 5:
		return count <= 30 && size == 24+48*count && wire.U32(b[12:]) < 1e9
	case 7:
		return count <= 28 && size == 24+52*count && wire.U32(b[12:]) < 1e9
	case 8:
		return count <= 51 && size > 28 && (size-28)%count == 0 && (size-28)/count%4 == 0 && len(b) >= 24 &&
			b[22] >= 1 && b[22] <= 14 && wire.U32(b[8:]) > 1<<28 && wire.U32(b[12:]) < 1e9
	case 9:
		return netflowSets(b[20:], size-20, 0)
	}
	return false
}

// netflowSets walks the sets that fill an export packet: id and length,
// templates first being id, options templates the next, data 256 and more.
func netflowSets(b []byte, size, first int) bool {
	n, exact := match.TLVs(b, size, 4, func(id int) bool { return id == first || id == first+1 || id >= 256 })
	return n > 0 && (exact || len(b) < size)
}

// ipfixStream checks the first message of a TCP connection (RFC 7011, section
// 10.4).
func ipfixStream(b []byte) classify.Outcome {
	if b[0] != 0 || len(b) > 1 && b[1] != 10 {
		return classify.Never
	}
	if len(b) < 20 {
		return classify.NeedMore
	}
	size := wire.U16(b[2:])
	if size < 20 {
		return classify.Never
	}
	if len(b) < size {
		return classify.NeedMore
	}
	if netflowSets(b[16:size], size-16, 2) {
		return classify.Match
	}
	return classify.Never
}

// netflowSpeaker says that the exporter sends, and is never answered.
func netflowSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	return classify.ClientSpeaks
}
