package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// sdRTN is Agora's Software Defined Real-Time Network.
var sdRTN = classify.Protocol{
	Name:      "SD-RTN",
	Category:  "Media",
	Transport: classify.UDP,
	UDPPorts:  []uint16{8130},
	NoGuess:   true,
	Reference: "observed: a hello of tagged values, as in Google's QUIC Crypto",

	Recognise: recogniseSDRTN,
}

// recogniseSDRTN accepts the client's hello, a header of thirteen bytes, then the tag SNI with the
// server's name and its length in little-endian order; and the server's, which begins with the tag PEID
// of four bytes.
func recogniseSDRTN(p *classify.Probe) classify.Outcome {
	const hello, answer, tag = 0x21, 0x23, 13
	b := p.Payload
	if len(b) < tag+6 || b[4] != 0 || b[5] != 0 || b[12] > 32 {
		return classify.Never
	}
	n := int(binary.LittleEndian.Uint16(b[tag+4:]))
	switch name := string(b[tag : tag+4]); {
	case b[6] == answer && name == "PEID" && n == 4:
		p.ClientIs(p.From.Other())
		return classify.Match
	case b[6] != hello || name != "SNI\x00" || n == 0 || n > 253 || len(b) < tag+6+n || !classify.IsPrintable(b[tag+6:tag+6+n]):
		return classify.Never
	}
	p.Found.ServerName = string(b[tag+6 : tag+6+n])
	p.ClientIs(p.From)
	return classify.Match
}
