package protocols

import (
	"bytes"

	"servmap/classify"
)

var whois = classify.Protocol{
	Name: "Whois-DAS", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{43, 4343},
	Recognise: recogniseWhois, Reference: "RFC 3912, RFC 5144",
}

// recogniseWhois accepts, on the usual ports only, one line of text from the
// client that ends in CR LF and, from the server, text with a colon or a remark
// in it (RFC 3912, section 2).
func recogniseWhois(p *classify.Probe) classify.Outcome {
	if !p.HasPort(43) && !p.HasPort(4343) {
		return classify.Never
	}
	query, answer := p.Stream(classify.Client), p.Stream(classify.Server)
	if p.Ports[classify.Client] == 43 || p.Ports[classify.Client] == 4343 {
		query, answer = answer, query
	}
	if len(query) == 0 {
		return classify.NeedMore
	}
	end := bytes.IndexByte(query, '\n')
	switch {
	case len(query) > 256 || !classify.IsText(query) || end >= 0 && end != len(query)-1 || bytes.HasPrefix(query, []byte("GET ")):
		return classify.Never
	case end < 4 || len(answer) < 8:
		return classify.NeedMore
	case query[end-1] != '\r', !classify.IsText(answer[:min(len(answer), 256)]), !bytes.ContainsAny(answer, ":%"):
		return classify.Never
	}
	return classify.Match
}
