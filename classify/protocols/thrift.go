package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var thrift = classify.Protocol{
	Name: "Thrift", Category: "RPC", Transport: classify.TCP | classify.UDP,
	FirstBytes: classify.Bytes("\x00\x80\x82"),
	Recognise:  recogniseThrift,
	Speaker:    thriftSpeaker, Reference: "Apache Thrift binary and compact protocol encoding",
}

// recogniseThrift accepts the beginning of a message in the strict binary
// protocol, framed or not, and in the compact protocol: version, kind of message, and a
// method's name.
func recogniseThrift(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == 0 {
			// A frame's length stands before the message.
			if len(b) < 8 {
				return classify.NeedMore
			}
			if b[4] != 0x80 && b[4] != 0x82 || wire.U32(b) < 8 {
				return classify.Never
			}
			b = b[4:]
		}
		switch b[0] {
		case 0x80:
			return thriftBinary(b)
		case 0x82:
			return thriftCompact(b)
		}
		return classify.Never
	})
}

// thriftBinary checks 0x8001, a zero, the kind (call, reply, exception, one
// way) and the counted name.
func thriftBinary(b []byte) classify.Outcome {
	if o := match.Prefix(b, "\x80\x01\x00"); o != classify.Match {
		return o
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	n := wire.U32(b[4:])
	if b[3] == 0 || b[3] > 4 || n == 0 || n > 255 {
		return classify.Never
	}
	return thriftName(b[8:], n)
}

// thriftCompact checks version 1 with the kind in the upper three bits, the
// sequence number of variable length, and the counted name.
func thriftCompact(b []byte) classify.Outcome {
	if len(b) < 2 {
		return classify.NeedMore
	}
	if b[1]&0x1f != 1 || b[1]>>5 == 0 || b[1]>>5 > 4 {
		return classify.Never
	}
	at := 2
	for at < len(b) && at < 6 && b[at]&0x80 != 0 {
		at++
	}
	at++
	if len(b) <= at {
		return classify.NeedMore
	}
	n := int(b[at])
	if n < 3 || n > 127 {
		return classify.Never
	}
	return thriftName(b[at+1:], n)
}

// thriftName checks a method's name, as far as it is there: letters, digits,
// underscores, and the dot and colon of multiplexed services.
func thriftName(b []byte, n int) classify.Outcome {
	for _, c := range b[:min(len(b), n)] {
		switch {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == '.', c == ':':
		default:
			return classify.Never
		}
	}
	if len(b) < n {
		return classify.NeedMore
	}
	return classify.Match
}

// thriftSpeaker tells by the kind of the message: call, reply, exception, one way.
func thriftSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if b[0] == 0 && len(b) > 4 {
		b = b[4:]
	}
	kind := byte(0)
	switch {
	case len(b) < 4:
	case b[0] == 0x80:
		kind = b[3]
	case b[0] == 0x82:
		kind = b[1] >> 5
	}
	switch kind {
	case 1, 4:
		return classify.ClientSpeaks
	case 2, 3:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
