package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var atg = classify.Protocol{
	Name: "ATG", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{10001}, NoGuess: true,
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseATG, Reference: "Veeder-Root TLS-3XX Serial Interface Manual 576013-635",
}

// recogniseATG accepts a command to a tank gauge, or the answer that repeats
// it: start of header, I or S for inquiry and setting (lower case for the
// computer format), three characters of function, two of device, and the end
// of the line.
func recogniseATG(p *classify.Probe) classify.Outcome { return match.Either(p, atgCommand) }

func atgCommand(b []byte) classify.Outcome {
	if b[0] != 0x01 {
		return classify.Never
	}
	b = b[1:]
	if len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
		b = b[2:]
	} else if len(b) >= 1 && b[0] == '\n' {
		b = b[1:]
	}
	if len(b) > 0 && b[0]|0x20 != 'i' && b[0]|0x20 != 's' {
		return classify.Never
	}
	for i := 1; i < min(len(b), 6); i++ {
		c := b[i]
		if (c < '0' || c > '9') && (i > 3 || c < 'A' || c > 'F') {
			return classify.Never
		}
	}
	if len(b) < 7 {
		return classify.NeedMore
	}
	if b[6] == '\r' || b[6] == '\n' || b[6] >= '0' && b[6] <= '9' && b[0] >= 'a' {
		return classify.Match
	}
	return classify.Never
}
