package protocols

import (
	"bytes"

	"servmap/classify"
)

// vhua is the telephony of VHUA.
var vhua = classify.Protocol{
	Name:      "VHUA",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{58267},
	Reference: "observed: nine bytes that open a call",

	FirstBytes: classify.Bytes("\x05"),
	Recognise:  recogniseVHUA,
}

// recogniseVHUA accepts the nine bytes with which a client begins.
func recogniseVHUA(p *classify.Probe) classify.Outcome {
	if bytes.HasPrefix(p.Payload, []byte{0x05, 0x14, 0x3a, 0x05, 0x08, 0xf8, 0xa1, 0xb1, 0x03}) {
		return classify.Match
	}
	return classify.Never
}
