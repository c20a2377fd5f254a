package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var nats = classify.Protocol{
	Name: "Nats", Category: "RPC", Transport: classify.TCP, TCPPorts: []uint16{4222}, NoGuess: true,
	FirstBytes: classify.Bytes("ICPMSH"),
	Recognise:  recogniseNats, Speaker: natsSpeaker, Reference: "NATS client protocol",
}

// recogniseNats accepts the server's INFO and the client's CONNECT, each with
// an object that has one of the fields that belong there, and on port 4222
// subscriptions and messages of a connection already open.
func recogniseNats(p *classify.Probe) classify.Outcome {
	usual := p.HasPort(4222)
	return match.Either(p, func(b []byte) classify.Outcome {
		switch b[0] {
		case 'I':
			return natsObject(b, `INFO {`, `"server_id"`, `"version"`)
		case 'C':
			return natsObject(b, `CONNECT {`, `"verbose"`, `"pedantic"`)
		}
		if usual {
			return natsLine(b)
		}
		return classify.Never
	})
}

// natsObject checks for a word and for one of two fields behind it.
func natsObject(b []byte, word, field, other string) classify.Outcome {
	if o := match.Prefix(b, word); o != classify.Match {
		return o
	}
	head := b[:min(len(b), 2048)]
	if bytes.Contains(head, []byte(field)) || bytes.Contains(head, []byte(other)) {
		return classify.Match
	}
	if len(b) < 2048 && bytes.IndexByte(b, '\n') < 0 {
		return classify.NeedMore
	}
	return classify.Never
}

// natsLine checks a line of a connection already open: a word and the number
// of fields that it takes, the last a number.
func natsLine(b []byte) classify.Outcome {
	switch b[0] {
	case 'P', 'M', 'S', 'H':
	default:
		return classify.Never
	}
	line, _, ok := bytes.Cut(b, []byte("\r\n"))
	if !ok {
		if len(b) < 256 && classify.IsPrintable(bytes.TrimSuffix(b, []byte("\r"))) {
			return classify.NeedMore
		}
		return classify.Never
	}
	if word := string(line); word == "PING" || word == "PONG" { // all that a quiet connection carries
		return classify.Match
	}
	fields := bytes.Fields(line)
	if len(fields) < 3 || len(fields) > 6 || !classify.IsPrintable(line) {
		return classify.Never
	}
	last := fields[len(fields)-1]
	if len(bytes.Trim(last, "0123456789")) > 0 || len(last) > 8 {
		return classify.Never
	}
	switch string(fields[0]) {
	case "PUB", "HPUB", "SUB", "MSG", "HMSG":
		return classify.Match
	}
	return classify.Never
}

// natsSpeaker tells by the verb.
func natsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case match.AnyPrefixFold(b, []string{"INFO ", "MSG ", "HMSG ", "+OK", "-ERR"}) == classify.Match:
		return classify.ServerSpeaks
	case match.AnyPrefixFold(b, []string{"CONNECT ", "PUB ", "HPUB ", "SUB ", "UNSUB "}) == classify.Match:
		return classify.ClientSpeaks
	}
	return classify.AnySpeaker
}
