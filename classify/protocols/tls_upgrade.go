package protocols

import (
	"bytes"

	"servmap/classify"
)

// textPatience is how many payloads a conversation in text is watched for going over to TLS.
const textPatience = 16

// textToTLS is how far a conversation in text was read for the TLS that it goes over to. It is kept
// between payloads, so that nothing is read twice.
type textToTLS struct {
	sides [2]tlsStart
	facts *tlsFacts // nil until TLS begins
}

// tlsStart is where TLS begins in one side's stream.
type tlsStart struct {
	at    int  // where TLS begins or, not found, from where on it may
	found bool // a TLS handshake record begins at at
}

// wentToTLS reads the TLS that a conversation in text has gone over to, puts what it tells into Found,
// and reports whether there is any. It is for a recogniser that has matched.
func wentToTLS(p *classify.Probe) bool {
	t, again := p.Kept().(*textToTLS)
	if !again {
		t = new(textToTLS)
	}
	client := t.sides[classify.Client].find(p.Stream(classify.Client))
	server := t.sides[classify.Server].find(p.Stream(classify.Server))
	if client == nil && server == nil {
		p.Keep(t, 0)
		return false
	}
	if t.facts == nil {
		t.facts = new(tlsFacts)
	}
	return t.facts.tell(p, t, client, server)
}

// wentToTLSAfter is wentToTLS for a conversation that is not text. It is given what follows in each
// stream behind the messages before TLS: nothing as long as nothing does.
func wentToTLSAfter(p *classify.Probe, client, server []byte) bool {
	if len(client)+len(server) == 0 {
		return false
	}
	f, again := p.Kept().(*tlsFacts)
	if !again {
		f = new(tlsFacts)
	}
	return f.tell(p, f, client, server)
}

// find returns a stream from the first TLS handshake record behind a line or an XML element on; nil
// where there is none.
func (s *tlsStart) find(stream []byte) []byte {
	for !s.found {
		n := bytes.Index(stream[s.at:], []byte("\x16\x03"))
		if n < 0 {
			s.at = max(s.at, len(stream)-1) // the newest byte may begin a record
			return nil
		}
		s.at += n
		if s.found = s.at > 0 && (stream[s.at-1] == '\n' || stream[s.at-1] == '>'); !s.found {
			s.at++
		}
	}
	return stream[s.at:]
}
