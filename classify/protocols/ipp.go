package protocols

import (
	"servmap/classify"
)

// ipp is the browsing protocol of CUPS beside the Internet Printing Protocol,
// which itself is HTTP.
var ipp = classify.Protocol{
	Name:      "IPP",
	Category:  "System",
	Transport: classify.UDP,
	Ports:     []uint16{631},
	NoGuess:   true,
	Reference: "CUPS browsing protocol; RFC 8010 for what HTTP carries",

	FirstBytes: classify.Range('0', '9').Or(classify.Range('A', 'F')).Or(classify.Range('a', 'f')),
	Recognise:  recogniseIPP,
}

// recogniseIPP accepts an announcement of a printer: type and state in
// hexadecimal, then its URI: `3 3 ipp://host:631/printers/name "where" "what"`.
func recogniseIPP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if !p.HasPort(631) || len(b) < 12 {
		return classify.Never
	}
	for range 2 {
		i := 0
		for i < len(b) && i < 8 && (b[i] >= '0' && b[i] <= '9' || b[i] >= 'a' && b[i] <= 'f' || b[i] >= 'A' && b[i] <= 'F') {
			i++
		}
		if i == 0 || i == len(b) || b[i] != ' ' {
			return classify.Never
		}
		b = b[i+1:]
	}
	if len(b) > 8 && (string(b[:6]) == "ipp://" || string(b[:7]) == "ipps://" || string(b[:7]) == "http://" || string(b[:8]) == "https://") {
		return classify.Match
	}
	return classify.Never
}
