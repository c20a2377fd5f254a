package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var stomp = classify.Protocol{
	Name: "STOMP", Category: "RPC", Transport: classify.TCP,
	TCPPorts:   []uint16{61613},
	FirstBytes: classify.Range('A', 'U'),
	Recognise:  recogniseSTOMP, Speaker: stompSpeaker, Reference: "STOMP 1.2",
}

// recogniseSTOMP accepts a frame: a command alone on its line, then a header
// that such a command has (STOMP 1.2, "STOMP Frames").
func recogniseSTOMP(p *classify.Probe) classify.Outcome { return match.Either(p, stompFrame) }

func stompFrame(b []byte) classify.Outcome {
	if b[0] < 'A' || b[0] > 'U' {
		return classify.Never
	}
	command, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		if len(b) < 16 {
			return classify.NeedMore
		}
		return classify.Never
	}
	switch string(bytes.TrimSuffix(command, []byte("\r"))) {
	case "CONNECT", "STOMP", "CONNECTED", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK",
		"BEGIN", "COMMIT", "ABORT", "DISCONNECT", "MESSAGE", "RECEIPT", "ERROR":
	default:
		return classify.Never
	}
	name, _, ok := bytes.Cut(rest, []byte(":"))
	if !ok {
		if len(rest) < 32 && classify.IsPrintable(rest) {
			return classify.NeedMore
		}
		return classify.Never
	}
	switch string(name) {
	case "accept-version", "version", "host", "login", "passcode", "heart-beat", "session", "server",
		"destination", "id", "ack", "subscription", "message-id", "transaction", "receipt", "receipt-id",
		"message", "content-type", "content-length", "client-id", "selector":
		return classify.Match
	}
	return classify.Never
}

// stompSpeaker tells by the command (STOMP 1.2).
func stompSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	command, _, whole := bytes.Cut(b, []byte("\n"))
	if !whole {
		return classify.AnySpeaker
	}
	switch string(bytes.TrimSuffix(command, []byte("\r"))) {
	case "CONNECTED", "MESSAGE", "RECEIPT", "ERROR":
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
