package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var iec61162 = classify.Protocol{
	Name: "IEC61162-450", Category: "IoT-Scada", Transport: classify.UDP, NoGuess: true,
	UDPPorts:   []uint16{60001, 60002, 60003, 60004, 60005, 60006, 60007, 60008, 60009, 60010, 60011, 60012, 60013, 60014, 60015, 60016},
	FirstBytes: classify.Bytes("URN"), Recognise: recogniseIEC61162, Reference: "IEC 61162-450, section 7.2",
}

// recogniseIEC61162 accepts the six bytes with which every datagram of the network of a ship's bridge begins:
// sentences, files in blocks with or without repeats, and groups of parameters (IEC 61162-450, sections 7.2.2 and
// 7.3, and annex on PGN).
func recogniseIEC61162(p *classify.Probe) classify.Outcome {
	for _, magic := range [...]string{"UdPbC\x00", "RaUdP\x00", "RrUdP\x00", "NkPgN\x00"} {
		if match.Prefix(p.Payload, magic) == classify.Match && p.Len > len(magic) {
			return classify.Match
		}
	}
	return classify.Never
}
