package protocols

import (
	"bytes"

	"servmap/classify"
)

// ookla is the measurement protocol of speedtest.net's servers.
var ookla = classify.Protocol{
	Name:      "Ookla",
	Category:  "Network",
	Transport: classify.TCP,
	TCPPorts:  []uint16{8080, 5060},
	NoGuess:   true,
	Reference: "observed: HI, HELLO, PING, PONG, DOWNLOAD, UPLOAD lines",

	FirstBytes: classify.Bytes("H"),
	Recognise:  recogniseOokla,
}

// recogniseOokla accepts the greeting "HI" with the client's identifier, and
// the server's "HELLO 2.9 (2.9.0) 2022-…" to it.
func recogniseOokla(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != 'H' {
		return classify.Never
	}
	const hi, hello = "HI ", "HELLO 2."
	if len(b) < 4 {
		if string(b) == hi[:len(b)] || string(b) == hello[:len(b)] || string(b) == "HI\n" {
			return classify.NeedMore
		}
		return classify.Never
	}
	end := bytes.IndexByte(b, '\n')
	switch {
	case len(b) >= len(hello) && string(b[:len(hello)]) == hello && end > 0 && ooklaVersion(b[len(hello):end]):
		p.ClientIs(p.From.Other())
		return classify.Match
	case string(b[:3]) == hi && end > 20 && end < 80 && ooklaID(b[3:end]):
		p.ClientIs(p.From)
		return classify.Match
	case len(b) >= len(hello) && string(b[:len(hello)]) == hello && len(b) < 80 && end < 0,
		string(b[:3]) == "HI\n", len(b) < len(hello) && string(b) == hello[:len(b)], string(b[:3]) == hi && len(b) < 80 && end < 0:
		return classify.NeedMore
	}
	return classify.Never
}

// ooklaVersion accepts what follows "HELLO 2.": the rest of the version, the
// version as a whole in parentheses, which older servers leave out, and a date.
func ooklaVersion(b []byte) bool {
	_, rest, ok := bytes.Cut(b, []byte(" "))
	if ok && len(rest) > 0 && rest[0] == '(' {
		return true
	}
	if !ok || len(rest) < len("2016-10-21") {
		return false
	}
	date := rest[:len("2016-10-21")]
	return date[4] == '-' && date[7] == '-' && isNumber(date[:4]) && isNumber(date[5:7]) && isNumber(date[8:])
}

// ooklaID accepts hexadecimal digits and hyphens: a hash or a UUID.
func ooklaID(b []byte) bool {
	for _, c := range bytes.TrimSpace(b) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') && c != '-' {
			return false
		}
	}
	return true
}
