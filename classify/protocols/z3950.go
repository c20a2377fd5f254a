package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var z3950 = classify.Protocol{
	Name:       "Z3950",
	Category:   "Network",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{210},
	FirstBytes: classify.Range(0xb4, 0xb7),
	Recognise:  recogniseZ3950,
	Speaker:    z3950Speaker,
	Reference:  "ANSI/NISO Z39.50-2003, appendix 4 (ASN.1), BER",
}

// recogniseZ3950 accepts InitializeRequest and InitializeResponse: context tags
// 20 and 21, in them an optional reference, the protocol version's bits and the
// options; and on its port a SearchRequest or SearchResponse.
func recogniseZ3950(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(210)
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] < 0xb4 || b[0] > 0xb7 {
			return classify.Never
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		size, n := z3950Length(b[1:])
		if n == 0 || size >= 0 && size < 12 || size > 1<<16 {
			return classify.Never
		}
		body := b[1+n:]
		if body[0] == 0x82 { // referenceId
			ref, n := z3950Length(body[1:])
			if n == 0 || ref < 0 || ref > 64 {
				return classify.Never
			}
			if len(body) < 1+n+ref+10 {
				return classify.NeedMore
			}
			body = body[1+n+ref:]
		}
		if len(body) < 10 {
			return classify.NeedMore
		}
		if b[0] <= 0xb5 && z3950Init(body) || b[0] == 0xb6 && onPort && z3950Search(body) {
			return classify.Match
		}
		return classify.Never
	})
}

// z3950Length reads a BER length: its value, -1 for the indefinite form, and its
// size in bytes, 0 where it is none.
func z3950Length(b []byte) (value, size int) {
	switch {
	case b[0] < 0x80:
		return int(b[0]), 1
	case b[0] == 0x80:
		return -1, 1
	case b[0] <= 0x83 && len(b) > int(b[0]&3):
		for _, c := range b[1 : 1+b[0]&3] {
			value = value<<8 | int(c)
		}
		return value, 1 + int(b[0]&3)
	}
	return 0, 0
}

// z3950Init checks protocolVersion [3] and options [4], both bit strings of one
// to three bytes after the count of unused bits.
func z3950Init(b []byte) bool {
	if b[0] != 0x83 || b[1] < 2 || b[1] > 4 || b[2] > 7 {
		return false
	}
	b = b[2+b[1]:]
	return b[0] == 0x84 && b[1] >= 2 && b[1] <= 5 && b[2] <= 7
}

// z3950Search checks smallSetUpperBound [13] and largeSetLowerBound [14].
func z3950Search(b []byte) bool {
	return b[0] == 0x8d && b[1] >= 1 && b[1] <= 4 && b[2+b[1]] == 0x8e
}

// z3950Speaker tells by the tags of initialisation, search and presentation (ISO 23950, section 4.1).
func z3950Speaker(_ classify.Transport, b []byte) classify.Speaker {
	switch b[0] {
	case 0xb4, 0xb6, 0xb8:
		return classify.ClientSpeaks
	case 0xb5, 0xb7, 0xb9:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
