package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var geSRTP = classify.Protocol{
	Name: "GE-SRTP", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{18245}, AlsoPorts: []uint16{18246}, NoGuess: true,
	FirstBytes: classify.Range(0, 3), Recognise: recogniseGESRTP, Speaker: srtpSpeaker,
	Reference: "Denton, Karpisek, Breitinger, Baggili: Leveraging the SRTP protocol for over-the-network memory acquisition of a GE Fanuc Series 90-30, section 4",
}

// recogniseGESRTP accepts what opens a connection, 56 zeros that 56 bytes with a one before them answer, and
// mailbox messages of 56 bytes: request or response, their type, and in a request the mailbox of the
// controller.
func recogniseGESRTP(p *classify.Probe) classify.Outcome {
	if !p.HasPort(18245) && !p.HasPort(18246) {
		return match.Either(p, srtpMailbox)
	}
	const size = 56
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch {
		case b[0] > 1:
			return srtpMailbox(b)
		case !match.AllZero(b[1:min(len(b), size)]):
			return classify.Never
		case b[0] == 1 && len(b) >= size:
			return classify.Match
		}
		return classify.NeedMore
	})
}

func srtpMailbox(b []byte) classify.Outcome {
	const size, request, response, kind, destination = 56, 2, 3, 31, 36
	if b[0] != request && b[0] != response || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < size {
		return classify.NeedMore
	}
	switch t := b[kind]; {
	case b[2] != b[30] && b[2] != 0:
		return classify.Never
	case b[0] == request && (t == 0xc0 || t == 0x80) && string(b[destination:destination+4]) == "\x10\x0e\x00\x00":
		return classify.Match
	case b[0] == response && (t == 0xd4 || t == 0x94 || t == 0xd1):
		return classify.Match
	}
	return classify.Never
}

// srtpSpeaker tells by the first byte: requests are even.
func srtpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 56:
		return classify.AnySpeaker
	case b[0] == 0 || b[0] == 2:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
