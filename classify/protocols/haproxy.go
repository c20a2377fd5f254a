package protocols

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"servmap/classify"
	"servmap/classify/match"
)

var haproxy = classify.Protocol{
	Name: "HAProxy", Category: "Web", Transport: classify.TCP,
	FirstBytes: classify.Bytes("\rP"), Recognise: recogniseHAProxy,
	Speaker: proxySpeaker, Reference: "The PROXY protocol, versions 1 and 2",
}

// proxySignature begins the binary header (section 2.2).
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// recogniseHAProxy accepts the header of the PROXY protocol: the line of
// version 1 with two addresses and ports, or "UNKNOWN" (section 2.1), or the
// binary one of version 2 (section 2.2).
func recogniseHAProxy(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		switch match.Prefix(b, proxySignature) {
		case classify.NeedMore:
			return classify.NeedMore
		case classify.Match:
			return proxyBinary(b[len(proxySignature):])
		}
		out := match.Prefix(b, "PROXY ")
		if out != classify.Match {
			return out
		}
		line, _, whole := match.Line(b)
		switch {
		case len(line) > 108:
			return classify.Never
		case !whole:
			return classify.NeedMore
		}
		return proxyLine(line)
	})
}

func proxyLine(line []byte) classify.Outcome {
	f := bytes.Split(line, []byte(" "))
	if string(f[1]) == "UNKNOWN" {
		return classify.Match
	}
	if len(f) != 6 || string(f[1]) != "TCP4" && string(f[1]) != "TCP6" {
		return classify.Never
	}
	for _, a := range f[2:4] {
		if _, err := netip.ParseAddr(string(a)); err != nil {
			return classify.Never
		}
	}
	return classify.Match
}

func proxyBinary(b []byte) classify.Outcome {
	switch {
	case len(b) < 4:
		return classify.NeedMore
	case b[0] != 0x20 && b[0] != 0x21, b[1]>>4 > 3, b[1]&15 > 2, binary.BigEndian.Uint16(b[2:]) > 2048:
		return classify.Never
	}
	return classify.Match
}

// proxySpeaker says that whoever connects sends the header.
func proxySpeaker(_ classify.Transport, b []byte) classify.Speaker {
	return classify.ClientSpeaks
}
