package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var resp = classify.Protocol{
	Name:       "RESP",
	Category:   "Database",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{6379},
	FirstBytes: classify.Bytes("*>%|~-+$:").Or(classify.Range('A', 'Z')).Or(classify.Range('a', 'z')), // or a command typed in
	Recognise:  recogniseRESP,
	Plausible:  mayBeRESP,
	Speaker:    respSpeaker,
	Reference:  "Redis serialization protocol specification, RESP2 and RESP3",
}

// recogniseRESP accepts an array or push of bulk strings, the form of every
// command and of many answers; a map, the answer to HELLO; errors that only
// Redis words so; and on its port simple answers and inline commands.
func recogniseRESP(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(6379) || p.HasPort(26379)
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch b[0] {
		case '*', '>', '%', '|', '~':
			if onPort {
				return respTyped(b)
			}
			return respArray(b)
		case '-':
			return respError(b)
		case '+', '$', ':':
			if onPort {
				return respSimple(b)
			}
			if match.Prefix(b, "+PONG\r\n") == classify.Match {
				return classify.Match
			}
			if len(b) < 64 {
				return classify.NeedMore // the other side may tell more
			}
		}
		switch ping := match.Prefix(bytes.ToUpper(b[:min(len(b), 6)]), "PING\r\n"); {
		case onPort:
			return respInline(b)
		case ping == classify.Match:
			return classify.NeedMore // what the answer is will tell
		default:
			return ping
		}
	})
}

// mayBeRESP accepts a line of any type, whatever stands in it: the server will answer with an error.
func mayBeRESP(p *classify.Probe) bool {
	if match.MetMidstream(p) {
		return true
	}
	b := p.History()[0].Data
	return bytes.IndexByte([]byte("*>%|~-+$:"), b[0]) >= 0 && bytes.HasSuffix(b, []byte("\r\n"))
}

// respArray checks "*2\r\n$3\r\n": a count, then an element of known type
// whose length agrees with where its line ends.
func respArray(b []byte) classify.Outcome {
	count, size := match.Digits(b[1:], 7, "\r\n")
	if size < 0 {
		return classify.NeedMore
	}
	if size == 0 || count == 0 {
		return classify.Never
	}
	rest := b[1+size:]
	if len(rest) == 0 {
		return classify.NeedMore
	}
	if rest[0] != '$' {
		// Answers nest: "*2\r\n*6\r\n$3\r\nfoo".
		if rest[0] == '*' {
			if _, n := match.Digits(rest[1:], 7, "\r\n"); n <= 0 {
				return outcomeOfSize(n)
			} else if rest = rest[1+n:]; len(rest) == 0 {
				return classify.NeedMore
			}
		}
		if rest[0] != '$' {
			return classify.Never
		}
	}
	length, n := match.Digits(rest[1:], 9, "\r\n")
	if n <= 0 {
		return outcomeOfSize(n)
	}
	rest = rest[1+n:]
	if len(rest) < length+2 {
		if length > 512 && len(rest) > 512 {
			return classify.Match
		}
		return classify.NeedMore
	}
	if rest[length] == '\r' && rest[length+1] == '\n' {
		return classify.Match
	}
	return classify.Never
}

// outcomeOfSize turns match.Digits' size where there is no number into an answer.
func outcomeOfSize(n int) classify.Outcome {
	if n < 0 {
		return classify.NeedMore
	}
	return classify.Never
}

// respErrors are the beginnings of errors that a client meets before it has
// done anything.
var respErrors = []string{"-NOAUTH ", "-WRONGPASS ", "-DENIED Redis ", "-ERR unknown command ", "-ERR Client sent AUTH", "-ERR invalid password", "-MOVED ", "-LOADING ", "-READONLY ", "-NOPROTO ", "-MASTERDOWN ", "-CLUSTERDOWN "}

func respError(b []byte) classify.Outcome {
	out := classify.Never
	for _, e := range respErrors {
		out = max(out, match.Prefix(b, e))
	}
	return out
}

// respSimple accepts one of the short answers, on Redis' port.
func respSimple(b []byte) classify.Outcome {
	end := bytes.Index(b, []byte("\r\n"))
	if end < 0 {
		if len(b) > 64 || !classify.IsPrintable(bytes.TrimRight(b, "\r")) {
			return classify.Never
		}
		return classify.NeedMore
	}
	line := b[1:end]
	switch {
	case b[0] == '+' && (string(line) == "OK" || string(line) == "PONG" || string(line) == "QUEUED" || bytes.HasPrefix(line, []byte("FULLRESYNC ")) || string(line) == "CONTINUE"),
		b[0] == '$' && string(line) == "-1":
		return classify.Match
	case b[0] == '$':
		length, n := match.Digits(b[1:], 9, "\r\n")
		if n <= 0 {
			return outcomeOfSize(n)
		}
		rest := b[1+n:]
		if len(rest) < length+2 {
			if len(rest) > 512 {
				return classify.Match
			}
			return classify.NeedMore
		}
		if string(rest[length:length+2]) == "\r\n" {
			return classify.Match
		}
	case b[0] == ':':
		if _, n := match.Digits(bytes.TrimPrefix(b[1:], []byte("-")), 18, "\r\n"); n > 0 {
			return classify.Match
		}
	}
	return classify.Never
}

// respTyped checks an array, push, set, map or attributes on Redis' port: a count, and behind
// it a line of any type (RESP3 specification).
func respTyped(b []byte) classify.Outcome {
	if out := respArray(b); out == classify.Match {
		return out
	}
	count, size := match.Digits(b[1:], 7, "\r\n")
	if size <= 0 {
		return outcomeOfSize(size)
	}
	line, _, whole := match.Line(b[1+size:])
	switch {
	case len(line) == 0:
		if count == 0 {
			return classify.Match
		}
		return classify.NeedMore
	case bytes.IndexByte([]byte("$:+-*%~#,_(=>|!"), line[0]) < 0, !classify.IsText(line):
		return classify.Never
	case !whole:
		return classify.NeedMore
	}
	return classify.Match
}

// respInline accepts the commands that people and health checks type. After any other the
// answer will tell.
func respInline(b []byte) classify.Outcome {
	short := false
	for _, c := range [...]string{"PING\r\n", "INFO\r\n", "AUTH ", "SELECT ", "QUIT\r\n", "MONITOR\r\n", "SYNC\r\n", "PSYNC "} {
		n := min(len(b), len(c))
		if bytes.EqualFold(b[:n], []byte(c[:n])) {
			if n == len(c) {
				return classify.Match
			}
			short = true
		}
	}
	line, _, _ := match.Line(b)
	if short || classify.IsText(line) && len(b) < 4096 && (b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z') {
		return classify.NeedMore
	}
	return classify.Never
}

// respSpeaker tells by the type of the first line. Commands are arrays, and many answers are, too.
func respSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch b[0] {
	case '+', '-', ':', '$', '%', '>', '~':
		return classify.ServerSpeaks
	case '*', '|':
		return classify.AnySpeaker
	}
	return classify.ClientSpeaks
}
