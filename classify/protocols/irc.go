package protocols

import (
	"bytes"
	"strings"

	"servmap/classify"
	"servmap/classify/match"
)

var irc = classify.Protocol{
	Name: "IRC", Category: "Chat", Transport: classify.TCP, TCPPorts: []uint16{194}, UDPPorts: []uint16{194}, AlsoPorts: []uint16{6667},
	FirstBytes: classify.Bytes(":@CEIJKMNPTUWceijkmnptuw"),
	Midstream:  true,
	Recognise:  recogniseIRC, Reference: "RFC 2812, IRCv3",
}

// recogniseIRC accepts a server's message with prefix and a numeric or NOTICE (RFC 2812, section 2.3.1
// and 5), and a client that registers: NICK and USER, CAP, or PASS before them (section 3.1). One side
// may be enough, or a little of both; on the usual ports one line is enough.
func recogniseIRC(p *classify.Probe) classify.Outcome {
	const enough = 2
	out, total := classify.Never, 0
	if match.BehindGap(p) {
		return classify.NeedMore
	}
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		points, verdict := ircLines(b)
		if verdict == classify.Never && p.Midstream(s) { // the end of a line
			if _, rest, whole := match.Line(b); whole && len(rest) > 0 {
				points, verdict = ircLines(rest)
			}
		}
		if verdict == classify.Never {
			continue
		}
		total += points
		if points > 0 && b[0] == ':' {
			p.ClientIs(s.Other())
		} else if points > 0 && match.HasPrefixFold(b, "NICK ") || match.HasPrefixFold(b, "CAP ") || match.HasPrefixFold(b, "USER ") {
			p.ClientIs(s)
		}
		out = max(out, verdict)
	}
	if total >= enough || total > 0 && ircPort(p) {
		return classify.Match
	}
	return out
}

// ircText is classify.IsText with the marks of client-to-client messages and of bold,
// coloured and the like (IRC formatting; CTCP, section 2).
func ircText(line []byte) bool {
	if classify.IsText(line) {
		return true
	}
	const marks = "\x01\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f\t\r"
	for _, c := range line {
		if c < ' ' && strings.IndexByte(marks, c) < 0 || c == 0x7f {
			return false
		}
	}
	return true
}

// ircPort reports whether a side uses port 194 or 6660 to 6669, on which servers listen by custom.
func ircPort(p *classify.Probe) bool {
	for _, port := range p.Ports {
		if port == 194 || port >= 6660 && port <= 6669 {
			return true
		}
	}
	return false
}

// ircLines adds up what the first lines say, NeedMore where there may be others.
func ircLines(b []byte) (points int, out classify.Outcome) {
	for n := 0; n < 8 && len(b) > 0; n++ {
		message, tagged := ircTags(b)
		if tagged != classify.Match {
			return points, tagged
		}
		line, rest, whole := match.Line(message)
		score, verdict := ircLine(line, whole)
		switch {
		case verdict == classify.Never || !ircText(line) || len(line) > match.MaxLine:
			return points, classify.Never
		case !whole:
			return points, classify.NeedMore
		}
		points += score
		if points >= 2 {
			return points, classify.NeedMore
		}
		b = rest
	}
	return points, classify.NeedMore
}

// ircTags returns what follows the tags of a message, which begin with @ and
// are at most 8191 bytes long (IRCv3, message tags, "Size limit").
func ircTags(b []byte) ([]byte, classify.Outcome) {
	if b[0] != '@' {
		return b, classify.Match
	}
	const most = 8191
	end := bytes.IndexByte(b[:min(len(b), most)], ' ')
	tags := b[1:min(len(b), most)]
	if end >= 0 {
		tags = b[1:end]
	}
	switch {
	case !classify.IsText(tags) || bytes.IndexByte(tags, '\n') >= 0, end >= 0 && len(tags) == 0, len(tags) > 64 && bytes.IndexByte(tags, '=') < 0:
		return nil, classify.Never
	case end < 0 && len(b) < most, end >= 0 && end+1 == len(b):
		return nil, classify.NeedMore
	case end < 0:
		return nil, classify.Never
	}
	return b[end+1:], classify.Match
}

// ircStrong are worth two points: nothing else begins so. ircWeak are also
// other protocols' or people's words. ircNeutral are too common to count.
var (
	ircStrong = []string{"NOTICE AUTH :", "CAP LS 302", "CAP REQ :", "ERROR :CLOSING LINK"}
	ircWeak   = []string{"NICK ", "PASS ", "CAP LS", "CAP END", "JOIN #", "JOIN &", "PONG ", "PING :", "MODE #", "WHO #",
		"PART #", "TOPIC #", "NAMES #", "WHOIS ", "ISON ", "USERHOST ", "ERROR :", "NOTICE #", "KICK #"}
	ircNeutral = []string{"LIST", "QUIT", "AWAY", "LUSERS", "MOTD", "VERSION", "ADMIN", "TIME", "NAMES", "WHO ", "MODE ", "PING ",
		"INVITE ", "AUTHENTICATE ", "OPER ", "WHOWAS ", "LINKS", "INFO", "STATS", "TOPIC ", "JOIN "}
)

func ircLine(line []byte, whole bool) (points int, out classify.Outcome) {
	if len(line) == 0 {
		return 0, classify.Never
	}
	if line[0] == ':' {
		return ircPrefixed(line[1:], whole)
	}
	if match.HasPrefixFold(line, "USER ") {
		if !whole {
			return 0, classify.NeedMore
		}
		// USER name mode unused :real name (RFC 2812, section 3.1.3)
		if f := bytes.SplitN(line, []byte(" "), 5); len(f) == 5 && len(f[1]) > 0 && len(f[4]) > 0 {
			return 1, classify.Match
		}
		// With fewer parameters a server only complains: ERR_NEEDMOREPARAMS.
		return 0, classify.Match
	}
	if match.HasPrefixFold(line, "PRIVMSG ") { // target and text (RFC 2812, section 3.3.1)
		target, _, ok := bytes.Cut(line[len("PRIVMSG "):], []byte(" :"))
		switch {
		case ok && len(target) > 0 && bytes.IndexByte(target, ' ') < 0:
			return 2, classify.Match
		case whole:
			return 0, classify.Never
		}
		return 0, classify.NeedMore
	}
	if match.AnyPrefixFold(line, ircStrong) == classify.Match {
		return 2, classify.Match
	}
	switch out := match.AnyPrefixFold(line, ircWeak); {
	case out == classify.Match && len(line) > 5:
		return 1, classify.Match
	case out != classify.Never || !whole && (match.MaybePrefixFold(line, "USER ") || match.MaybePrefixFold(line, "PRIVMSG ")), !whole && match.AnyPrefixFold(line, ircStrong) == classify.NeedMore:
		return 0, classify.NeedMore
	}
	if out := match.AnyPrefixFold(line, ircNeutral); out == classify.Match || !whole && out == classify.NeedMore {
		return 0, out
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
	case ircUser(name) && match.AnyPrefixFold(rest, ircRelayed) == classify.Match:
		return 2, classify.Match
	case match.HasPrefixFold(rest, "NOTICE ") && bytes.Contains(rest, []byte(" :")), match.HasPrefixFold(rest, "PRIVMSG #"),
		match.HasPrefixFold(rest, "CAP ") && ircCapability(rest):
		return 2, classify.Match
	case match.HasPrefixFold(rest, "PONG ") && bytes.IndexByte(name, '.') > 0:
		return 2, classify.Match
	case len(rest) > 4 && matchForm(rest, "000 ") == classify.Match:
		return 1, classify.Match
	case match.HasPrefixFold(rest, "JOIN "), match.HasPrefixFold(rest, "MODE "), match.HasPrefixFold(rest, "PART "), match.HasPrefixFold(rest, "QUIT "):
		return 1, classify.Match
	case len(rest) < 8, !whole && (match.HasPrefixFold(rest, "NOTICE ") || match.HasPrefixFold(rest, "CAP ")):
		return 0, classify.NeedMore
	}
	return 0, classify.Never
}

// ircCapability accepts a server's CAP message by its subcommand (IRCv3, capability negotiation).
func ircCapability(line []byte) bool {
	_, rest, _ := bytes.Cut(line, []byte(" ")) // behind CAP
	_, rest, _ = bytes.Cut(rest, []byte(" "))  // behind the client's name
	command, _, _ := bytes.Cut(bytes.TrimRight(rest, "\r"), []byte(" "))
	switch string(command) {
	case "LS", "ACK", "NAK", "LIST", "NEW", "DEL":
		return true
	}
	return false
}

// ircRelayed is what servers pass on from users.
var ircRelayed = []string{"PRIVMSG ", "NOTICE ", "JOIN ", "PART ", "QUIT :", "MODE ", "NICK ", "TOPIC ", "KICK ", "AWAY", "INVITE ", "TAGMSG ", "ACCOUNT ", "CHGHOST ", "SETNAME :"}

// ircUser accepts the form nick!user@host of a prefix (RFC 2812, section 2.3.1).
func ircUser(name []byte) bool {
	nick, rest, ok := bytes.Cut(name, []byte("!"))
	user, host, at := bytes.Cut(rest, []byte("@"))
	return ok && at && len(nick) > 0 && len(user) > 0 && len(host) > 0
}
