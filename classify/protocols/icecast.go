package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// icecast is streaming of audio by Icecast and SHOUTcast. Listeners use HTTP, and the recogniser of
// HTTP finds them. The rest is here.
var icecast = classify.Protocol{
	Name:      "IceCast",
	Category:  "Media",
	Transport: classify.TCP,
	Reference: "Icecast 2 documentation; SHOUTcast 1 (ICY) responses and sources",

	FirstBytes: classify.Range(0x21, 0x7e), // any may begin a password
	Recognise:  recogniseIceCast,
}

// recogniseIceCast accepts a source's request, "SOURCE /mount ICE/1.0" or with
// HTTP's version, and SHOUTcast's status line, "ICY 200 OK". A source of SHOUTcast
// sends its password in a line, which is answered with "OK2", and then its fields.
func recogniseIceCast(p *classify.Probe) classify.Outcome {
	if out := shoutcastSource(p); out != classify.Never {
		return out
	}
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != 'S' && b[0] != 'I' {
		return classify.Never
	}
	if b[0] == 'I' {
		p.ClientIs(p.From.Other())
		return match.Prefix(b, "ICY 200 OK\r\n")
	}
	const method = "SOURCE "
	if match.Prefix(b, method) == classify.Never {
		return classify.Never
	}
	more := false
	for _, version := range [...]string{"ICE/1.", httpVersion} {
		h, state := wire.ParseHTTPHead(b, version)
		more = more || state == wire.HTTPPartial
		if state == wire.HTTPYes && h.Target[0] == '/' {
			p.ClientIs(p.From)
			if t := h.Field("Content-Type"); t != nil {
				p.Found.ContentType = string(t)
			}
			return classify.Match
		}
	}
	if more {
		return classify.NeedMore
	}
	return classify.Never
}

// shoutcastSource judges password, answer and fields of a source; a password alone is a possible
// beginning.
func shoutcastSource(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 {
		return classify.Never
	}
	switch b[0] {
	case 'O':
		if out := match.Prefix(b, "OK2\r\nicy-caps:"); out != classify.Never {
			p.ClientIs(p.From.Other())
			return out
		}
	case 'i':
		if out := match.Prefix(b, "icy-name:"); out != classify.Never {
			p.ClientIs(p.From)
			return out
		}
	}
	const longest = 64
	line, rest, whole := match.Line(b)
	if b[0] <= ' ' || b[0] > '~' || bytes.IndexByte(line, ' ') >= 0 {
		return classify.Never
	}
	if whole && classify.IsPrintable(line) && match.HasPrefixFold(rest, "ICY-NAME:") {
		p.ClientIs(p.From)
		return classify.Match
	}
	if len(p.Stream(p.From.Other())) == 0 && len(line) <= longest && match.MaybePrefixFold(rest, "ICY-NAME:") && classify.IsPrintable(bytes.TrimRight(line, "\r")) &&
		(whole || len(p.History()) <= longest) {
		return classify.NeedMore
	}
	return classify.Never
}
