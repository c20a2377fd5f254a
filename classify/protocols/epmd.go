package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var epmd = classify.Protocol{
	Name: "EPMD", Category: "RPC", Transport: classify.TCP, TCPPorts: []uint16{4369},
	FirstBytes: classify.Bytes("\x00wyv"), PortsOnly: true, Recognise: recogniseEPMD, Speaker: epmdSpeaker, Reference: "Erlang distribution protocol, section EPMD Protocol",
}

// Kinds of messages ("EPMD Protocol"): a node comes up, one is asked for, all are; and the answers.
const (
	epmdAlive       = 'x'
	epmdAliveAnswer = 'y'
	epmdAliveNew    = 'v'
	epmdPort        = 'z'
	epmdPortAnswer  = 'w'
	epmdNames       = 'n'
	epmdDump        = 'd'
	epmdKill        = 'k'
	epmdStop        = 's'
)

// recogniseEPMD accepts, on its port, a request behind its length, or an answer.
func recogniseEPMD(p *classify.Probe) classify.Outcome {
	if !p.HasPort(4369) {
		return classify.Never
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch b[0] {
		case 0:
			return epmdRequest(b)
		case epmdPortAnswer: // a result, and if that is good the node's port, its kind, its protocol
			if len(b) < 2 {
				return classify.NeedMore
			}
			if len(b) == 2 && b[1] != 0 || len(b) >= 12 && b[1] == 0 && epmdKind(b[4]) && b[5] == 0 {
				return classify.Match
			}
		case epmdAliveAnswer, epmdAliveNew: // a result, and a number
			if len(b) < 4 {
				return classify.NeedMore
			}
			if len(b) <= 6 && b[1] <= 1 {
				return classify.Match
			}
		}
		return classify.Never
	})
}

// epmdKind accepts the kinds of nodes: normal and hidden.
func epmdKind(c byte) bool { return c == 77 || c == 72 }

func epmdRequest(b []byte) classify.Outcome {
	const list = "\x00\x00\x11\x11name " // the port of the daemon itself, then a line for each node
	if len(b) < 3 {
		return classify.NeedMore
	}
	size := wire.U16(b)
	if size == 0 {
		return match.Prefix(b, list)
	}
	ok := false
	switch body := b[2:]; body[0] {
	case epmdNames, epmdDump, epmdKill:
		ok = size == 1
	case epmdPort, epmdStop:
		ok = size > 1 && size < 256 && classify.IsPrintable(body[1:min(len(body), size)])
	case epmdAlive:
		if len(body) < 11 {
			return classify.NeedMore
		}
		ok = size >= 13 && epmdKind(body[3]) && body[4] == 0 && wire.U16(body[5:]) >= 5 && wire.U16(body[9:])+13 <= size
	}
	switch {
	case !ok || len(b) > 2+size:
		return classify.Never
	case len(b) < 2+size:
		return classify.NeedMore
	}
	return classify.Match
}

// epmdSpeaker tells by the kind of message.
func epmdSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 3:
		return classify.AnySpeaker
	case b[0] == 0 && b[1] == 0:
		return classify.ServerSpeaks
	case b[0] == 0 && epmdRequest(b) != classify.Never:
		return classify.ClientSpeaks
	case b[0] == epmdPortAnswer || b[0] == epmdAliveAnswer || b[0] == epmdAliveNew:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
