package protocols

import (
	"bytes"

	"servmap/classify"
)

// dropbox is the LAN synchronisation of Dropbox.
var dropbox = classify.Protocol{
	Name:      "Dropbox",
	Category:  "Cloud",
	Transport: classify.UDP,
	UDPPorts:  []uint16{17500},
	Reference: "Dropbox LanSync discovery, observed",

	FirstBytes: classify.Bytes("{"),
	PortsOnly:  true,
	Recognise:  recogniseDropbox,
}

// recogniseDropbox accepts the announcement, an object with the host's number
// and the protocol's version, on port 17500.
func recogniseDropbox(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 30 || b[0] != '{' || !p.HasPort(17500) {
		return classify.Never
	}
	for _, member := range [...]string{`"host_int"`, `"version"`, `"port"`} {
		if !bytes.Contains(b, []byte(member)) {
			return classify.Never
		}
	}
	return classify.Match
}
