package protocols

import "servmap/classify"

// midPatience is how many payloads of a flow that was met in the middle may go
// by before one begins with a message.
const midPatience = 6

// judgeSides shows judge what each side has sent so far and answers for the
// flow: Match as soon as one side's bytes can only be the protocol, Never where
// one side's cannot be, NeedMore while both are possible beginnings. Of a side
// whose beginning was not captured a later segment may begin a message as well.
func judgeSides(p *classify.Probe, judge func(s classify.Side, b []byte) classify.Outcome) classify.Outcome {
	out := classify.NeedMore
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		verdict := judge(s, b)
		if verdict == classify.Never && p.Midstream(s) {
			verdict = judgeMiddle(p, s, judge)
		}
		switch verdict {
		case classify.Match:
			return classify.Match
		case classify.Never:
			out = classify.Never
		}
	}
	return out
}

// judgeMiddle judges the newest segment of a side that was met in the middle.
// Text is left out: a line of one protocol may well begin as another's.
func judgeMiddle(p *classify.Probe, s classify.Side, judge func(s classify.Side, b []byte) classify.Outcome) classify.Outcome {
	if classify.IsText(p.Payload) {
		return classify.Never
	}
	if p.From == s && p.Count(s) > 1 && judge(s, p.Payload) == classify.Match {
		return classify.Match
	}
	if len(p.History()) < midPatience {
		return classify.NeedMore
	}
	return classify.Never
}

// isPrintable is classify.IsPrintable, which many recognisers ask.
func isPrintable(b []byte) bool { return classify.IsPrintable(b) }

// allZero reports whether b is nothing but zeros.
func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// digitsBefore reads the decimal number at the start of b, of at most max
// digits, that ends in end. It returns the number and how many bytes number
// and end take; 0 where there is none, and -1 where b ends before end was seen.
func digitsBefore(b []byte, max int, end string) (value, size int) {
	i := 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if i == max {
			return 0, 0
		}
		value = value*10 + int(b[i]-'0')
	}
	rest := b[i:]
	switch {
	case len(rest) < len(end) && string(rest) == end[:len(rest)]:
		return value, -1
	case i == 0 || len(rest) < len(end) || string(rest[:len(end)]) != end:
		return 0, 0
	}
	return value, i + len(end)
}

// fromStream asks check about what the newest payload's sender has sent so far.
// Where the beginning was not captured, the newest segment may begin with a message too.
func fromStream(p *classify.Probe, check func([]byte) classify.Outcome) classify.Outcome {
	stream, out := p.Stream(p.From), classify.Never
	if len(stream) > 0 {
		out = check(stream)
	}
	if out == classify.Match || !p.Midstream(p.From) || len(stream) <= len(p.Payload) {
		return out
	}
	return max(out, check(p.Payload))
}

// clientFirst asks check about the client's stream, and about the other side's too where
// the flow's beginning was not seen: then either may be the client.
func clientFirst(p *classify.Probe, check func(client, server []byte) classify.Outcome) classify.Outcome {
	client, server := p.Stream(classify.Client), p.Stream(classify.Server)
	out := check(client, server)
	if out == classify.Match {
		p.ClientIs(classify.Client)
		return out
	}
	if !p.Midstream(classify.Client) && !p.Midstream(classify.Server) {
		return out
	}
	turned := check(server, client)
	if turned == classify.Match {
		p.ClientIs(classify.Server)
	}
	return max(out, turned)
}

// turn is what one side sent before the other did, in however many segments.
type turn struct {
	from classify.Side
	// size is its length on the wire; head holds at least its first 16 bytes, if so many were captured.
	size int
	head []byte
}

// turnsOf puts together what each side sent in turn, for protocols of which
// only the sizes and beginnings of messages can be told.
func turnsOf(history []classify.Payload) []turn {
	var out []turn
	for i := range history {
		d := &history[i]
		n := len(out) - 1
		if n < 0 || out[n].from != d.From {
			out = append(out, turn{d.From, d.Len, d.Data})
			continue
		}
		if t := &out[n]; len(t.head) < 16 && len(t.head) == t.size {
			t.head = append(t.head[:len(t.head):len(t.head)], d.Data...)
		}
		out[n].size += d.Len
	}
	return out
}
