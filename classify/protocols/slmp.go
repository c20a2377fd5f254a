package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var slmp = classify.Protocol{
	Name: "SLMP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, AlsoPorts: []uint16{5000, 5001, 5006, 5007, 61451},
	NoGuess: true, FirstBytes: classify.Bytes("\x50\xd0\x54\xd4\x35\x44"), Recognise: recogniseSLMP, Speaker: slmpSpeaker,
	Reference: "CLPA BAP-C2006ENG-001, SLMP Specification, overview and services; Mitsubishi SH-080956ENG",
}

// slmpCommands are the commands of requests (SH-080956ENG, section 5.1), besides those of CC-Link IE Field
// Basic.
var slmpCommands = map[int]bool{
	0x0101: true, 0x0401: true, 0x0403: true, 0x0406: true, 0x0601: true, 0x0613: true, 0x0619: true, 0x0801: true, 0x0802: true,
	0x1001: true, 0x1002: true, 0x1003: true, 0x1005: true, 0x1006: true, 0x1401: true, 0x1402: true, 0x1406: true, 0x1601: true,
	0x1613: true, 0x1617: true, 0x1630: true, 0x1631: true, 0x1810: true, 0x1811: true, 0x1820: true, 0x1822: true, 0x1824: true,
	0x1825: true, 0x1826: true, 0x1827: true, 0x1828: true, 0x1829: true, 0x182a: true, 0x2101: true, 0x0e30: true, 0x0e31: true,
	0x0a00: true, 0x0c30: true, 0x4000: true, 0x3040: true,
}

// slmpCyclic is the command with which a master of CC-Link IE Field Basic sends its cyclic data.
const slmpCyclic = 0x0e70

// recogniseSLMP accepts a request or response in binary, with or without a serial number, or in ASCII: the
// path to a module, a length that is the rest's, and a command that there is (SH-080956ENG, sections 4.2 and
// 5).
func recogniseSLMP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if p.HasPort(cyclicPort) || slmpMessage(p.Payload, p.Len) != classify.Match {
			return classify.Never
		}
		return classify.Match
	}
	return match.Either(p, func(b []byte) classify.Outcome { return slmpMessage(b, len(b)) })
}

// slmpMessage checks a message at the beginning of b, of which size bytes were sent.
func slmpMessage(b []byte, size int) classify.Outcome {
	if b[0] == '5' || b[0] == 'D' {
		return slmpText(b)
	}
	if b[0]&^0x84 != 0x50 || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	at := 2
	if b[0] == 0x54 || b[0] == 0xd4 { // a serial number, and two bytes that are not used
		at = 6
		if len(b) >= 6 && b[4]|b[5] != 0 {
			return classify.Never
		}
	}
	if out := slmpPath(b[min(at, len(b)):]); out != classify.Match {
		return out
	}
	const path, least, most = 7, 2, 8192
	length := wire.L16(b[at+path-2:])
	at += path
	response := b[0]&0x80 != 0
	switch {
	case length < least || length > most || !response && length < 6 || at+length > size && at+length <= len(b):
		return classify.Never
	case len(b) < at+6 && !(response && len(b) >= at+length):
		return classify.NeedMore
	case !response && !slmpCommands[wire.L16(b[at+2:])]:
		return classify.Never
	case size == at+length, size > at+length && len(b) > at+length && b[at+length] == b[0]:
		return classify.Match
	case size < at+length:
		return classify.NeedMore
	}
	return classify.Never
}

// slmpPath checks network and station, a module's number, which is mostly the station's own processor, and
// the number on a multidrop line; a length follows.
func slmpPath(b []byte) classify.Outcome {
	const own = "\xff\x03"
	if len(b) >= 4 && string(b[2:4]) != own || len(b) >= 5 && b[4] > 31 {
		return classify.Never
	}
	if len(b) < 7 {
		return classify.NeedMore
	}
	return classify.Match
}

// slmpText checks a message in ASCII: "5000", network, station, module "03FF", multidrop, length, all in
// hexadecimal digits.
func slmpText(b []byte) classify.Outcome {
	const header = 18
	for i, c := range b[:min(len(b), header)] {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'F') || i > 0 && i < 4 && c != "5000"[i] || i >= 8 && i < 12 && c != "03FF"[i-8] {
			return classify.Never
		}
	}
	switch {
	case len(b) < header:
		return classify.NeedMore
	case bytes.IndexByte(b, 0) >= 0:
		return classify.Never
	}
	return classify.Match
}

// slmpSpeaker tells by the subheader: a response has the highest bit set.
func slmpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 4:
		return classify.AnySpeaker
	case b[0] == 0x50 || b[0] == 0x54 || b[0] == '5':
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
