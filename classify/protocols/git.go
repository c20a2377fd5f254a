package protocols

import (
	"bytes"
	"strconv"

	"servmap/classify"
	"servmap/classify/match"
)

var git = classify.Protocol{
	Name: "Git", Category: "Collaborative", Transport: classify.TCP, TCPPorts: []uint16{9418},
	FirstBytes: classify.Bytes("0"), Recognise: recogniseGit,
	Speaker: gitSpeaker, Reference: "git documentation: gitprotocol-pack",
}

// recogniseGit accepts a request of the git transport: a pkt-line of the
// service's name, a path, and the host after a NUL; an advertisement of references, a pkt-line
// of an object's name, a space and a reference (gitprotocol-pack, "Git Transport"); the protocol's
// version; a refusal; and what a client asks for then (gitprotocol-v2).
func recogniseGit(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		for i, c := range b[:min(len(b), 4)] {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') || i == 0 && c != '0' {
				return classify.Never
			}
		}
		if len(b) < 14 {
			return classify.NeedMore
		}
		n, err := strconv.ParseUint(string(b[:4]), 16, 16)
		if err != nil || n < 14 {
			return classify.Never
		}
		line := b[4:min(len(b), int(n))]
		for _, service := range [...]string{"git-upload-pack /", "git-receive-pack /", "git-upload-archive /"} {
			switch match.Prefix(line, service) {
			case classify.Match:
				p.Found.ServerName = gitHost(line)
				return classify.Match
			case classify.NeedMore:
				return classify.NeedMore
			}
		}
		for _, text := range [...]string{"version 1\n", "version 2\n", "ERR access denied or repository not exported", "command=ls-refs", "command=fetch"} {
			switch match.Prefix(line, text) {
			case classify.Match:
				return classify.Match
			case classify.NeedMore:
				return classify.NeedMore
			}
		}
		if object, ok := bytes.CutPrefix(line, []byte("want ")); ok {
			return gitObject(object, "\n", " ")
		}
		return gitObject(line, " HEAD", " refs/", " capabilities^{}")
	})
}

func gitHost(line []byte) string {
	_, host, ok := bytes.Cut(line, []byte("\x00host="))
	if !ok {
		return ""
	}
	if i := bytes.IndexAny(host, "\x00:"); i >= 0 {
		host = host[:i]
	}
	if !isDomain(host) {
		return ""
	}
	return string(host)
}

// gitObject judges an object's name of 40 or 64 digits with one of the given
// texts behind it.
func gitObject(line []byte, behind ...string) classify.Outcome {
	digits := 0
	for digits < len(line) && digits < 64 && (line[digits] >= '0' && line[digits] <= '9' || line[digits] >= 'a' && line[digits] <= 'f') {
		digits++
	}
	if digits < 40 && digits == len(line) {
		return classify.NeedMore
	}
	if digits != 40 && digits != 64 {
		return classify.Never
	}
	out := classify.Never
	for _, text := range behind {
		out = max(out, match.Prefix(line[digits:], text))
	}
	return out
}

// gitSpeaker tells by the service that is asked for, the commands of version 2 and what is wanted.
func gitSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 4+len("git-receive-") {
		return classify.AnySpeaker
	}
	for _, text := range [...]string{"git-upload-", "git-receive-", "command=", "want "} {
		if match.Prefix(b[4:], text) == classify.Match {
			return classify.ClientSpeaks
		}
	}
	return classify.ServerSpeaks
}
