package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var imap = classify.Protocol{
	Name: "IMAP", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{143},
	FirstBytes: classify.Bytes("*.").Or(classify.Range('0', '9')).Or(classify.Range('A', 'Z')).Or(classify.Range('a', 'z')), // a greeting, or a command's tag
	Midstream:  true,
	Recognise:  recogniseIMAP, Reference: "RFC 9051, RFC 3501, RFC 2595",
}

// recogniseIMAP accepts a greeting "* OK", "* PREAUTH" or "* BYE" (RFC 9051,
// section 7.1), a tagged command (section 6) or a tagged answer with what the server can do.
// After STARTTLS (section 6.2.1) the label is IMAPS. In the middle of a connection on its port a later line
// is enough, as bodies of mails go over it as well.
func recogniseIMAP(p *classify.Probe) classify.Outcome {
	own := p.HasPort(143)
	server := classify.Server
	out := match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] == '*' {
			server = s
			return imapServer(b, own)
		}
		server = s.Other()
		return imapClient(b, own)
	})
	if out != classify.Match {
		if own && p.Midstream(p.From) {
			return max(out, imapMiddle(p))
		}
		return out
	}
	p.ClientIs(server.Other())
	if wentToTLS(p) {
		p.Found.Master = "IMAPS"
	} else if len(p.History()) < textPatience && !match.ContainsFold(p.Stream(server.Other()), " SELECT ") {
		p.KeepLooking()
	}
	return classify.Match
}

// imapMiddle accepts a payload that begins with what a server says unasked (section 7), with a tagged answer,
// or with a tagged command.
func imapMiddle(p *classify.Probe) classify.Outcome {
	b := p.Payload
	line, _, whole := match.Line(b)
	switch {
	case whole && imapUntagged(line):
		p.ClientIs(p.From.Other())
		return classify.Match
	case whole && imapClient(b, true) == classify.Match:
		p.ClientIs(p.From)
		return classify.Match
	case len(p.History()) < textPatience:
		return classify.NeedMore
	}
	return classify.Never
}

// imapUntagged accepts a star, a message's number and what became of it, or the answer to a search, a list
// or the like (section 7).
func imapUntagged(line []byte) bool {
	if len(line) < 8 || line[0] != '*' || line[1] != ' ' || !classify.IsText(line) {
		return false
	}
	for _, word := range [...]string{"SEARCH ", "LIST (", "LSUB (", "STATUS ", "FLAGS (", "NAMESPACE (", "CAPABILITY IMAP4", "BYE ", "ID (", "OK [", "ESEARCH ("} {
		if match.HasPrefixFold(line[2:], word) {
			return true
		}
	}
	_, n := match.Digits(line[2:], 10, " ")
	if n <= 0 {
		return false
	}
	for _, word := range [...]string{"FETCH (", "EXISTS", "RECENT", "EXPUNGE"} {
		if match.HasPrefixFold(line[2+n:], word) {
			return true
		}
	}
	return false
}

var imapGreetings = []string{"* OK ", "* PREAUTH ", "* BYE ", "* CAPABILITY IMAP4", "* LIST (", "* FLAGS ("}

func imapServer(b []byte, own bool) classify.Outcome {
	line, _, whole := match.Line(b)
	if out := match.AnyPrefixFold(line, imapGreetings); out != classify.Match {
		return out
	}
	switch {
	case !classify.IsText(line) || len(line) > match.MaxLine:
		return classify.Never
	case !whole:
		return classify.NeedMore
	case own && match.EndsInCRLF(b, line), match.ContainsFold(line, "IMAP"), match.ContainsFold(line, "[CAPABILITY"):
		return classify.Match
	}
	return classify.NeedMore
}

var imapCommands = []string{
	"CAPABILITY\r\n", "STARTTLS\r\n", "LOGIN ", "AUTHENTICATE ", "NAMESPACE\r\n", "LOGOUT\r\n", "SELECT ", "EXAMINE ", "ID (", "ID NIL",
	"LIST \"", "LSUB \"", "UID FETCH ", "UID SEARCH ", "FETCH ", "STATUS ", "IDLE\r\n", "ENABLE ", "NOOP\r\n", "COMPRESS DEFLATE",
}

// smtpCode reports whether b begins with the code of a reply of mail's other
// protocols, after which STARTTLS is what a server can do.
func smtpCode(b []byte) bool { _, out := match.ReplyCode(b); return out == classify.Match }

// imapOnly are commands that count even where the tag before them has no digit.
var imapOnly = []string{"CAPABILITY\r\n", "STARTTLS\r\n", "AUTHENTICATE ", "NAMESPACE\r\n", "ID NIL", "LIST \"", "LSUB \"", "UID FETCH ", "UID SEARCH ", "COMPRESS DEFLATE\r\n"}

// imapClient judges the first command: a tag of letters and digits, a space, and a command. A
// tag without a digit, "a" or ".", could be a word of text, so off the port the command must be
// one that text does not have.
func imapClient(b []byte, own bool) classify.Outcome {
	i := 0
	for i < len(b) && i <= 16 && (b[i] >= '0' && b[i] <= '9' || b[i] >= 'a' && b[i] <= 'z' || b[i] >= 'A' && b[i] <= 'Z' || b[i] == '.') {
		i++
	}
	switch {
	case i == 0 || i > 16:
		return classify.Never
	case i == len(b):
		return classify.NeedMore
	case b[i] != ' ' || i == 3 && smtpCode(b):
		return classify.Never
	}
	commands := imapCommands
	if !own && !bytes.ContainsAny(b[:i], "0123456789") {
		if commands = imapOnly; i > 4 {
			return classify.Never
		}
	}
	line, _, whole := match.Line(b[i+1:])
	switch out := match.AnyPrefixFold(b[i+1:], commands); {
	case out == classify.Never || !classify.IsText(line):
		return classify.Never
	case out == classify.Match && whole:
		return classify.Match
	}
	return classify.NeedMore
}
