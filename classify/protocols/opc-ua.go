package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var opcUA = classify.Protocol{
	Name: "OPC-UA", Category: "IoT-Scada", Transport: classify.TCP,
	TCPPorts: []uint16{4840}, FirstBytes: classify.Range('A', 'R'), Recognise: recogniseOPCUA,
	Speaker: opcuaSpeaker, Reference: "OPC 10000-6, section 7.1.2",
}

// recogniseOPCUA accepts a message header of the binary protocol: three
// letters, the chunk's kind, and a size (OPC 10000-6, sections 6.7.2 and
// 7.1.2).
func recogniseOPCUA(p *classify.Probe) classify.Outcome { return match.Either(p, opcuaHeader) }

func opcuaHeader(b []byte) classify.Outcome {
	if b[0] < 'A' || b[0] > 'R' {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	size := wire.L32(b[4:])
	least, most := 0, 1<<24
	switch string(b[:4]) {
	case "HELF":
		least, most = 32, 32+4096
	case "ACKF":
		least, most = 28, 28
	case "ERRF":
		least, most = 16, 16+4096
	case "RHEF":
		least, most = 16, 16+2*4096
	case "OPNF", "CLOF":
		least = 24
	case "MSGF", "MSGC", "MSGA":
		least = 24
	}
	if least > 0 && size >= least && size <= most {
		return classify.Match
	}
	return classify.Never
}

// opcuaSpeaker tells by hello and acknowledgement (OPC 10000-6, section 7.1.2).
func opcuaSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 3:
	case string(b[:3]) == "HEL":
		return classify.ClientSpeaks
	case string(b[:3]) == "ACK", string(b[:3]) == "RHE":
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
