package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var gryphon = classify.Protocol{
	Name: "Gryphon", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{7000}, PortsOnly: true, NoGuess: true,
	FirstBytes: classify.Range(1, 3).Or(classify.Bytes("\x10")).Or(classify.Range(0x20, 0x2f)), Recognise: recogniseGryphon, Speaker: gryphonSpeaker, Reference: "DG Technologies, Gryphon Communication Protocol: Client How-To",
}

// recogniseGryphon accepts, on its port, a command and its response: source and destination, which change
// places, the length of the data, the type, a byte that is zero, and in the data the same command; of one
// side alone, a client that registers with its name and password.
func recogniseGryphon(p *classify.Probe) classify.Outcome {
	const command, response = 1, 2
	if !p.HasPort(7000) {
		return classify.Never
	}
	client, server := p.Stream(classify.Client), p.Stream(classify.Server)
	for i, b := range [...][]byte{client, server} {
		if len(b) == 0 {
			continue
		}
		if out := gryphonMessage(b); out != classify.Match {
			return out
		}
		if b[6] == command && b[8] == 0x50 && wire.U16(b[4:]) == 52 && len(b) == 60 && classify.IsPrintable(b[12:13]) && match.AllZero(b[10:12]) {
			p.ClientIs(classify.Side(i))
			return classify.Match
		}
	}
	switch {
	case len(client) == 0 || len(server) == 0:
		return classify.NeedMore
	case client[6]+server[6] == command+response && client[8] == server[8] && client[0] == server[2] && client[2] == server[0]:
		return classify.Match
	}
	return classify.Never
}

// gryphonMessage checks a message at the beginning of b, whose data are padded to four bytes.
func gryphonMessage(b []byte) classify.Outcome {
	const header, lastType = 8, 7
	isEnd := func(c byte) bool { return c >= 1 && c <= 3 || c == 0x10 || c >= 0x20 && c <= 0x2f }
	switch {
	case !isEnd(b[0]), len(b) > 2 && !isEnd(b[2]), len(b) > 6 && (b[6] == 0 || b[6] > lastType), len(b) > 7 && b[7] != 0:
		return classify.Never
	case len(b) < header:
		return classify.NeedMore
	}
	size := (wire.U16(b[4:]) + 3) &^ 3
	switch {
	case size < 4 || size > 2048:
		return classify.Never
	case len(b) < header+size:
		return classify.NeedMore
	}
	return classify.Match
}

// gryphonSpeaker tells by the type of the message.
func gryphonSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 8:
		return classify.AnySpeaker
	case b[6] == 1:
		return classify.ClientSpeaks
	case b[6] == 2:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
