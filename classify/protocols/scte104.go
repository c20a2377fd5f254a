package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var scte104 = classify.Protocol{
	Name: "SCTE104", Category: "Streaming", Transport: classify.TCP, TCPPorts: []uint16{5167}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00\xff"), Recognise: recogniseSCTE104, Reference: "ANSI/SCTE 104, sections 8.2 and 8.3",
}

// recogniseSCTE104 accepts a message of several operations whose time stamp is of a known kind and whose
// operations lead to its end; on its port also one of a single operation: number, length, a result that a
// request has not, and version 0 (ANSI/SCTE 104, tables 8-1 to 8-4).
func recogniseSCTE104(p *classify.Probe) classify.Outcome {
	own := p.HasPort(5167)
	return match.Either(p, func(b []byte) classify.Outcome {
		if len(b) < 2 {
			return classify.NeedMore
		}
		switch op := wire.U16(b); {
		case op == 0xffff:
			return scteOperations(b)
		case op == 0 || op > 0x12 || !own:
			return classify.Never
		}
		return scteOperation(b)
	})
}

// scteOperation checks a message of one operation: thirteen bytes of header.
func scteOperation(b []byte) classify.Outcome {
	const header, none, lastResult = 13, 0xffff, 130
	if len(b) < header {
		return classify.NeedMore
	}
	size, result := wire.U16(b[2:]), wire.U16(b[4:])
	switch {
	case size < header || size > 1024 || result != none && result > lastResult || b[8] != 0:
		return classify.Never
	case len(b) < size:
		return classify.NeedMore
	}
	return classify.Match
}

// scteOperations walks the operations of a message. The stamp tells no time, seconds and microseconds, a time
// code, or an edge of an input.
func scteOperations(b []byte) classify.Outcome {
	const header = 11
	if len(b) < header {
		return classify.NeedMore
	}
	size, kind := wire.U16(b[2:]), b[10]
	if size < header+5 || b[4] != 0 || b[9] > 1 || kind > 3 {
		return classify.Never
	}
	if len(b) < size {
		return classify.NeedMore
	}
	at := header + [...]int{0, 6, 4, 2}[kind]
	if at >= size {
		return classify.Never
	}
	count := int(b[at])
	at++
	for range count {
		if at+4 > size {
			return classify.Never
		}
		at += 4 + wire.U16(b[at+2:])
	}
	if count == 0 || at != size {
		return classify.Never
	}
	return classify.Match
}
