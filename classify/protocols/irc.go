package protocols

import (
	"bytes"

	"servmap/classify"
)

var irc = classify.Protocol{
	Name: "IRC", Category: "Chat", Transport: classify.TCP, TCPPorts: []uint16{194}, UDPPorts: []uint16{194}, AlsoPorts: []uint16{6667},
	First:     classify.Bytes(":CEIJMNPTUWceijmnptuw"),
	Recognise: recogniseIRC, Reference: "RFC 2812, IRCv3",
}

// recogniseIRC accepts a server's message with prefix and a numeric or NOTICE
// (RFC 2812, section 2.3.1 and 5), and a client that registers: NICK and USER,
// CAP, or PASS before them (section 3.1).
func recogniseIRC(p *classify.Probe) classify.Outcome {
	return judgeSides(p, func(s classify.Side, b []byte) classify.Outcome {
		out := ircLines(b)
		if out == classify.Match {
			server := b[0] == ':'
			if server == (s == classify.Server) {
				p.ClientIs(classify.Client)
			} else if server {
				p.ClientIs(classify.Server)
			}
		}
		return out
	})
}

// ircLines adds up what the first lines say; two that agree are enough.
func ircLines(b []byte) classify.Outcome {
	points := 0
	for n := 0; n < 8 && len(b) > 0; n++ {
		line, rest, whole := cutLine(b)
		score, out := ircLine(line, whole)
		switch {
		case out == classify.Never || !isText(line) || len(line) > maxTextLine:
			return classify.Never
		case !whole:
			return classify.NeedMore
		}
		if points += score; points >= 2 {
			return classify.Match
		}
		b = rest
	}
	return classify.NeedMore
}

// ircStrong are worth two points: nothing else begins so. ircWeak are also
// other protocols' or people's words.
var (
	ircStrong = []string{"NOTICE AUTH :", "CAP LS 302", "CAP REQ :", "ERROR :CLOSING LINK"}
	ircWeak   = []string{"NICK ", "PASS ", "CAP LS", "CAP END", "JOIN #", "JOIN &", "PONG ", "PING :", "MODE #", "WHO #",
		"PART #", "TOPIC #", "NAMES #", "WHOIS ", "ISON ", "USERHOST "}
)

func ircLine(line []byte, whole bool) (points int, out classify.Outcome) {
	if len(line) == 0 {
		return 0, classify.Never
	}
	if line[0] == ':' {
		return ircPrefixed(line[1:], whole)
	}
	if hasFoldPrefix(line, "USER ") {
		if !whole {
			return 0, classify.NeedMore
		}
		// USER name mode unused :real name (RFC 2812, section 3.1.3)
		if f := bytes.SplitN(line, []byte(" "), 5); len(f) == 5 && len(f[1]) > 0 && len(f[4]) > 0 {
			return 1, classify.Match
		}
		return 0, classify.Never
	}
	if hasFoldPrefix(line, "PRIVMSG ") { // target and text (RFC 2812, section 3.3.1)
		target, _, ok := bytes.Cut(line[len("PRIVMSG "):], []byte(" :"))
		switch {
		case ok && len(target) > 0 && bytes.IndexByte(target, ' ') < 0:
			return 2, classify.Match
		case whole:
			return 0, classify.Never
		}
		return 0, classify.NeedMore
	}
	if anyFoldPrefix(line, ircStrong) == classify.Match {
		return 2, classify.Match
	}
	switch out := anyFoldPrefix(line, ircWeak); {
	case out == classify.Match && len(line) > 5:
		return 1, classify.Match
	case out != classify.Never || !whole && (maybeFoldPrefix(line, "USER ") || maybeFoldPrefix(line, "PRIVMSG ")), !whole && anyFoldPrefix(line, ircStrong) == classify.NeedMore:
		return 0, classify.NeedMore
	}
	return 0, classify.Never
}

// ircPrefixed judges what follows the colon: a server's or user's name, then
// a numeric of three digits or a word.
func ircPrefixed(line []byte, whole bool) (points int, out classify.Outcome) {
	name, rest, ok := bytes.Cut(line, []byte(" "))
	switch {
	case !ok && len(name) < 128:
		return 0, classify.NeedMore
	case !ok || len(name) < 3:
		return 0, classify.Never
	case ircUser(name) && anyFoldPrefix(rest, ircRelayed) == classify.Match:
		return 2, classify.Match
	case hasFoldPrefix(rest, "NOTICE ") && bytes.Contains(rest, []byte(" :")), hasFoldPrefix(rest, "PRIVMSG #"),
		hasFoldPrefix(rest, "CAP ") && bytes.Contains(rest, []byte(" LS")):
		return 2, classify.Match
	case len(rest) > 4 && matchForm(rest, "000 ") == classify.Match:
		return 1, classify.Match
	case hasFoldPrefix(rest, "JOIN "), hasFoldPrefix(rest, "MODE "), hasFoldPrefix(rest, "PART "), hasFoldPrefix(rest, "QUIT "):
		return 1, classify.Match
	case len(rest) < 8, !whole && (hasFoldPrefix(rest, "NOTICE ") || hasFoldPrefix(rest, "CAP ")):
		return 0, classify.NeedMore
	}
	return 0, classify.Never
}

// ircRelayed is what servers pass on from users.
var ircRelayed = []string{"PRIVMSG ", "NOTICE ", "JOIN ", "PART ", "QUIT :", "MODE ", "NICK ", "TOPIC ", "KICK ", "AWAY"}

// ircUser tells the form nick!user@host of a prefix (RFC 2812, section 2.3.1).
func ircUser(name []byte) bool {
	nick, rest, ok := bytes.Cut(name, []byte("!"))
	user, host, at := bytes.Cut(rest, []byte("@"))
	return ok && at && len(nick) > 0 && len(user) > 0 && len(host) > 0
}
