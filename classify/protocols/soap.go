package protocols

import (
	"bytes"

	"servmap/classify"
)

// soap is SOAP without HTTP around it.
var soap = classify.Protocol{
	Name:      "SOAP",
	Category:  "RPC",
	Transport: classify.TCP,
	Reference: "SOAP 1.1, section 4; SOAP 1.2, section 5.1",

	FirstBytes: classify.Bytes("<"),
	Recognise:  recogniseSOAP,
}

// recogniseSOAP accepts a stream of XML whose root is an envelope in one of
// SOAP's two namespaces.
func recogniseSOAP(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != '<' {
		return classify.Never
	}
	if len(b) < 40 {
		if len(b) < 2 || b[1] == '?' || bytes.IndexByte(b, ':') > 0 {
			return classify.NeedMore
		}
		return classify.Never
	}
	if httpSOAPBody(b) {
		return classify.Match
	}
	if len(b) < 512 && p.Count(p.From) < 6 {
		return classify.NeedMore
	}
	return classify.Never
}
