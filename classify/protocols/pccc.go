package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var pccc = classify.Protocol{
	Name: "PCCC", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{2222}, PortsOnly: true, NoGuess: true,
	FirstBytes: classify.Bytes("\x01\x02"), Recognise: recognisePCCC, Speaker: pcccSpeaker,
	Reference: "Allen-Bradley 1770-6.5.16, DF1 Protocol and Command Set; Gage, description of CSPv4",
}

// recognisePCCC accepts, on its port, the header of 28 bytes in which controllers without EtherNet/IP send
// commands: request or response, to connect or to carry one, the length of what follows, and no error. A
// command has its own header, whose bits tell it from a reply (1770-6.5.16, chapter 6).
func recognisePCCC(p *classify.Probe) classify.Outcome {
	if !p.HasPort(2222) {
		return classify.Never
	}
	const header, request, connect, command, isReply = 28, 1, 1, 7, 0x40
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] != request && b[0] != request+1 || len(b) > 1 && b[1] != connect && b[1] != command {
			return classify.Never
		}
		if len(b) < header {
			return classify.NeedMore
		}
		size := wire.U16(b[2:])
		switch {
		case wire.U32(b[8:]) != 0, b[1] == connect && size != 0, b[1] == command && (size < 8 || size > 512 || match.AllZero(b[4:8])):
			return classify.Never
		case b[1] == connect:
			return pcccConnects(b)
		case len(b) < header+size:
			return classify.NeedMore
		}
		// Destination, control, source, application; then command, status, transaction.
		pdu := b[header:]
		if pdu[4]&0x30 != 0 || (pdu[4]&isReply != 0) != (b[0] == request+1) || pdu[4]&0x0f != 0x0f && pdu[4]&0x0f > 8 {
			return classify.Never
		}
		return classify.Match
	})
}

// pcccConnects checks that a request to connect has no number yet, and that the response gives one.
func pcccConnects(b []byte) classify.Outcome {
	if match.AllZero(b[4:8]) == (b[0] == 1) && len(b) == 28 {
		return classify.Match
	}
	return classify.Never
}

// pcccSpeaker tells by the first byte.
func pcccSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 28:
		return classify.AnySpeaker
	case b[0] == 1:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
