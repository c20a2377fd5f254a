package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var usenet = classify.Protocol{
	Name: "Usenet", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{119}, NoGuess: true,
	FirstBytes: classify.Bytes("1245ABCDGHILMNOPQSTXabcdghilmnopqstx"),
	Recognise:  recogniseUsenet, Reference: "RFC 3977, RFC 4643",
}

// recogniseUsenet accepts a greeting 200 or 201, or a refusal 400 or 502 (RFC 3977, section 5.1), that
// speaks of news or posting, the replies whose text is fixed, and commands that only NNTP has; on
// its port any of its commands.
func recogniseUsenet(p *classify.Probe) classify.Outcome {
	server := classify.Server
	out := match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] >= '1' && b[0] <= '5' {
			server = s
			return usenetServer(b, p.HasPort(119))
		}
		server = s.Other()
		return usenetClient(b, p.HasPort(119))
	})
	if out == classify.Match {
		p.ClientIs(server.Other())
	}
	return out
}

var usenetWords = []string{"NNTP", "NEWS", "POSTING", "INN "}

// usenetReply accepts the replies to commands that are told from those of other
// protocols by their text: code, number of the article and its identifier (RFC 3977,
// sections 6.1 and 6.2), code and numbers of a group; and the list of
// capabilities with the version that must come first in it (section 5.2).
func usenetReply(code int, line, rest []byte) bool {
	f := bytes.Fields(line[min(len(line), 3):])
	switch code {
	case 101:
		return match.HasPrefixFold(rest, "VERSION 2\r\n")
	case 211:
		return len(f) >= 4 && isNumber(f[0]) && isNumber(f[1]) && isNumber(f[2]) && bytes.IndexByte(f[3], '.') > 0 && f[3][0] >= 'a'
	case 220, 221, 222, 223:
		return len(f) >= 2 && isNumber(f[0]) && len(f[1]) > 2 && f[1][0] == '<' && f[1][len(f[1])-1] == '>' && bytes.IndexByte(f[1], '@') > 0
	}
	return false
}

// isNumber reports whether b is digits alone.
func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

func usenetServer(b []byte, own bool) classify.Outcome {
	code, out := match.ReplyCode(b)
	if out != classify.Match {
		return out
	}
	line, rest, whole := match.Line(b)
	switch {
	case !classify.IsText(line), len(line) > match.MaxLine:
		return classify.Never
	case !whole:
		return classify.NeedMore
	case usenetReply(code, line, rest):
		return classify.Match
	}
	switch code {
	case 101:
		if match.MaybePrefixFold(rest, "VERSION 2\r\n") {
			return classify.NeedMore
		}
		return classify.Never
	case 200, 201:
	case 400, 502:
	default:
		return classify.Never
	}
	if own && match.EndsInCRLF(b, line) {
		return classify.Match
	}
	for _, w := range usenetWords {
		if match.ContainsFold(line, w) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

var (
	usenetOnly = []string{
		"MODE READER\r\n", "MODE STREAM\r\n", "CAPABILITIES\r\n", "AUTHINFO USER ", "AUTHINFO SASL ", "XOVER ", "XHDR ", "CHECK <",
		"TAKETHIS <", "IHAVE <", "LIST ACTIVE", "LIST OVERVIEW.FMT", "LIST NEWSGROUPS", "NEWGROUPS ", "NEWNEWS ", "LISTGROUP ", "XPAT ",
		"ARTICLE <", "BODY <", "HEAD <", "STAT <",
	}
	usenetOthers = []string{"GROUP ", "QUIT\r\n", "DATE\r\n", "HELP\r\n", "POST\r\n", "LIST\r\n", "STARTTLS\r\n"}
	// usenetNumbered take the number of an article, or the range of some.
	usenetNumbered = []string{"ARTICLE ", "BODY ", "HEAD ", "STAT ", "OVER ", "HDR "}
)

// usenetClient judges what the client sends first. Commands that other protocols have too are enough
// on the port of this one where they have an argument.
func usenetClient(b []byte, own bool) classify.Outcome {
	for n := 0; n < 6 && len(b) > 0; n++ {
		only, other := match.AnyPrefixFold(b, usenetOnly), match.AnyPrefixFold(b, usenetOthers)
		if numbered := match.AnyPrefixFold(b, usenetNumbered); other == classify.Never {
			other = numbered
		}
		if only == classify.Never && other == classify.Never {
			return classify.Never
		}
		line, rest, whole := match.Line(b)
		switch {
		case !classify.IsText(line) || len(line) > match.MaxLine:
			return classify.Never
		case only == classify.Match && whole, own && other == classify.Match && whole && bytes.IndexByte(line, ' ') > 0:
			return classify.Match
		}
		b = rest
	}
	return classify.NeedMore
}
