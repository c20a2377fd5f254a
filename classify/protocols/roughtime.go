package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var roughtime = classify.Protocol{
	Name: "Roughtime", Category: "System", Transport: classify.UDP | classify.TCP,
	Ports:      []uint16{2002},
	FirstBytes: classify.Bytes("R").Or(classify.Range(2, 32)), // or how many tags there are
	Recognise:  recogniseRoughtime, Speaker: roughtimeSpeaker, Reference: "draft-ietf-ntp-roughtime",
}

// recogniseRoughtime accepts a message of tagged values (draft, section 4)
// that has the tag of a request's nonce or of a response's signature, with or
// without the packet header "ROUGHTIM" that the drafts added.
func recogniseRoughtime(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if roughtimeMessage(p.Payload, p.Len) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "ROUGHTIM"); o != classify.Match {
			return o
		}
		return roughtimeMessage(b, 1<<16)
	})
}

func roughtimeMessage(b []byte, size int) classify.Outcome {
	if match.Prefix(b, "ROUGHTIM") == classify.Match {
		if len(b) < 12 {
			return classify.NeedMore
		}
		b, size = b[12:], min(size-12, wire.L32(b[8:]))
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	n := wire.L32(b)
	if n < 2 || n > 32 {
		return classify.Never
	}
	if len(b) < 8*n {
		return classify.NeedMore
	}
	last := 0
	for i := 1; i < n; i++ {
		offset := wire.L32(b[4*i:])
		if offset < last || offset%4 != 0 || offset > size {
			return classify.Never
		}
		last = offset
	}
	found, previous := false, -1
	for tags := b[4*n : 8*n]; len(tags) > 0; tags = tags[4:] {
		tag := wire.L32(tags)
		if tag <= previous {
			return classify.Never
		}
		previous = tag
		switch string(tags[:4]) {
		case "NONC", "SREP":
			found = true
		}
	}
	if found {
		return classify.Match
	}
	return classify.Never
}

// roughtimeSpeaker tells by the signed response, which only a server has.
func roughtimeSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 128: // requests are padded
		return classify.AnySpeaker
	case bytes.Contains(b[:min(len(b), 256)], []byte("SREP")):
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
