package protocols

import "servmap/classify"

// crossfire is the game Crossfire.
var crossfire = classify.Protocol{
	Name:      "Crossfire",
	Category:  "RPC",
	Transport: classify.UDP,
	Reference: "observed: keep-alive datagrams of 25 bytes",

	FirstBytes: classify.Bytes("\xc7"),
	Recognise:  recogniseCrossfire,
}

// recogniseCrossfire accepts the datagram of 25 bytes that begins with the
// magic c7d91999 0200.
func recogniseCrossfire(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Len != 25 || len(b) < 25 || string(b[:6]) != "\xc7\xd9\x19\x99\x02\x00" || b[22] != 0x7d || b[23] != 0 {
		return classify.Never
	}
	return classify.Match
}
