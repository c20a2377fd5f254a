package protocols

import (
	"bytes"

	"servmap/classify"
)

var zeromq = classify.Protocol{
	Name: "ZeroMQ", Category: "RPC", Transport: classify.TCP,
	First:     classify.Bytes("\xff"),
	Recognise: recogniseZeroMQ, Reference: "ZMTP 2.0 (RFC 15), ZMTP 3.1 (RFC 37)",
}

// recogniseZeroMQ accepts the greeting: a signature of ten bytes that begins
// with 0xff and ends with 0x7f, and what is there of version and mechanism
// (ZMTP 3.1, "Version negotiation"); from the middle the command READY (RFC 37, "The NULL
// security mechanism").
func recogniseZeroMQ(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
		if b[0] == 4 && (p.Midstream(classify.Client) || p.Midstream(classify.Server)) {
			return zmtpReady(b)
		}
		if o := hasPrefix(b, "\xff\x00\x00\x00\x00\x00\x00\x00"); o != classify.Match {
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
		if mechanism := bytes.TrimRight(b[12:32], "\x00"); len(mechanism) >= 3 && isPrintable(mechanism) {
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
	return hasPrefix(b[min(len(b), 2):], name)
}
