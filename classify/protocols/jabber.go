package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var jabber = classify.Protocol{
	Name: "Jabber", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{5222, 5269}, NoGuess: true,
	FirstBytes: classify.Bytes("< \t\r\n"),
	Recognise:  recogniseJabber, Speaker: jabberSpeaker, Reference: "RFC 6120, RFC 7395",
}

// recogniseJabber accepts the header of an XML stream (RFC 6120, section 4.2)
// with or without an XML declaration, STARTTLS and SASL in its name space, and
// stanzas (section 8). The name is the domain that the stream is opened to,
// or what the TLS after STARTTLS (section 5) tells.
func recogniseJabber(p *classify.Probe) classify.Outcome {
	out := match.Either(p, jabberStream)
	if out != classify.Match {
		return out
	}
	for _, s := range [...]classify.Side{classify.Client, classify.Server} {
		if name := streamTo(p.Stream(s)); name != "" {
			p.Found.ServerName = name
			break
		}
	}
	if !wentToTLS(p) && len(p.History()) < textPatience {
		p.KeepLooking()
	}
	return classify.Match
}

var jabberMarks = [...][]byte{
	[]byte("http://etherx.jabber.org/streams"), []byte("jabber:client"), []byte("jabber:server"),
	[]byte("jabber:component"), []byte("jabber:iq:"), []byte("urn:ietf:params:xml:ns:xmpp-"), []byte("urn:xmpp:"),
}

// jabberWords may begin a stream, or what is seen of one.
var jabberWords = [...]string{
	"<stream:stream ", "<?xml ", "<iq ", "<message ", "<presence", "<starttls ", "<auth ", "<open ", "<stream:features>", "<proceed ",
}

// jabberStream judges the beginning of a stream.
func jabberStream(b []byte) classify.Outcome {
	b = bytes.TrimLeft(b[:min(len(b), 1024)], " \t\r\n")
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] != '<' || len(b) > 1 && b[1] != '?' && b[1] != '/' && (b[1] < 'a' || b[1] > 'z') {
		return classify.Never
	}
	for _, word := range jabberWords {
		switch match.Prefix(b, word) {
		case classify.NeedMore:
			return classify.NeedMore
		case classify.Match:
			return jabberMarked(b, word)
		}
	}
	return classify.Never
}

// jabberMarked looks for a name of XMPP's in what follows the first word.
func jabberMarked(b []byte, word string) classify.Outcome {
	if word == "<stream:stream " {
		return classify.Match
	}
	for _, mark := range jabberMarks {
		if bytes.Contains(b, mark) {
			return classify.Match
		}
	}
	if word == "<?xml " && bytes.Contains(b, []byte("<stream:stream")) {
		return classify.Match
	}
	if len(b) < 512 {
		return classify.NeedMore
	}
	return classify.Never
}

// streamTo returns the value of the attribute to of a stream's header.
func streamTo(b []byte) string {
	b = b[:min(len(b), 1024)]
	i := bytes.Index(b, []byte("<stream:stream"))
	if i < 0 {
		if i = bytes.Index(b, []byte("<open ")); i < 0 {
			return ""
		}
	}
	b = b[i:]
	if end := bytes.IndexByte(b, '>'); end >= 0 {
		b = b[:end]
	}
	for _, start := range [...]string{" to='", ` to="`} {
		if i := bytes.Index(b, []byte(start)); i >= 0 {
			value := b[i+len(start):]
			if end := bytes.IndexByte(value, start[len(start)-1]); end > 0 && isDomain(value[:end]) {
				return string(value[:end])
			}
		}
	}
	return ""
}

// jabberSpeaker tells by the stream's header: the server gives the stream its identifier (RFC 6120,
// section 4.7.3).
func jabberSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	_, head, ok := bytes.Cut(b[:min(len(b), 1024)], []byte("<stream:stream"))
	head, _, whole := bytes.Cut(head, []byte(">"))
	switch {
	case !ok || !whole:
		return classify.AnySpeaker
	case bytes.Contains(head, []byte(" id=")):
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
