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
// (ZMTP 3.1, "Version negotiation").
func recogniseZeroMQ(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
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
