package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var tinc = classify.Protocol{
	Name: "TINC", Category: "VPN", Transport: classify.TCP | classify.UDP, Ports: []uint16{655},
	FirstBytes: classify.Bytes("0"),
	Recognise:  recogniseTINC, Plausible: match.MayBeSealed, Reference: "tinc manual, \"The tinc protocol\"",
}

// recogniseTINC accepts the line with which both sides of a meta connection
// begin: request 0, a name, or after ? or ^ the key of an invitation or the secret of a
// control connection, and version 17; and announces the datagrams between the two.
func recogniseTINC(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return classify.Never
	}
	out := match.Either(p, func(b []byte) classify.Outcome {
		line, _, whole := match.Line(b)
		switch {
		case len(line) == 0 || line[0] != '0' || len(line) > 1 && line[1] != ' ' || len(line) > 128 || !classify.IsPrintable(line):
			return classify.Never
		case !whole:
			return classify.NeedMore
		}
		f := bytes.Split(line, []byte(" "))
		if len(f) == 3 && len(f[1]) > 0 && (isDomain(f[1]) || f[1][0] == '?' || f[1][0] == '^') && (string(f[2]) == "17" || bytes.HasPrefix(f[2], []byte("17.")) && len(f[2]) <= 5) {
			return classify.Match
		}
		return classify.Never
	})
	if out == classify.Match {
		port := p.Ports[classify.Server]
		p.ExpectBetween(classify.UDP, classify.Client, port, "TINC")
		p.ExpectBetween(classify.UDP, classify.Server, port, "TINC")
	}
	return out
}
