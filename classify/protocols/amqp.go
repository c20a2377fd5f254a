package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var amqp = classify.Protocol{
	Name: "AMQP", Category: "RPC", Transport: classify.TCP, TCPPorts: []uint16{5672}, NoGuess: true,
	FirstBytes: classify.Bytes("A\x00\x01\x02\x08"), Recognise: recogniseAMQP,
	Speaker: amqpSpeaker, Reference: "AMQP 0-9-1, AMQP 0-10, ISO/IEC 19464 (AMQP 1.0)",
}

// recogniseAMQP accepts the protocol header "AMQP" with a version (AMQP
// 0-9-1, section 4.2.2; AMQP 1.0, section 2.2), and frames of a connection already
// open: of version 0-9-1 with their end octet (section 4.2.3), of version 1.0 with a
// performative (section 2.3).
func recogniseAMQP(p *classify.Probe) classify.Outcome {
	out := match.Either(p, func(b []byte) classify.Outcome {
		switch {
		case b[0] == 'A':
			if o := match.Prefix(b, "AMQP"); o != classify.Match {
				return o
			}
			if len(b) < 8 {
				return classify.NeedMore
			}
			if b[4] <= 3 && b[5] <= 1 && b[6] <= 10 && b[7] <= 10 {
				return classify.Match
			}
		case b[0] == 0:
			return amqp10Frame(b)
		case b[0] == 1 || b[0] == 2 || b[0] == 8:
			return amqpFrame(b)
		}
		return classify.Never
	})
	if b := p.Payload; out == classify.NeedMore && len(b) >= 11 && (b[0] == 1 || b[0] == 2) && cutByCapture(p, p.From) && wire.U32(b[3:])+8 == p.Len {
		return classify.Match // but for the end octet, which the capture cut off
	}
	return out
}

// amqpFrame checks a frame of 0-9-1: a method or content header of a known class,
// or a heartbeat, and the end octet.
func amqpFrame(b []byte) classify.Outcome {
	if len(b) < 8 {
		return classify.NeedMore
	}
	size := wire.U32(b[3:])
	if b[0] == 8 {
		if size == 0 && b[1]|b[2] == 0 && b[7] == 0xce {
			return classify.Match
		}
		return classify.Never
	}
	if size < 4 || size > 1<<17 {
		return classify.Never
	}
	if len(b) < 11 {
		return classify.NeedMore
	}
	switch class := wire.U16(b[7:]); class {
	case 10, 20, 40, 50, 60, 85, 90:
		if b[0] == 1 && (wire.U16(b[9:]) == 0 || wire.U16(b[9:]) > 120) || b[0] == 2 && wire.U16(b[9:]) != 0 {
			return classify.Never
		}
	default:
		return classify.Never
	}
	if len(b) < 8+size {
		return classify.NeedMore
	}
	if b[7+size] == 0xce {
		return classify.Match
	}
	return classify.Never
}

// amqp10Frame checks a frame of 1.0: size, data offset, type, and a described
// performative with a code from 0x10 to 0x18, or from 0x40 to 0x44 in SASL.
func amqp10Frame(b []byte) classify.Outcome {
	if len(b) < 11 {
		return classify.NeedMore
	}
	if wire.U32(b) < 8 || wire.U32(b) > 1<<24 || b[4] != 2 || b[5] > 1 || b[8] != 0 || b[9] != 0x53 {
		return classify.Never
	}
	if b[5] == 0 && b[10] >= 0x10 && b[10] <= 0x18 || b[5] == 1 && b[10] >= 0x40 && b[10] <= 0x44 {
		return classify.Match
	}
	return classify.Never
}

// amqpSpeaker tells by what begins a connection of 0-9-1 and by its methods (AMQP 0-9-1, section 1), and
// by the frames of SASL in 1.0 (section 5.3.3). Both sides of 1.0 send its header.
func amqpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) >= 8 && string(b[:4]) == "AMQP":
		if b[4] == 0 && b[5] == 0 && b[6] == 9 {
			return classify.ClientSpeaks
		}
	case len(b) >= 11 && b[0] == 0 && b[5] == 1 && b[9] == 0x53: // mechanisms, init, challenge, response, outcome
		if b[10] == 0x41 || b[10] == 0x43 {
			return classify.ClientSpeaks
		}
		return classify.ServerSpeaks
	case len(b) >= 11 && b[0] == 1:
		return amqpMethodSpeaker(wire.U16(b[7:]), wire.U16(b[9:]))
	}
	return classify.AnySpeaker
}

// amqpMethodSpeaker tells by the number of a method in its class. In most pairs the client sends the
// lower number, and the server answers.
func amqpMethodSpeaker(class, method int) classify.Speaker {
	const connection, channel, exchange, queue, basic, transaction = 10, 20, 40, 50, 60, 90
	fromServer := false
	switch class {
	case connection:
		switch method {
		case 10, 20, 30, 41: // start, secure, tune, open-ok
			fromServer = true
		case 11, 21, 31, 40:
		default:
			return classify.AnySpeaker
		}
	case channel:
		if method != 10 && method != 11 {
			return classify.AnySpeaker
		}
		fromServer = method == 11
	case exchange, queue, transaction:
		fromServer = method%10 == 1
	case basic:
		switch method {
		case 11, 21, 50, 60, 71, 72, 111: // answers, return, deliver
			fromServer = true
		case 10, 20, 40, 70, 90, 100, 110:
		default:
			return classify.AnySpeaker
		}
	default:
		return classify.AnySpeaker
	}
	if fromServer {
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
