package protocols

import "servmap/classify"

var usenet = classify.Protocol{
	Name: "Usenet", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{119}, NoGuess: true,
	First:     classify.Bytes("2ABCDGHILMNPQTXabcdghilmnpqtx"),
	Recognise: recogniseUsenet, Reference: "RFC 3977, RFC 4643",
}

// recogniseUsenet accepts a greeting 200 or 201 (RFC 3977, section 5.1) that
// speaks of news or posting, and commands that only NNTP has.
func recogniseUsenet(p *classify.Probe) classify.Outcome {
	server := classify.Server
	out := judgeSides(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] == '2' {
			server = s
			return usenetServer(b, p.HasPort(119))
		}
		server = s.Other()
		return usenetClient(b)
	})
	if out == classify.Match {
		p.ClientIs(server.Other())
	}
	return out
}

var usenetWords = []string{"NNTP", "NEWS", "POSTING", "INN "}

func usenetServer(b []byte, own bool) classify.Outcome {
	code, out := replyLine(b)
	if out != classify.Match {
		return out
	}
	line, _, whole := cutLine(b)
	switch {
	case code != 200 && code != 201, !isText(line), len(line) > maxTextLine:
		return classify.Never
	case !whole:
		return classify.NeedMore
	case own && endsInCRLF(b, line):
		return classify.Match
	}
	for _, w := range usenetWords {
		if containsFold(line, w) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

var (
	usenetOnly = []string{
		"MODE READER\r\n", "MODE STREAM\r\n", "CAPABILITIES\r\n", "AUTHINFO USER ", "AUTHINFO SASL ", "XOVER ", "XHDR ", "CHECK <",
		"TAKETHIS <", "IHAVE <", "LIST ACTIVE", "LIST OVERVIEW.FMT", "NEWGROUPS ", "ARTICLE <", "BODY <",
	}
	usenetOthers = []string{"GROUP ", "QUIT\r\n", "DATE\r\n", "HELP\r\n", "POST\r\n"}
)

func usenetClient(b []byte) classify.Outcome {
	for n := 0; n < 6 && len(b) > 0; n++ {
		only := anyFoldPrefix(b, usenetOnly)
		if only == classify.Never && anyFoldPrefix(b, usenetOthers) == classify.Never {
			return classify.Never
		}
		line, rest, whole := cutLine(b)
		switch {
		case !isText(line) || len(line) > maxTextLine:
			return classify.Never
		case only == classify.Match && whole:
			return classify.Match
		}
		b = rest
	}
	return classify.NeedMore
}
