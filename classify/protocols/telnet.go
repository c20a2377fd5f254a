package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var telnet = classify.Protocol{
	Name: "Telnet", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{23},
	FirstBytes: classify.Bytes("\t\n\r").Or(classify.Range(' ', '~')).Or(classify.Range(0x80, 0xff)), // text on its port
	Recognise:  recogniseTelnet, Reference: "RFC 854, RFC 855",
}

// recogniseTelnet accepts option negotiation: two commands in sequence, or
// one that is all that was sent and answered by another (RFC 854 and 855). On
// the usual port a login prompt in plain text will do.
func recogniseTelnet(p *classify.Probe) classify.Outcome {
	own := p.HasPort(23)
	commands := 0
	for _, s := range [...]classify.Side{p.From, p.From.Other()} {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		n, sound := telnetCommands(b)
		switch {
		case !sound, n == 0 && b[0] != telnetIAC && !(own && classify.IsText(b[:min(len(b), 512)])):
			return classify.Never
		case len(b) > 1 && b[1] == telnetDont && !own:
			// On other ports ff fe is rather the byte order mark of UTF-16 than
			// a conversation that begins with DON'T.
			return classify.Never
		case own && telnetPrompt(b):
			return classify.Match
		}
		commands += n
	}
	switch {
	case commands >= 2:
		return classify.Match
	case len(p.Stream(p.From)) > 512:
		return classify.Never
	}
	return classify.NeedMore
}

// Codes of commands (RFC 854, "Command structure").
const (
	telnetSE   = 0xf0
	telnetSB   = 0xfa
	telnetWill = 0xfb
	telnetDont = 0xfe
	telnetIAC  = 0xff
)

// telnetCommands counts the commands at the beginning of a stream that are
// whole. It is not sound where one is none: WILL, WON'T, DO, DON'T and the
// number of an option, or a subnegotiation up to IAC SE.
func telnetCommands(b []byte) (n int, sound bool) {
	for n < 4 && len(b) > 0 && b[0] == telnetIAC {
		switch {
		case len(b) < 3:
			return n, len(b) == 1 || b[1] >= telnetSB && b[1] <= telnetDont
		case b[1] >= telnetWill && b[1] <= telnetDont && telnetOption(b[2]):
			b = b[3:]
		case b[1] == telnetSB && telnetOption(b[2]):
			i := 3
			for i+1 < len(b) && !(b[i] == telnetIAC && b[i+1] == telnetSE) {
				i++
			}
			if i+1 >= len(b) || i > 256 {
				return n, i <= 256
			}
			b = b[i+2:]
		default:
			return n, false
		}
		n++
	}
	return n, true
}

// telnetOption accepts the options assigned (IANA, Telnet Options).
func telnetOption(c byte) bool { return c <= 49 || c >= 138 && c <= 140 || c == 255 }

// telnetPrompt accepts text that asks for a name or password.
func telnetPrompt(b []byte) bool {
	b = b[:min(len(b), 512)]
	return classify.IsText(b) && (match.ContainsFold(b, "LOGIN:") || match.ContainsFold(b, "USERNAME:") || match.ContainsFold(b, "PASSWORD:"))
}
