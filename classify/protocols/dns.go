package protocols

import (
	"encoding/binary"
	"strings"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// dns is the Domain Name System over UDP and TCP (RFC 1035, section 4).
var dns = classify.Protocol{
	Name:        "DNS",
	Category:    "Network",
	OwnCategory: true,
	Transport:   classify.UDP | classify.TCP,
	Ports:       []uint16{53},
	Reference:   "RFC 1035, section 4.1; RFC 7766",

	Recognise: recogniseDNS,
}

// recogniseDNS accepts a query or response whose header, questions and records agree with its length.
// On port 53 a whole question is enough, since responses with damaged records occur there; where the
// rest is damaged or cut, so are a header and the beginning of a question. Over TCP every message has
// its length before it (RFC 1035, section 4.2.2). The ports of mDNS, LLMNR and NetBIOS are left to
// their recognisers.
func recogniseDNS(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(53)
	if !onPort && (p.HasPort(mdnsPort) || p.HasPort(llmnrPort) || p.HasPort(netbiosNamePort)) {
		return classify.Never
	}
	if p.Transport == classify.UDP {
		d, ok := wire.ParseDNS(p.Payload, p.Len)
		if !ok && onPort && dnsIsDamaged(p.Payload) {
			p.KeepWatching()
			return classify.Match
		}
		if !ok || !dnsIsLikely(&d, p.Payload, p.Len, onPort) {
			return classify.Never
		}
		dnsFound(p, &d, p.From, true)
		return classify.Match
	}
	return match.Sender(p, func(stream []byte) classify.Outcome { return recogniseDNSStream(p, stream, onPort) })
}

func recogniseDNSStream(p *classify.Probe, stream []byte, onPort bool) classify.Outcome {
	if len(stream) < 2+wire.DNSHeaderLen {
		if len(stream) >= 2 && binary.BigEndian.Uint16(stream) < wire.DNSHeaderLen {
			return classify.Never
		}
		return classify.NeedMore
	}
	outcome := classify.Never
	fresh := len(stream) - len(p.Payload)
	for len(stream) >= 2+wire.DNSHeaderLen {
		size := int(binary.BigEndian.Uint16(stream))
		msg := stream[2:min(len(stream), 2+size)]
		d, ok := wire.ParseDNS(msg, size)
		if !ok && len(msg) < size && len(msg) < 512 && dnsIsBegun(msg) && outcome != classify.Match {
			return classify.NeedMore
		}
		if !ok || !dnsIsLikely(&d, msg, size, onPort) {
			break
		}
		if outcome = classify.Match; fresh < 2+size {
			dnsFound(p, &d, p.From, len(msg) == size)
		}
		fresh -= 2 + size
		stream = stream[2+len(msg):]
	}
	return outcome
}

// dnsIsBegun accepts the header of a message whose question is not complete: it has few questions, and
// the bits that are always zero are zero.
func dnsIsBegun(msg []byte) bool {
	return msg[3]&0x40 == 0 && msg[4] == 0 && msg[5] > 0 && msg[5] <= 8 && msg[8] == 0 && msg[10] == 0
}

// dnsIsDamaged accepts a query or answer with one question that is damaged or that the capture cut: its
// counts and bits are those of resolvers, and the question begins with a label or a pointer (RFC 1035,
// sections 4.1.1 and 4.1.4).
func dnsIsDamaged(msg []byte) bool {
	if len(msg) <= wire.DNSHeaderLen || msg[2]&0x78 != 0 || msg[3]&0x40 != 0 || binary.BigEndian.Uint16(msg[4:]) != 1 {
		return false
	}
	const most = 100 // records of a kind in one datagram
	answers, authorities, others := binary.BigEndian.Uint16(msg[6:]), binary.BigEndian.Uint16(msg[8:]), binary.BigEndian.Uint16(msg[10:])
	if msg[2]&0x80 == 0 { // a query: no code, no answers, at most EDNS and a signature
		if msg[3]&0x0f != 0 || msg[2]&0x06 != 0 || answers != 0 || authorities != 0 || others > 2 {
			return false
		}
	} else if answers > most || authorities > most || others > most {
		return false
	}
	first := msg[wire.DNSHeaderLen]
	return first > 0 && first < 0x40 || first >= 0xc0
}

// dnsIsLikely tells a DNS message from other bytes that parse as one.
func dnsIsLikely(d *wire.DNS, msg []byte, size int, onPort bool) bool {
	switch d.Opcode {
	case 0, 1, 2, 4, 5, 6: // query, inverse, status, notify, update, DSO
	default:
		return false
	}
	if label := d.FirstLabel(); len(label) == 32 && (d.Type == wire.DNSTypeNB || d.Type == wire.DNSTypeSRV) {
		if _, _, isNetBIOS := wire.NetBIOSName(label); isNetBIOS {
			return false
		}
	}
	if d.Counts[0] == 0 {
		// Errors may come without the question (RFC 1035, section 4.1.1), and a
		// stateful operation has none (RFC 8490, section 5.4).
		return onPort && (d.Response && d.Rcode != 0 || d.Opcode == 6) && d.Counts == [4]uint16{} && size == wire.DNSHeaderLen
	}
	if d.Class == 0 || d.Class > 4 && d.Class < 254 || d.Class > wire.DNSClassAny || d.Type == 0 {
		return false
	}
	if !d.Response && d.Opcode == 0 && (d.Rcode != 0 || d.Counts[1] > 0) {
		return false
	}
	const usual = 8 // more questions than this count where all of the message is sound
	if onPort && d.Counts[0] <= usual {
		return true
	}
	used, all := d.Records(nil)
	if len(msg) < size {
		return used == len(msg) || !all
	}
	return all && used == size
}

// dnsFound stores the question of a message and, where the message is complete, gives hints of the
// names in it.
func dnsFound(p *classify.Probe, d *wire.DNS, from classify.Side, whole bool) {
	name := d.Name()
	if p.Found.ServerName == "" {
		p.Found.ServerName = name
	}
	if d.Type == dnsTypeTXT && strings.HasPrefix(name, "2.") {
		p.Found.Master = dnscryptQuestion(name)
	}
	if d.Response {
		p.ClientIs(from.Other())
		if whole {
			dnsLearn(p, d, name, from.Other())
		}
	} else {
		p.ClientIs(from)
		p.Ask(dnsQuestion(d, from))
	}
	// A resolver's socket asks many questions.
	p.KeepWatching()
}

const dnsTypeTXT = 16

// dnscryptQuestion names the services whose certificates are fetched by DNS:
// the name asked for begins with the protocol's version and the provider's name.
func dnscryptQuestion(name string) string {
	switch {
	case strings.HasPrefix(name, "2.dnscrypt-cert."):
		return "DNScrypt"
	case strings.EqualFold(name, "2.securedns.avast.com"):
		return "AVASTSecureDNS"
	}
	return ""
}

// dnsLongest is the length of the longest name of a hint, and of DNS (RFC 1035, section 2.3.4).
const dnsLongest = 255

// dnsQuestion returns a hash of the question and of the side that asked: the other side's question is
// another one. 0 is none.
func dnsQuestion(d *wire.DNS, asker classify.Side) uint32 {
	h := d.QuestionHash()
	if h != 0 && asker == classify.Server {
		h = max(^h, 1)
	}
	return h
}

// dnsLearn gives hints that the asker resolved the name of its question to the addresses of the answer,
// through any aliases. Anyone can send a response: one without a question in this flow gives no hint,
// and records of other names do not either.
func dnsLearn(p *classify.Probe, d *wire.DNS, name string, asker classify.Side) {
	if !p.Answer(dnsQuestion(d, asker)) || d.Rcode != 0 || name == "" || len(name) > dnsLongest {
		return
	}
	for _, r := range d.Addresses() {
		addr, _ := r.Addr()
		p.LearnName(p.Addrs[asker], addr, name, r.TTL)
	}
}
