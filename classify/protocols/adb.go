package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var adb = classify.Protocol{
	Name: "ADB", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{5555, 5037}, NoGuess: true,
	FirstBytes: classify.Bytes("CAOWS0"), Recognise: recogniseADB, Speaker: adbSpeaker, Reference: "Android Open Source Project, adb/protocol.txt and adb/OVERVIEW.TXT",
}

// recogniseADB accepts a message to or from a device: 24 bytes, of which the first four name a command and
// the last four are the same with all bits turned (protocol.txt); or what is asked of the server on a
// desk: four hexadecimal digits of length, then "host:" (OVERVIEW.TXT).
func recogniseADB(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == '0' {
			return adbService(b)
		}
		if out := adbCommand(b); out != classify.Match {
			return out
		}
		const header = 24
		if len(b) < header {
			return classify.NeedMore
		}
		if binary.LittleEndian.Uint32(b) == ^binary.LittleEndian.Uint32(b[20:]) {
			return classify.Match
		}
		return classify.Never
	})
}

// adbCommand compares b with the names of commands.
func adbCommand(b []byte) classify.Outcome {
	out := classify.Never
	for _, name := range [...]string{"CNXN", "AUTH", "OPEN", "OKAY", "CLSE", "WRTE", "SYNC", "STLS"} {
		out = max(out, match.Prefix(b, name))
	}
	return out
}

// adbService checks a request to the server: its length is that of what follows.
func adbService(b []byte) classify.Outcome {
	const digits = 4
	size := 0
	for _, c := range b[:min(len(b), digits)] {
		switch {
		case c >= '0' && c <= '9':
			size = size<<4 | int(c-'0')
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			size = size<<4 | int(c|0x20-'a') + 10
		default:
			return classify.Never
		}
	}
	if len(b) <= digits {
		return classify.NeedMore
	}
	out := max(match.Prefix(b[digits:], "host:"), match.Prefix(b[digits:], "host-"))
	switch {
	case out != classify.Match:
		return out
	case size < 6 || size > 1024 || len(b) > digits+size || !classify.IsPrintable(b[digits:]):
		return classify.Never
	case len(b) < digits+size:
		return classify.NeedMore
	}
	return classify.Match
}

// adbSpeaker tells the client by what only a client asks of a server on a desk.
func adbSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) > 9 && b[0] == '0' {
		return classify.ClientSpeaks
	}
	return classify.AnySpeaker
}
