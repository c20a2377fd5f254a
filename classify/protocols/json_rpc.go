package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var jsonRPC = classify.Protocol{
	Name:       "JSON-RPC",
	Category:   "RPC",
	Transport:  classify.TCP | classify.UDP,
	FirstBytes: classify.Bytes("{[C"),
	Recognise:  recogniseJSONRPC,
	Reference:  "JSON-RPC 2.0 Specification; JSON-RPC 1.0; RFC 7047 4; Language Server Protocol 3.17, base protocol",
}

// recogniseJSONRPC accepts a JSON object, alone or first of an array, that is a
// request or response of JSON-RPC without HTTP around it, perhaps after the head
// that language servers put before it. What miners and pools say to each
// other is called Mining.
func recogniseJSONRPC(p *classify.Probe) classify.Outcome {
	out := match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		b, out := afterRPCHead(b)
		if out != classify.Match {
			return out
		}
		o, out := scanRPC(b)
		switch {
		case out == classify.Match && !o.isCall():
			return classify.Never
		case o.isCall() && o.isMining(b):
			p.Found.Master = mining.Name
		}
		return out
	})
	if out != classify.Match || p.Found.Master != "" {
		return out
	}
	// A pool's first words may be another service's; the next ones decide.
	if o, _ := scanRPC(p.Payload); o.isCall() && o.isMining(p.Payload) {
		p.Found.Master = mining.Name
	} else if len(p.History()) < rpcPatience {
		p.KeepLooking()
	}
	return out
}

// rpcPatience is how many payloads are searched for words of miners.
const rpcPatience = 8

// afterRPCHead steps over the head "Content-Length: n" of language servers;
// Match says that the object begins.
func afterRPCHead(b []byte) ([]byte, classify.Outcome) {
	if b[0] != 'C' {
		return b, classify.Match
	}
	const head = "Content-Length: "
	if match.Prefix(b, head) == classify.Never {
		return nil, classify.Never
	}
	end := bytes.Index(b[:min(len(b), 256)], []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(b) >= 256:
		return nil, classify.Never
	case end < 0 || end+4 == len(b):
		return nil, classify.NeedMore
	}
	return b[end+4:], classify.Match
}

// rpcObject is what the outermost level of a JSON object tells of a call.
type rpcObject struct {
	version, method                []byte
	id, params, result, failure, w bool
}

// isCall reports whether the members are those of JSON-RPC: of version 2 by its
// name, of version 1 because all three of a request or response are there.
func (o *rpcObject) isCall() bool {
	switch string(o.version) {
	case `"2.0"`, `"1.0"`, `"1.1"`, "2.0":
		return o.method != nil || o.id && (o.result || o.failure)
	}
	return o.id && (o.method != nil && o.params || o.result && o.failure)
}

// scanRPC reads the members of the outermost object, of which it wants 4 KiB
// at most. It answers Match where the object is whole, or long and a call so far.
func scanRPC(b []byte) (rpcObject, classify.Outcome) {
	var o rpcObject
	if b[0] != '{' && b[0] != '[' {
		return o, classify.Never
	}
	b = b[:min(len(b), 4096)]
	i := skipSpace(b, 0)
	if b[i] == '[' {
		i = skipSpace(b, i+1)
		if i < len(b) && b[i] != '{' {
			return o, classify.Never
		}
	}
	for i++; ; i++ {
		i = skipSpace(b, i)
		key, next, out := jsonString(b, i)
		if out != classify.Match {
			return o, out
		}
		if next = skipSpace(b, next); next >= len(b) {
			return o, classify.NeedMore
		}
		if b[next] != ':' {
			return o, classify.Never
		}
		start := skipSpace(b, next+1)
		i = jsonValueEnd(b, start)
		o.member(string(key), b[start:min(i, len(b))])
		if i >= len(b) {
			if len(b) >= 1024 && o.isCall() {
				return o, classify.Match
			}
			if len(b) == 4096 {
				return o, classify.Never
			}
			return o, classify.NeedMore
		}
		switch b[i] {
		case '}':
			return o, classify.Match
		case ',':
		default:
			return o, classify.Never
		}
	}
}

// member notes one member of the outermost object.
func (o *rpcObject) member(key string, value []byte) {
	value = bytes.TrimRight(value, " \t\r\n")
	switch key {
	case "jsonrpc":
		o.version = value
	case "version": // the draft of version 1.1 called it so
		if string(value) == `"1.1"` {
			o.version = value
		}
	case "method":
		o.method = value
	case "id":
		o.id = true
	case "params":
		o.params = true
	case "result":
		o.result = true
	case "error":
		o.failure = true
	case "worker":
		o.w = true
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// jsonString reads the string that begins at i.
func jsonString(b []byte, i int) (text []byte, next int, out classify.Outcome) {
	if i >= len(b) {
		return nil, i, classify.NeedMore
	}
	if b[i] != '"' {
		return nil, i, classify.Never
	}
	for j := i + 1; j < len(b); j++ {
		switch {
		case b[j] == '\\':
			j++
		case b[j] == '"':
			return b[i+1 : j], j + 1, classify.Match
		case b[j] < ' ':
			return nil, i, classify.Never
		}
	}
	return nil, i, classify.NeedMore
}

// jsonValueEnd returns where the value that begins at i is followed by a comma
// or the end of its object; len(b) where that was not seen.
func jsonValueEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			_, next, out := jsonString(b, i)
			if out != classify.Match {
				return len(b)
			}
			i = next - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}
