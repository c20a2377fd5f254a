package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var afp = classify.Protocol{
	Name: "AFP", Category: "DataTransfer", Transport: classify.TCP,
	TCPPorts: []uint16{548}, UDPPorts: []uint16{548},
	FirstBytes: classify.Bytes("\x00\x01"), Recognise: recogniseAFP,
	Speaker: dsiSpeaker, Reference: "Apple Filing Protocol, Data Stream Interface",
}

// recogniseAFP accepts a header of the data stream interface: request or reply, command, error or
// offset, a length, and a reserved word of zero. The command must allow the length; off port 548 a
// reply must agree with its request.
func recogniseAFP(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if o := dsiHeader(b); o != classify.Match {
		return o
	}
	// Another message follows.
	if next := 16 + wire.U32(b[8:]); next < len(b) && (len(b) < next+2 || b[next] > 1 || b[next+1] == 0 || b[next+1] > 8) {
		return classify.Never
	}
	if p.HasPort(548) {
		return classify.Match
	}
	a := p.Stream(p.From.Other())
	if len(a) == 0 {
		return classify.NeedMore
	}
	o := dsiHeader(a)
	if o == classify.Match && (a[0] == b[0] || a[1] != b[1] || wire.U16(a[2:]) != wire.U16(b[2:])) {
		return classify.Never
	}
	return o
}

func dsiHeader(b []byte) classify.Outcome {
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] > 1 || len(b) > 1 && (b[1] == 0 || b[1] > 8 || b[1] == 7) {
		return classify.Never
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	command, offset, length := b[1], wire.U32(b[4:]), wire.U32(b[8:])
	if !match.AllZero(b[12:16]) || length > 1<<24 {
		return classify.Never
	}
	if b[0] == 0 {
		// Only a write has an offset; close and tickle carry nothing.
		if command != 6 && offset != 0 || (command == 1 || command == 5) && length != 0 || command == 6 && length < offset {
			return classify.Never
		}
		if (command == 2 || command == 6) && length == 0 || command == 8 && length != 2 || (command == 3 || command == 4) && length > 64 {
			return classify.Never
		}
		// Commands of the filing protocol are numbered from 1.
		if (command == 2 || command == 6) && len(b) > 16 && b[16] == 0 {
			return classify.Never
		}
	} else if offset != 0 && b[4] < 0x80 {
		return classify.Never // errors are negative
	}
	return classify.Match
}

// dsiSpeaker tells by requests and replies of DSI. A server asks only for attention, and whether the
// client is alive.
func dsiSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 16 || b[1] == 5 || b[1] == 8:
		return classify.AnySpeaker
	case b[0] == 0:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
