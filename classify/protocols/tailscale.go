package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var tailscale = classify.Protocol{
	Name: "Tailscale", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{41641},
	FirstBytes: classify.Bytes("T"),
	Recognise:  recogniseTailscale, Plausible: match.MayBeSealed, Reference: "tailscale documentation: disco protocol",
}

// recogniseTailscale accepts a disco message: six bytes of magic, the
// sender's key, a nonce and a sealed box.
func recogniseTailscale(p *classify.Probe) classify.Outcome {
	if p.Len >= 6+32+24+16 && match.Prefix(p.Payload, "TS\xf0\x9f\x92\xac") == classify.Match {
		return classify.Match
	}
	return classify.Never
}
