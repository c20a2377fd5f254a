package protocols

import "servmap/classify"

// dnscrypt is DNS in the encryption of DNSCrypt, version 2.
var dnscrypt = classify.Protocol{
	Name:      "DNScrypt",
	Category:  "Network",
	Transport: classify.UDP | classify.TCP,
	Reference: "draft-denis-dprive-dnscrypt, sections 5 and 9",

	Recognise: recogniseDNSCrypt,
}

// dnscryptResolver are the eight bytes that begin every response; version 1's
// clients begin with dnscryptClient, later ones with what the resolver's certificate says.
const (
	dnscryptResolver = "r6fnvWj8"
	dnscryptClient   = "q6fnvWj8"
)

// recogniseDNSCrypt accepts a response, which begins with the resolver's magic bytes, after its length
// over TCP. Queries look like noise, so the recogniser waits for a response.
func recogniseDNSCrypt(p *classify.Probe) classify.Outcome {
	const least = 8 + 24 + 16 // magic, nonce, tag
	b := p.Payload
	if p.Transport == classify.TCP {
		if b = p.Stream(p.From); len(b) < 2 {
			return classify.NeedMore
		}
		if b = b[2:]; len(b) == 0 {
			return classify.NeedMore
		}
	}
	n := min(len(b), len(dnscryptResolver))
	switch {
	case len(b) >= least && string(b[:n]) == dnscryptClient:
		p.ClientIs(p.From)
		return classify.Match
	case n > 0 && string(b[:n]) == dnscryptResolver[:n]:
		if p.Transport == classify.TCP && n < len(dnscryptResolver) {
			return classify.NeedMore
		}
		if n < len(dnscryptResolver) || p.Transport == classify.UDP && p.Len < least {
			return classify.Never
		}
		p.ClientIs(p.From.Other())
		return classify.Match
	case len(p.History()) == 1 && p.Len >= 256 && p.Len <= 1500:
		return classify.NeedMore
	}
	return classify.Never
}
