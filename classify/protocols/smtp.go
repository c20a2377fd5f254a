package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var smtp = classify.Protocol{
	Name: "SMTP", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{25, 587},
	FirstBytes: classify.Range('1', '5').Or(classify.Bytes("EHLMRehlmr.\r\n")), // an empty line, or one with a dot, says nothing yet
	Recognise:  recogniseSMTP, Reference: "RFC 5321, RFC 2033, RFC 3207",
}

// recogniseSMTP accepts a client's EHLO, HELO or LHLO with a domain, MAIL FROM or
// RCPT TO (RFC 5321, section 4.1.1; RFC 2033, section 4.1), and a server's greeting that names
// the protocol, lists its extensions, or comes from its port (sections 4.2
// and 4.3.1). After STARTTLS (RFC 3207) the label is SMTPS.
func recogniseSMTP(p *classify.Probe) classify.Outcome {
	own := p.HasPort(25) || p.HasPort(587) || p.HasPort(2525) || p.HasPort(24)
	server := classify.Server
	out := match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] >= '0' && b[0] <= '9' {
			server = s
			return smtpServer(b, own)
		}
		server = s.Other()
		if own && b[0] == '.' && len(bytes.Trim(b, ".\r\n")) == 0 {
			return classify.NeedMore // the end of a message that nobody began: the greeting decides
		}
		return smtpClient(b)
	})
	if out != classify.Match {
		return out
	}
	p.ClientIs(server.Other())
	greeting, _, _ := match.Line(p.Stream(server))
	p.Found.ServerName = greetingName(greeting)
	if wentToTLS(p) {
		p.Found.Master = "SMTPS"
	} else if len(p.History()) < textPatience && !bytes.Contains(p.Stream(server.Other()), []byte("\nMAIL ")) {
		p.KeepLooking()
	}
	return classify.Match
}

var smtpCommands = []string{"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:"}

// smtpClient judges what the client sends first. "HELO" and a domain are also
// what no other protocol begins with.
func smtpClient(b []byte) classify.Outcome {
	line, _, whole := match.Line(b)
	out := match.AnyPrefixFold(line, smtpCommands)
	if out != classify.Match {
		return out
	}
	argument := line[5:]
	switch {
	case !classify.IsText(line) || len(line) > match.MaxLine:
		return classify.Never
	case !whole:
		return classify.NeedMore
	case len(argument) == 0 || bytes.ContainsAny(argument, "\t\""):
		return classify.Never
	}
	return classify.Match
}

var (
	smtpWords      = []string{"SMTP", "LMTP", "MAIL SERV"}
	smtpExtensions = []string{"SIZE", "PIPELINING", "8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "SMTPUTF8", "AUTH "}
)

// smtpServer judges the server's greeting and what follows it.
func smtpServer(b []byte, own bool) classify.Outcome {
	code, out := match.ReplyCode(b)
	if out != classify.Match {
		return out
	}
	if code != 220 && code != 421 && code != 554 && code != 250 {
		return classify.Never
	}
	for n := 0; n < 16 && len(b) > 0; n++ {
		line, rest, whole := match.Line(b)
		switch {
		case !classify.IsText(line) || len(line) > match.MaxLine || match.ContainsFold(line, "FTP"):
			return classify.Never
		case !whole:
			return classify.NeedMore
		}
		if _, out := match.ReplyCode(line); len(line) > 3 && out == classify.Never {
			return classify.Never
		}
		for _, w := range smtpWords {
			if n == 0 && match.ContainsFold(line, w) {
				return classify.Match
			}
		}
		if len(line) > 4 && bytes.HasPrefix(line, []byte("250")) && match.AnyPrefixFold(line[4:], smtpExtensions) == classify.Match {
			return classify.Match
		}
		if own && code != 250 && match.EndsInCRLF(b, line) {
			return classify.Match
		}
		b = rest
	}
	return classify.NeedMore
}

// greetingName returns the domain that a greeting begins with (RFC 5321,
// section 4.2).
func greetingName(line []byte) string {
	if len(line) < 5 || line[0] != '2' {
		return ""
	}
	name, _, _ := bytes.Cut(line[4:], []byte(" "))
	if len(name) > 255 || bytes.IndexByte(name, '.') <= 0 || !isDomain(name) {
		return ""
	}
	return string(name)
}

// isDomain reports whether b has letters, digits, dots, hyphens and
// underscores only.
func isDomain(b []byte) bool {
	for _, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
