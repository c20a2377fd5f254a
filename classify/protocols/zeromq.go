package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var zeromq = classify.Protocol{
	Name: "ZeroMQ", Category: "RPC", Transport: classify.TCP,
	FirstBytes: classify.Bytes("\xff").Or(classify.Range(1, zmtpIdentity)),
	Recognise:  recogniseZeroMQ, Reference: "ZMTP 1.0 (RFC 13), ZMTP 2.0 (RFC 15), ZMTP 3.1 (RFC 37)",
}

// zmtpIdentity is the longest identity, with its flags, that a peer of version 1
// is believed; most have none.
const zmtpIdentity = 0x21

// recogniseZeroMQ accepts the greeting: a signature of ten bytes that begins with 0xff and ends with
// 0x7f, and what is there of version and mechanism (ZMTP 3.1, "Version negotiation"); midstream, the
// command READY (RFC 37, "The NULL security mechanism"). Peers of version 1, which have no greeting,
// are told by the frames of both.
func recogniseZeroMQ(p *classify.Probe) classify.Outcome {
	out := zmtpGreeting(p)
	if out == classify.Match {
		return out
	}
	frames, bodies := [2]int{}, 0
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		n, full, ok := zmtpFrames(b)
		if !ok {
			return out
		}
		frames[s] = n
		bodies += full
	}
	switch {
	case frames[0] > 0 && frames[1] > 0 && bodies > 0:
		return classify.Match
	case len(p.History()) < 2*match.Patience:
		return classify.NeedMore
	}
	return out
}

// zmtpFrames counts the frames that fill a stream of version 1: length with the flags, flags, body; the
// first is the identity (ZMTP 1.0, "Framing"). It counts those that have a body apart.
func zmtpFrames(b []byte) (frames, full int, ok bool) {
	if b[0] == 0 || b[0] > zmtpIdentity {
		return 0, 0, false
	}
	for len(b) > 0 {
		size, head := uint64(b[0]), 1
		if size == 0xff {
			if len(b) < 9 {
				return 0, 0, true
			}
			size, head = binary.BigEndian.Uint64(b[1:]), 9
		}
		most := byte(1) // "more" is the only flag
		if frames == 0 {
			most = 0
		}
		if size == 0 || size > 1<<24 || len(b) > head && b[head] > most {
			return 0, 0, false
		}
		if uint64(len(b)-head) < size {
			return 0, 0, true
		}
		if frames > 0 && size > 1 {
			full++
		}
		frames++
		b = b[uint64(head)+size:]
	}
	return frames, full, true
}

func zmtpGreeting(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == 4 && (p.Midstream(classify.Client) || p.Midstream(classify.Server)) {
			return zmtpReady(b)
		}
		if o := match.Prefix(b, "\xff\x00\x00\x00\x00\x00\x00\x00"); o != classify.Match {
			return o
		}
		if len(b) < 10 {
			return classify.NeedMore
		}
		// The length of the identity plus one, for peers of version 1.
		if b[9] != 0x7f {
			return classify.Never
		}
		if len(b) == 10 {
			return classify.Match
		}
		switch {
		case b[10] == 0 || b[10] > 3:
			return classify.Never
		case b[10] < 3 || len(b) < 32:
			return classify.Match
		}
		if mechanism := bytes.TrimRight(b[12:32], "\x00"); len(mechanism) >= 3 && classify.IsPrintable(mechanism) {
			return classify.Match
		}
		return classify.Never
	})
}

// zmtpReady accepts the command READY: flags 4, size, the name with its
// length before it, and the first property, the socket's type.
func zmtpReady(b []byte) classify.Outcome {
	const name = "\x05READY\x0bSocket-Type\x00\x00\x00"
	if len(b) > 1 && int(b[1]) < len(name)+4 {
		return classify.Never
	}
	return match.Prefix(b[min(len(b), 2):], name)
}
