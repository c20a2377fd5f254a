package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var rsh = classify.Protocol{
	Name: "RSH", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{514}, NoGuess: true,
	Recognise: recogniseRSH, Reference: "rshd(8), RFC 1282",
}

// recogniseRSH accepts, on the shell's or the login's port and from a reserved port, what rshd reads:
// the port for errors in decimal, the names of both users and the command, each ended by a NUL, the
// port being a reserved one or 0; or for rlogin an empty string, both names and the terminal with its
// speed (RFC 1282).
func recogniseRSH(p *classify.Probe) classify.Outcome {
	if !p.HasPort(514) && !p.HasPort(513) {
		return classify.Never
	}
	login := p.HasPort(513)
	return match.Client(p, func(client, _ []byte) classify.Outcome { return rshRequest(client, login) })
}

func rshRequest(b []byte, login bool) classify.Outcome {
	if len(b) == 0 {
		return classify.NeedMore
	}
	i, port := 0, 0
	for i < len(b) && i < 6 && b[i] >= '0' && b[i] <= '9' {
		port = port*10 + int(b[i]-'0')
		i++
	}
	switch {
	case i == len(b):
		return classify.NeedMore
	case b[i] != 0 || i > 1 && b[0] == '0' || i == 0 && !login || port != 0 && (port < 512 || port > 1023):
		return classify.Never
	}
	fields := bytes.SplitN(b[i+1:], []byte{0}, 4)
	for n, f := range fields {
		if n < 3 && (!classify.IsPrintable(f) || len(f) > 1024 || n < len(fields)-1 && len(f) < 2) {
			return classify.Never
		}
	}
	if len(fields) < 4 {
		return classify.NeedMore
	}
	return classify.Match
}
