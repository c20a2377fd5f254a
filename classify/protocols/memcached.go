package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var memcached = classify.Protocol{
	Name:      "Memcached",
	Category:  "Network",
	Transport: classify.TCP | classify.UDP,
	Ports:     []uint16{11211},
	Recognise: recogniseMemcached,
	Reference: "memcached doc/protocol.txt (text, meta and UDP), memcached binary protocol",
}

// recogniseMemcached accepts the text protocol's commands and answers, the
// binary protocol's requests and responses, and both behind the frame header of
// UDP. Lines that others might send too ("get x", "END") count on Memcached's
// port, and elsewhere where both sides send such.
func recogniseMemcached(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(11211)
	if p.Transport == classify.UDP {
		// Request id, sequence number, number of datagrams, reserved.
		b := p.Payload
		if len(b) < 10 || b[6]|b[7] != 0 || b[4] != 0 || b[5] == 0 || binary.BigEndian.Uint16(b[2:]) >= binary.BigEndian.Uint16(b[4:]) {
			return classify.Never
		}
		out := memcachedMessage(b[8:], onPort)
		if out != classify.NeedMore {
			return out
		}
		// An answer has its request's number.
		for _, d := range p.History() {
			if d.From != p.From && len(d.Data) >= 10 && string(d.Data[:2]) == string(b[:2]) && memcachedAgree(d.Data[8:], b[8:]) {
				p.ClientIs(p.From.Other())
				return classify.Match
			}
		}
		return out
	}
	out := match.Both(p, func(_ classify.Side, b []byte) classify.Outcome { return memcachedMessage(b, onPort) })
	if client, server := p.Stream(classify.Client), p.Stream(classify.Server); out == classify.NeedMore {
		for s, agree := range [2]bool{memcachedAgree(client, server), memcachedAgree(server, client)} {
			if agree {
				p.ClientIs(classify.Side(s))
				return classify.Match
			}
		}
	}
	return out
}

// memcachedAgree reports whether a command in small letters and an answer in
// capitals stand face to face.
func memcachedAgree(command, answer []byte) bool {
	command, _, _ = bytes.Cut(command, []byte("\r\n"))
	answer, _, answered := bytes.Cut(answer, []byte("\r\n"))
	command, _, asked := bytes.Cut(command, []byte(" "))
	if !answered || len(command) == 0 || command[0] < 'a' {
		return false
	}
	if _, known := memcachedCommands[string(command)]; !known {
		return false
	}
	if !asked {
		return string(command) == "mn" && string(answer) == "MN"
	}
	switch string(answer) {
	case "END", "STORED", "DELETED", "NOT_FOUND", "EXISTS", "TOUCHED", "EN", "HD", "NF", "NS", "EX", "MN":
		return true
	}
	first, _, _ := bytes.Cut(answer, []byte(" "))
	return string(first) == "HD" || string(first) == "VA" || string(first) == "ME"
}

func memcachedMessage(b []byte, onPort bool) classify.Outcome {
	switch {
	case b[0] == 0x80 || b[0] == 0x81:
		return memcachedBinary(b)
	case b[0] >= '0' && b[0] <= 'z':
		return memcachedText(b, onPort)
	}
	return classify.Never
}

// memcachedBinary checks the 24-byte header: key, extras and body lengths must
// agree, the data type is zero, and so are the fields that a request does not use.
func memcachedBinary(b []byte) classify.Outcome {
	if len(b) > 5 && (b[1] > 0x48 || b[5] != 0) {
		return classify.Never
	}
	if len(b) < 24 {
		return classify.NeedMore
	}
	key, extras, body := uint32(binary.BigEndian.Uint16(b[2:])), uint32(b[4]), binary.BigEndian.Uint32(b[8:])
	if key > 250 || extras > 20 || body < key+extras || body > 1<<20+300 || binary.BigEndian.Uint16(b[6:]) > 0x8f {
		return classify.Never
	}
	// Sixteen bits that are zero in all but authentication and odd errors, and
	// the length, must carry the proof.
	if int(body)+24 != len(b) && (len(b) < int(body)+25 || b[body+24] != b[0]) && !match.AllZero(b[16:24]) {
		if len(b) < int(body)+24 && len(b) < 1024 {
			return classify.NeedMore
		}
		return classify.Never
	}
	return classify.Match
}

// memcachedCommands are the text protocol's words with the number of fields of
// their lines, without "noreply"; alone tells that the line is proof on any port.
var memcachedCommands = map[string]struct {
	least, most int
	alone       bool
}{
	"get": {2, 100, false}, "gets": {2, 100, false}, "gat": {3, 100, false}, "gats": {3, 100, false},
	"set": {5, 5, true}, "add": {5, 5, true}, "replace": {5, 5, true}, "append": {5, 5, true}, "prepend": {5, 5, true}, "cas": {6, 6, true},
	"delete": {2, 3, false}, "incr": {3, 3, false}, "decr": {3, 3, false}, "touch": {3, 3, false},
	"stats": {1, 3, false}, "version": {1, 1, false}, "flush_all": {1, 2, true}, "verbosity": {2, 2, false}, "quit": {1, 1, false},
	"mg": {2, 20, false}, "ms": {3, 20, false}, "md": {2, 20, false}, "ma": {2, 20, false}, "mn": {1, 1, false}, "me": {2, 3, false},
	"VALUE": {4, 5, true}, "STAT": {3, 3, true}, "VERSION": {2, 2, true}, "STORED": {1, 1, false}, "NOT_STORED": {1, 1, true}, "END": {1, 1, false},
	"DELETED": {1, 1, false}, "NOT_FOUND": {1, 1, false}, "EXISTS": {1, 1, false}, "TOUCHED": {1, 1, false}, "ERROR": {1, 1, false}, "OK": {1, 1, false},
	"CLIENT_ERROR": {2, 20, true}, "SERVER_ERROR": {2, 20, true}, "HD": {1, 20, false}, "VA": {2, 20, false}, "EN": {1, 1, false},
	"MN": {1, 1, false}, "ME": {2, 20, false}, "NF": {1, 20, false}, "NS": {1, 20, false}, "EX": {1, 20, false}, "RESET": {1, 1, false}, "BUSY": {2, 20, false},
	"lru_crawler": {2, 4, true}, "lru": {2, 5, false}, "slabs": {2, 4, false}, "watch": {1, 6, false}, "cache_memlimit": {2, 2, true}, "shutdown": {1, 2, false},
}

func memcachedText(b []byte, onPort bool) classify.Outcome {
	end := bytes.IndexByte(b, '\n')
	line := b
	if end >= 0 {
		line = b[:end]
	}
	if len(line) > 1024 {
		line = line[:1024]
	}
	first, _, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte(" "))
	command, known := memcachedCommands[string(first)]
	if end < 0 {
		if len(first) < len(line) && !known || len(first) > 12 || !classify.IsPrintable(bytes.TrimRight(line, "\r")) || len(line) == 1024 {
			return classify.Never
		}
		return classify.NeedMore
	}
	if !known || end == 0 || line[len(line)-1] != '\r' {
		return classify.Never
	}
	fields := bytes.Split(line[:len(line)-1], []byte(" "))
	if string(fields[len(fields)-1]) == "noreply" {
		fields = fields[:len(fields)-1]
	}
	if len(fields) < command.least || len(fields) > command.most || !classify.IsPrintable(line[:len(line)-1]) || len(fields) > 1 && len(fields[1]) == 0 {
		return classify.Never
	}
	if !memcachedNumbers(string(first), fields) {
		return classify.Never
	}
	if !onPort && !command.alone {
		return classify.NeedMore // the other side may tell more
	}
	return classify.Match
}

// memcachedNumbers checks the fields that are numbers: flags, expiry and length
// of the storage commands and of VALUE; and STAT's value must be there.
func memcachedNumbers(command string, fields [][]byte) bool {
	at := 2
	switch command {
	case "VALUE", "set", "add", "replace", "append", "prepend", "cas":
	case "flush_all":
		at = 1
	case "VERSION":
		return fields[1][0] >= '0' && fields[1][0] <= '9' && bytes.IndexByte(fields[1], '.') > 0
	default:
		return true
	}
	for _, f := range fields[at:] {
		f = bytes.TrimPrefix(f, []byte("-"))
		if _, n := match.Digits(append(f[:len(f):len(f)], '.'), 20, "."); n <= 0 {
			return false
		}
	}
	return true
}
