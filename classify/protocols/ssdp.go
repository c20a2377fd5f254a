package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

// ssdp is the Simple Service Discovery Protocol of UPnP.
var ssdp = classify.Protocol{
	Name:      "SSDP",
	Category:  "System",
	Transport: classify.UDP,
	UDPPorts:  []uint16{1900},
	NoGuess:   true,
	Reference: "UPnP Device Architecture 2.0, section 1",

	FirstBytes: classify.Bytes("MNH"),
	Recognise:  recogniseSSDP,
}

// recogniseSSDP accepts a datagram with the start line of a search, of a
// notification, or of the response to a search, on any port (UPnP Device
// Architecture 2.0, sections 1.2 and 1.3).
func recogniseSSDP(p *classify.Probe) classify.Outcome {
	h, state := wire.ParseHTTPHead(p.Payload, httpVersion)
	if state != wire.HTTPYes {
		return classify.Never
	}
	if h.Request {
		switch string(h.Method) {
		case "M-SEARCH", "NOTIFY":
		default:
			return classify.Never
		}
		if string(h.Target) != "*" && !p.HasPort(1900) {
			return classify.Never
		}
		if host := h.Field("Host"); host != nil {
			p.Found.ServerName = string(wire.HostOnly(host))
		}
		if string(h.Method) == "M-SEARCH" {
			p.ClientIs(p.From)
		}
	} else {
		if h.Field("ST") == nil && h.Field("USN") == nil && !p.HasPort(1900) {
			return classify.Never
		}
		p.ClientIs(p.From.Other())
	}
	for _, name := range [...]string{"User-Agent", "Server"} {
		if v := h.Field(name); v != nil {
			p.Found.UserAgent = string(v)
			break
		}
	}
	return classify.Match
}
