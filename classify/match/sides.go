// Package match holds what recognisers share: which side's bytes decide, the shapes of messages, and
// lines of text.
package match

import "servmap/classify"

// Patience is how many payloads of a flow met midstream may pass before one begins with a message.
const Patience = 6

// Both asks judge about what each side has sent, and needs both sides to fit: Match as soon as one
// side's bytes can only be the protocol, Never where one side's cannot be, and NeedMore while
// both are possible beginnings. It suits protocols whose two directions differ: judge is told the
// side. Of a side met midstream a later segment may begin a message as well.
func Both(p *classify.Probe, judge func(s classify.Side, b []byte) classify.Outcome) classify.Outcome {
	out := classify.NeedMore
	for _, s := range [...]classify.Side{classify.Client, classify.Server} {
		if len(p.Stream(s)) == 0 {
			continue
		}
		answer := oneSide(p, s, judge)
		if answer == classify.Match {
			return classify.Match
		}
		out = min(out, answer)
	}
	return out
}

// Either asks check about what each side has sent, and needs one side to fit: Match as soon as
// one side's bytes match, and Never when neither side can match any more. It suits protocols whose
// messages look alike in both directions. Of a side met midstream a later segment may begin a
// message as well.
func Either(p *classify.Probe, check func([]byte) classify.Outcome) classify.Outcome {
	if BehindGap(p) {
		return classify.NeedMore
	}
	out := classify.Never
	for _, s := range [...]classify.Side{p.From, p.From.Other()} {
		if len(p.Stream(s)) == 0 {
			continue
		}
		answer := oneSide(p, s, func(_ classify.Side, b []byte) classify.Outcome { return check(b) })
		if answer == classify.Match {
			return classify.Match
		}
		out = max(out, answer)
	}
	return out
}

// oneSide asks judge about what a side has sent and, where that side was met midstream, about its
// newest segment. Text is left out there: a line of one protocol may well begin as another's.
func oneSide(p *classify.Probe, s classify.Side, judge func(s classify.Side, b []byte) classify.Outcome) classify.Outcome {
	answer := judge(s, p.Stream(s))
	switch {
	case answer != classify.Never || !p.Midstream(s) || classify.IsText(p.Payload):
		return answer
	case p.From == s && p.Count(s) > 1 && judge(s, p.Payload) == classify.Match:
		return classify.Match
	case len(p.History()) < Patience:
		return classify.NeedMore
	}
	return classify.Never
}

// BehindGap reports whether neither side's stream has begun: what has come lies behind a gap.
func BehindGap(p *classify.Probe) bool {
	return len(p.Stream(classify.Client))+len(p.Stream(classify.Server)) == 0
}

// Sender asks check about what the newest payload's sender has sent so far. Where that side was
// met midstream, the newest segment may begin with a message too.
func Sender(p *classify.Probe, check func([]byte) classify.Outcome) classify.Outcome {
	stream, out := p.Stream(p.From), classify.Never
	if len(stream) > 0 {
		out = check(stream)
	}
	if out == classify.Match || !p.Midstream(p.From) || len(stream) <= len(p.Payload) {
		return out
	}
	return max(out, check(p.Payload))
}

// Client asks check about the client's stream. Where the flow was met midstream, either side may
// be the client, so it asks about the server's stream as well. A Match tells which side is the client.
func Client(p *classify.Probe, check func(client, server []byte) classify.Outcome) classify.Outcome {
	client, server := p.Stream(classify.Client), p.Stream(classify.Server)
	out := check(client, server)
	if out == classify.Match {
		p.ClientIs(classify.Client)
		return out
	}
	if !p.Midstream(classify.Client) && !p.Midstream(classify.Server) {
		return out
	}
	swapped := check(server, client)
	if swapped == classify.Match {
		p.ClientIs(classify.Server)
	}
	return max(out, swapped)
}
