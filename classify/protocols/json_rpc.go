package protocols

import (
	"bytes"

	"servmap/classify"
)

// jsonRPC is JSON-RPC 2.0 without HTTP around it. It is weak because others,
// such as mining pools, speak dialects with names of their own.
var jsonRPC = classify.Protocol{
	Name:      "JSON-RPC",
	Category:  "RPC",
	Transport: classify.TCP | classify.UDP,
	Weak:      true,
	Reference: "JSON-RPC 2.0, sections 4 and 5",

	Recognise: recogniseJSONRPC,
}

// recogniseJSONRPC accepts an object, or an array of them, with the member
// that every message has, perhaps after the head that language servers put before it.
func recogniseJSONRPC(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != '{' && b[0] != '[' && b[0] != 'C' {
		return classify.Never
	}
	if b[0] == 'C' {
		const head = "Content-Length: "
		if n := min(len(b), len(head)); string(b[:n]) != head[:n] {
			return classify.Never
		}
		end := bytes.Index(b[:min(len(b), 256)], []byte("\r\n\r\n"))
		if end < 0 {
			return jsonRPCMore(p, b)
		}
		b = b[end+4:]
	}
	if i := bytes.Index(b[:min(len(b), 4096)], []byte(`"jsonrpc"`)); i >= 0 {
		rest := bytes.TrimLeft(b[i+9:], " :")
		if len(rest) >= 5 && string(rest[:5]) == `"2.0"` {
			return classify.Match
		}
	}
	return jsonRPCMore(p, b)
}

func jsonRPCMore(p *classify.Probe, b []byte) classify.Outcome {
	if p.Transport == classify.TCP && len(b) < 4096 && p.Count(p.From) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}
