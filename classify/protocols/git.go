package protocols

import (
	"bytes"
	"strconv"

	"servmap/classify"
)

var git = classify.Protocol{
	Name: "Git", Category: "Collaborative", Transport: classify.TCP, TCPPorts: []uint16{9418},
	First: classify.Bytes("0"), Recognise: recogniseGit, Reference: "git documentation: gitprotocol-pack",
}

// recogniseGit accepts a request of the git transport: a pkt-line of the
// service's name, a path, and the host after a NUL; or an advertisement of references, a pkt-line
// of an object's name, a space and a reference (gitprotocol-pack, "Git Transport").
func recogniseGit(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
		for i, c := range b[:min(len(b), 4)] {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') || i == 0 && c != '0' {
				return classify.Never
			}
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		n, err := strconv.ParseUint(string(b[:4]), 16, 16)
		if err != nil || n < 16 {
			return classify.Never
		}
		line := b[4:min(len(b), int(n))]
		for _, service := range [...]string{"git-upload-pack /", "git-receive-pack /", "git-upload-archive /"} {
			switch hasPrefix(line, service) {
			case classify.Match:
				p.Found.ServerName = gitHost(line)
				return classify.Match
			case classify.NeedMore:
				return classify.NeedMore
			}
		}
		return gitReference(line)
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

func gitReference(line []byte) classify.Outcome {
	if bytes.HasPrefix(line, []byte("version 1\n")) || bytes.HasPrefix(line, []byte("version 2\n")) {
		return classify.Match
	}
	for _, c := range line[:min(len(line), 40)] {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return classify.Never
		}
	}
	if len(line) < 46 {
		return classify.NeedMore
	}
	if line[40] == ' ' && (bytes.HasPrefix(line[41:], []byte("HEAD")) || bytes.HasPrefix(line[41:], []byte("refs/"))) {
		return classify.Match
	}
	return classify.Never
}
