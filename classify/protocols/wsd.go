package protocols

import (
	"bytes"

	"servmap/classify"
)

// wsd is Web Services Dynamic Discovery.
var wsd = classify.Protocol{
	Name:      "WSD",
	Category:  "Network",
	Transport: classify.UDP,
	UDPPorts:  []uint16{3702},
	Reference: "WS-Discovery 1.1, sections 2 to 6",

	FirstBytes: classify.Bytes("< \r\n\t\xef"), // 0xef begins a byte order mark
	Recognise:  recogniseWSD,
}

// wsdNamespaces are those of the draft that devices speak and of the standard.
var wsdNamespaces = [][]byte{
	[]byte("schemas.xmlsoap.org/ws/2005/04/discovery"),
	[]byte("docs.oasis-open.org/ws-dd/ns/discovery"),
}

// recogniseWSD accepts a datagram of XML that names the protocol's namespace,
// and on port 3702 any SOAP envelope (WS-Discovery 1.1, section 2.4).
func recogniseWSD(p *classify.Probe) classify.Outcome {
	b := bytes.TrimLeft(p.Payload, "\xef\xbb\xbf \r\n\t")
	if len(b) < 40 || b[0] != '<' {
		return classify.Never
	}
	for _, ns := range wsdNamespaces {
		if bytes.Contains(b, ns) {
			return classify.Match
		}
	}
	if p.HasPort(3702) && bytes.Contains(b[:min(len(b), 256)], []byte("Envelope")) {
		return classify.Match
	}
	return classify.Never
}
