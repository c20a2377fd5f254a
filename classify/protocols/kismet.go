package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var kismet = classify.Protocol{
	Name: "Kismet", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{2501}, NoGuess: true,
	FirstBytes: classify.Bytes("*!"),
	Recognise:  recogniseKismet,
	Speaker:    kismetSpeaker, Reference: "Kismet client/server protocol, docs/README of Kismet 2005 to 2013",
}

// recogniseKismet accepts the greeting of the server, or the client's first
// command: an exclamation mark, a number, and a word in capitals.
func recogniseKismet(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == '*' {
			return match.Prefix(b, "*KISMET: ")
		}
		if b[0] != '!' {
			return classify.Never
		}
		number, rest, ok := bytes.Cut(b[1:], []byte(" "))
		if !ok && len(b) < 8 {
			return classify.NeedMore
		}
		if len(number) == 0 || len(number) > 10 || len(bytes.Trim(number, "0123456789")) > 0 {
			return classify.Never
		}
		return match.Prefix(rest, "ENABLE ")
	})
}

// kismetSpeaker tells by the greeting of the server.
func kismetSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if match.Prefix(b, "*KISMET:") == classify.Match {
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
