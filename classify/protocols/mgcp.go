package protocols

import (
	"bytes"

	"servmap/classify"
)

// mgcp is the Media Gateway Control Protocol.
var mgcp = classify.Protocol{
	Name:      "MGCP",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{2427, 2727},
	NoGuess:   true,
	Reference: "RFC 3435, section 3.2",

	FirstBytes: classify.Range('0', 'Z'),
	Recognise:  recogniseMGCP,
}

// recogniseMGCP accepts a command line, "RQNT 1 end@gateway MGCP 1.0" (RFC 3435,
// section 3.2.1), and on its ports a response line of code and transaction (3.2.1.3).
func recogniseMGCP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 6 {
		return classify.Never
	}
	if b[4] != ' ' && b[3] != ' ' || b[0] < '0' || b[0] > 'Z' {
		return classify.Never
	}
	line := b[:min(len(b), 300)]
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	if b[0] >= '0' && b[0] <= '9' {
		return mgcpResponse(p, line)
	}
	if bytes.IndexByte(line[min(len(line), 5):], 'M') < 0 {
		return classify.Never
	}
	words := bytes.Fields(line)
	if len(words) < 5 || len(words[0]) != 4 || string(words[3]) != "MGCP" || len(words[4]) < 3 || words[4][1] != '.' {
		return classify.Never
	}
	for _, c := range words[1] {
		if c < '0' || c > '9' {
			return classify.Never
		}
	}
	if _, host, ok := bytes.Cut(words[2], []byte("@")); ok {
		host, _, _ = bytes.Cut(host, []byte(":"))
		p.Found.ServerName = string(bytes.Trim(host, "[]"))
	}
	return classify.Match
}

func mgcpResponse(p *classify.Probe, line []byte) classify.Outcome {
	if !p.HasPort(2427) && !p.HasPort(2727) || line[0] > '9' || len(line) < 5 || line[3] != ' ' {
		return classify.Never
	}
	digits := 0
	for i, c := range line {
		if i == 3 {
			continue
		}
		if c == ' ' && i > 4 {
			break
		}
		if c < '0' || c > '9' {
			return classify.Never
		}
		digits++
	}
	if digits < 4 || digits > 12 {
		return classify.Never
	}
	return classify.Match
}
