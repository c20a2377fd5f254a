package filter

import (
	"math"
	"slices"

	"servmap/flows/decode"
)

// sort is the kind of value after the qualifiers.
type sort uint8

const (
	hostSort sort = iota
	netSort
	portSort
	portrangeSort
	protoSort
)

var sorts = []string{hostSort: "host", netSort: "net", portSort: "port", portrangeSort: "portrange", protoSort: "proto"}

// qualifiers are the words before a value.
type qualifiers struct {
	proto string // ip, ip6, tcp, udp, sctp, ether or none
	dir   direction
	sort  sort
}

// goesWith lists the words that may precede a sort of value.
var goesWith = [...][]string{
	hostSort:      {"", "ip", "ip6", "ether"},
	netSort:       {"", "ip", "ip6"},
	portSort:      {"", "tcp", "udp", "sctp"},
	portrangeSort: {"", "tcp", "udp", "sctp"},
	protoSort:     {"", "ip", "ip6", "ether"},
}

// isProto reports whether a word is one that may precede a value in tcpdump's language.
func isProto(s string) bool {
	switch s {
	case "ip", "ip6", "ether", "arp", "rarp":
		return true
	}
	_, ok := protocolWord(s)
	return ok
}

// protocolWord returns the test for a word of protocolWords.
func protocolWord(s string) (test, bool) {
	for _, w := range protocolWords {
		if w.word == s {
			return test{kind: onProtocol, version: w.version, protocol: w.protocol}, true
		}
	}
	return test{}, false
}

// qualifies reports whether a word is a direction or a sort of value.
func qualifies(s string) bool { return s == "src" || s == "dst" || slices.Contains(sorts, s) }

// alone reads a primitive without qualifiers, if one comes next.
func (p *parser) alone() (t test, ok bool, err error) {
	word := p.peek()
	switch word.text {
	case "less", "greater", "len":
		p.take()
		t, err = p.length(word.text)
		return t, true, err
	case "vlan":
		p.take()
		t, err = p.vlan()
		return t, true, err
	case "broadcast":
		p.take()
		return test{kind: onBroadcast}, true, nil
	case "multicast":
		p.take()
		return test{kind: onGroup}, true, nil
	}
	if !isProto(word.text) || qualifies(p.ahead(1)) {
		return t, false, nil
	}
	p.take()
	if next := p.peek(); next.text == "broadcast" || next.text == "multicast" {
		p.take()
		t, err = p.cast(word.text, next)
		return t, true, err
	}
	t, err = p.protocol(word)
	return t, true, err
}

// protocol returns the primitive that is the word for a protocol.
func (p *parser) protocol(word token) (test, error) {
	t, _ := protocolWord(word.text)
	switch word.text {
	case "ip":
		t = test{kind: onVersion, version: 4}
	case "ip6":
		t = test{kind: onVersion, version: 6}
	case "arp":
		t = test{kind: onOther, other: decode.OtherARP}
	case "rarp":
		t = test{kind: onOther, other: decode.OtherRARP}
	case "ether":
		return t, p.unexpected(p.peek(), "host, src, dst, proto, broadcast or multicast")
	}
	return t, nil
}

// cast returns the primitive that is broadcast or multicast after a word.
func (p *parser) cast(before string, word token) (test, error) {
	switch {
	case before == "ether" && word.text == "broadcast":
		return test{kind: onBroadcast}, nil
	case before == "ether":
		return test{kind: onGroup}, nil
	case before == "ip" && word.text == "multicast":
		return test{kind: onIPGroup, version: 4}, nil
	case before == "ip6" && word.text == "multicast":
		return test{kind: onIPGroup, version: 6}, nil
	case before == "ip":
		return test{}, p.fail(word.at, `"ip broadcast" needs the netmask of an interface, which is not known: expected "broadcast" alone, or host and the address`)
	}
	return test{}, p.fail(word.at, "%s does not go with %q", word.quoted(), before)
}

// vlan reads the identifier after vlan, if there is one.
func (p *parser) vlan() (test, error) {
	t := test{kind: onVLAN, more: math.MaxUint16}
	if next := p.peek(); next.text != "" && next.text[0] >= '0' && next.text[0] <= '9' {
		id, err := p.number(p.take(), 0, 4095, "a VLAN identifier")
		t.low, t.more = uint16(id), 0
		return t, err
	}
	return t, nil
}

// length reads what follows less, greater or len.
func (p *parser) length(word string) (test, error) {
	op := p.peek()
	switch word {
	case "less":
		op.text = "<="
	case "greater":
		op.text = ">="
	default:
		if !slices.Contains([]string{">", ">=", "<", "<=", "=", "==", "!="}, op.text) {
			return test{}, p.unexpected(op, "one of > >= < <= = == !=")
		}
		p.take()
	}
	n, err := p.number(p.take(), 0, math.MaxUint32, "a length in bytes")
	t := test{kind: onLength, min: n, max: n}
	switch op.text {
	case "<":
		t.min, t.max = 0, n-1
	case "<=":
		t.min = 0
	case ">":
		t.min, t.max = n+1, math.MaxInt64
	case ">=":
		t.max = math.MaxInt64
	case "!=":
		t.outside = true
	}
	return t, err
}

// qualifiers reads the words before a value. It returns nil where there are none.
func (p *parser) qualifiers() (*qualifiers, error) {
	var q qualifiers
	first := p.peek()
	if isProto(first.text) {
		q.proto = p.take().text
	}
	if !qualifies(p.peek().text) {
		return nil, nil
	}
	dir := p.direction(&q)
	at := p.peek()
	if i := slices.Index(sorts, at.text); i >= 0 && (i != int(protoSort) || !dir) {
		p.take()
		q.sort = sort(i)
	} else if refused[at.text] || at.text == "proto" || qualifies(at.text) {
		return nil, p.unexpected(at, "host, net, port, portrange or an address")
	}
	if !slices.Contains(goesWith[q.sort], q.proto) {
		return nil, p.mismatch(first, q)
	}
	return &q, nil
}

// direction reads src, dst, or both joined by and or or.
func (p *parser) direction(q *qualifiers) bool {
	word := p.peek().text
	if word != "src" && word != "dst" {
		return false
	}
	p.take()
	q.dir = srcEnd
	if word == "dst" {
		q.dir = dstEnd
	}
	joint, other := p.peek().text, p.ahead(1)
	if (other == "src" || other == "dst") && other != word && (joint == "or" || joint == "and" || joint == "||" || joint == "&&") {
		p.take()
		p.take()
		q.dir = anyEnd
		if joint == "and" || joint == "&&" {
			q.dir = bothEnds
		}
	}
	return true
}

// mismatch returns the error about a protocol that may not precede the sort of value.
func (p *parser) mismatch(first token, q qualifiers) error {
	if q.proto == "arp" || q.proto == "rarp" {
		return p.fail(first.at, "the addresses in %s are not decoded: expected %s alone", q.proto, q.proto)
	}
	return p.fail(first.at, "%s does not go with %s: expected %s, or %s and %s", first.quoted(), sorts[q.sort],
		list(goesWith[q.sort][1:], sorts[q.sort]), q.proto, sorts[q.sort])
}

// list joins words for an error message.
func list(words []string, last string) string {
	s := ""
	for _, w := range words {
		s += w + ", "
	}
	return s[:len(s)-2] + " or nothing before " + last
}
