package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// noe is the protocol of Alcatel-Lucent's telephones: New Office Environment
// over UA/UDP.
var noe = classify.Protocol{
	Name:      "NOE",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{32512, 32640},
	NoGuess:   true,
	Reference: "Alcatel UA/UDP, as in Wireshark's documentation of uaudp",

	FirstBytes: classify.Range(0, 7).Or(classify.Bytes("@A")),
	PortsOnly:  true,
	Recognise:  recogniseNOE,
}

// recogniseNOE accepts, on its ports, two datagrams whose lengths fit the
// operation: connection, keep-alive and its answer, or data with sequence numbers.
func recogniseNOE(p *classify.Probe) classify.Outcome {
	const enough = 2
	if !p.HasPort(32512) && !p.HasPort(32640) {
		return classify.Never
	}
	answered := 0
	for _, d := range p.History() {
		b := d.Data
		if len(b) == 0 {
			return classify.Never
		}
		ok := false
		switch b[0] {
		case 0: // connect: type, length and value
			ok = len(b) >= 3 && !match.AllZero(b[1:3]) && noeFields(b[1:])
		case 1, 2, 3, 4, 5:
			ok = d.Len == 1
		case 64, 65: // what is to be started: its version and file name; or the acknowledgement
			ok = d.Len == 1 || len(b) >= 4 && len(b) == d.Len && b[len(b)-1] < 0x7f
		case 6: // expected sequence number
			ok = d.Len == 3
		case 7: // both numbers, then messages with their length
			ok = d.Len == 5 || len(b) >= 7 && 5+int(binary.LittleEndian.Uint16(b[5:]))+2 <= d.Len
		}
		if !ok {
			return classify.Never
		}
		answered++
	}
	if answered >= enough {
		return classify.Match
	}
	return classify.NeedMore
}

func noeFields(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 2 || b[1] == 0 || len(b) < 2+int(b[1]) {
			return false
		}
		b = b[2+int(b[1]):]
	}
	return true
}
