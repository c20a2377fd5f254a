package protocols

import "servmap/classify"

var telnet = classify.Protocol{
	Name: "Telnet", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{23},
	Recognise: recogniseTelnet, Reference: "RFC 854, RFC 855",
}

// recogniseTelnet accepts option negotiation: two commands in sequence, or
// one that is all that was sent and answered by another (RFC 854 and 855). On
// the usual port a login prompt in plain text will do.
func recogniseTelnet(p *classify.Probe) classify.Outcome {
	if p.Payload[0] != 0xff && !p.HasPort(23) && p.Count(p.From) == 1 && p.Count(p.From.Other()) == 0 {
		return classify.Never
	}
	commands, never := 0, false
	for _, s := range [...]classify.Side{classify.Client, classify.Server} {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		n, sound := telnetCommands(b)
		// On other ports ff fe is rather the byte order mark of UTF-16 than
		// a conversation that begins with DON'T.
		if len(b) > 1 && b[1] == 0xfe && !p.HasPort(23) {
			sound = false
		}
		if !sound || n == 0 && !(p.HasPort(23) && isText(b)) {
			never = true
		}
		commands += n
	}
	switch {
	case commands >= 2 && !never:
		return classify.Match
	case never:
		return classify.Never
	case p.HasPort(23) && telnetPrompt(p.Payload):
		return classify.Match
	}
	if len(p.History()) > 6 {
		return classify.Never
	}
	return classify.NeedMore
}

// telnetCommands counts the commands at the beginning of a stream. It is not
// sound where a command is none: WILL, WON'T, DO, DON'T and the number of an
// option, or a subnegotiation up to IAC SE.
func telnetCommands(b []byte) (n int, sound bool) {
	for n < 4 && len(b) > 0 && b[0] == 0xff {
		switch {
		case len(b) < 3:
			return n, len(b) == 1 || b[1] >= 0xf0
		case b[1] >= 0xfb && b[1] <= 0xfe && telnetOption(b[2]):
			b = b[3:]
		case b[1] == 0xfa && telnetOption(b[2]):
			i := 3
			for i+1 < len(b) && !(b[i] == 0xff && b[i+1] == 0xf0) {
				i++
			}
			if i > 256 {
				return n, false
			}
			b = b[min(i+2, len(b)):]
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
	return isText(b) && (containsFold(b, "LOGIN:") || containsFold(b, "USERNAME:") || containsFold(b, "PASSWORD:"))
}
