package protocols

import (
	"bytes"

	"servmap/classify"
)

var playstation = classify.Protocol{
	Name:       "Playstation",
	Category:   "Game",
	Transport:  classify.UDP,
	UDPPorts:   []uint16{987, 9302},
	NoGuess:    true,
	FirstBytes: classify.Bytes("SWLH"),
	Recognise:  recognisePlaystation,
	Reference:  "PlayStation's device discovery protocol (second screen, remote play), as seen on the wire",
}

// recognisePlaystation accepts the search for consoles in the local network, the
// request to wake one, and a console's answer: text in the manner of HTTP with
// the discovery protocol's version.
func recognisePlaystation(p *classify.Probe) classify.Outcome {
	b := p.Payload
	for _, line := range [...]string{"SRCH * HTTP/1.1", "WAKEUP * HTTP/1.1", "LAUNCH * HTTP/1.1", "HTTP/1.1 200 Ok", "HTTP/1.1 620 Server Standby"} {
		if rest, ok := bytes.CutPrefix(b, []byte(line)); ok && bytes.HasPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n")) && bytes.Contains(b, []byte("device-discovery-protocol-version:")) {
			return classify.Match
		}
	}
	return classify.Never
}
