package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var pop3 = classify.Protocol{
	Name: "POP3", Category: "Email", Transport: classify.TCP, TCPPorts: []uint16{110},
	FirstBytes: classify.Bytes("+-ACPQSUacpqsu"),
	Recognise:  recognisePOP3, Reference: "RFC 1939, RFC 2449, RFC 2595",
}

// recognisePOP3 accepts a greeting "+OK" (RFC 1939, section 4) that names the
// protocol, ends in a timestamp in angle brackets (section 7), comes from its port or is
// answered by a command of the protocol, and commands that only it has. After STLS (RFC 2595,
// section 4) the label is POPS.
func recognisePOP3(p *classify.Probe) classify.Outcome {
	server, greeted, asked := classify.Server, false, false
	own := p.HasPort(110)
	out := match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] == '+' || b[0] == '-' {
			server = s
			out := pop3Server(b, own)
			greeted = out == classify.NeedMore && len(b) > 3
			return out
		}
		server = s.Other()
		out := pop3Client(b)
		asked = out == classify.NeedMore && bytes.IndexByte(b, '\n') > 0
		return out
	})
	if out == classify.NeedMore && greeted && asked {
		out = classify.Match
	}
	if out != classify.Match {
		return out
	}
	p.ClientIs(server.Other())
	if wentToTLS(p) {
		p.Found.Master = "POPS"
	} else if len(p.History()) < textPatience && !bytes.Contains(p.Stream(server.Other()), []byte("\nRETR ")) {
		p.KeepLooking()
	}
	return classify.Match
}

var (
	pop3Only   = []string{"CAPA\r\n", "STLS\r\n", "APOP ", "UIDL\r\n"}
	pop3Others = []string{"USER ", "AUTH", "QUIT\r\n", "STAT\r\n", "PASS "}
)

func pop3Client(b []byte) classify.Outcome {
	line, _, whole := match.Line(b)
	if !classify.IsText(line) {
		return classify.Never
	}
	switch only := match.AnyPrefixFold(b, pop3Only); {
	case only == classify.Match && whole:
		return classify.Match
	case only != classify.Never:
		return classify.NeedMore
	}
	if match.AnyPrefixFold(b, pop3Others) == classify.Never {
		return classify.Never
	}
	return classify.NeedMore
}

func pop3Server(b []byte, own bool) classify.Outcome {
	line, _, whole := match.Line(b)
	switch {
	case bytes.HasPrefix(line, []byte("+OK ")):
	case bytes.Equal(line, []byte("+OK")) || len(line) < 4 && bytes.HasPrefix([]byte("+OK "), line):
		return classify.NeedMore
	case own && bytes.HasPrefix(line, []byte("-ERR ")):
	default:
		return classify.Never
	}
	switch {
	case !classify.IsText(line) || len(line) > match.MaxLine:
		return classify.Never
	case !whole:
		return classify.NeedMore
	case own && match.EndsInCRLF(b, line), match.ContainsFold(line, "POP"), match.ContainsFold(line, "READY"),
		line[len(line)-1] == '>' && bytes.IndexByte(line, '@') > 0:
		return classify.Match
	}
	return classify.NeedMore
}
