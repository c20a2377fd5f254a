package filter

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"servmap/flows/decode"
)

// value reads a value with the qualifiers q.
func (p *parser) value(q *qualifiers) (test, error) {
	switch q.sort {
	case netSort:
		return p.network(q)
	case portSort:
		return p.port(q)
	case portrangeSort:
		return p.portrange(q)
	case protoSort:
		return p.proto(q)
	}
	if q.proto == "ether" {
		return p.hardware(q)
	}
	return p.host(q)
}

// number reads a decimal or hexadecimal number.
func (p *parser) number(t token, low, high int64, what string) (int64, error) {
	n, ok := number(t.text)
	if !ok || n < low || n > high {
		return 0, p.unexpected(t, what+" from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
	}
	return n, nil
}

// number parses a number. A leading zero is an error: tcpdump takes it for octal.
func number(s string) (int64, bool) {
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		s, base = hex, 16
	} else if len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 32)
	return int64(n), err == nil
}

// host reads an IP address.
func (p *parser) host(q *qualifiers) (test, error) {
	t := p.take()
	a, err := netip.ParseAddr(t.text)
	if err != nil || a.Zone() != "" {
		return test{}, p.notAddress(t, q.proto)
	}
	if err := p.sameVersion(t, q, a); err != nil {
		return test{}, err
	}
	return addressTest(q.dir, a, maskAddr(a, a.BitLen())), nil
}

// notAddress returns the error about a word in place of an IP address.
func (p *parser) notAddress(t token, proto string) error {
	_, isMAC := hardwareAddress(t.text)
	_, isNet := p.prefix(t)
	switch {
	case t.text == "" || isOperator(t.text) || refused[t.text]:
		return p.unexpected(t, "an IP address")
	case isMAC && strings.ContainsAny(t.text, ":-"):
		return p.fail(t.at, "%s is a hardware address: expected an IP address, or ether before host", t.quoted())
	case isNet == nil && proto != "ether":
		return p.fail(t.at, "%s is a network: expected an IP address, or net in place of host", t.quoted())
	}
	return p.fail(t.at, "%s is no IP address: expected one, as names are not looked up", t.quoted())
}

// sameVersion checks an address against the ip or ip6 before it.
func (p *parser) sameVersion(t token, q *qualifiers, a netip.Addr) error {
	if q.proto == "ip" && !a.Is4() {
		return p.fail(t.at, "%s is an IPv6 address: expected an IPv4 address behind ip", t.quoted())
	}
	if q.proto == "ip6" && a.Is4() {
		return p.fail(t.at, "%s is an IPv4 address: expected an IPv6 address behind ip6", t.quoted())
	}
	return nil
}

// addressTest returns the test for an address with a mask.
func addressTest(dir direction, a, mask netip.Addr) test {
	t := test{kind: onAddress, dir: dir, version: 6}
	if a.Is4() {
		t.version = 4
	}
	t.masked(wide(a), wide(mask))
	return t
}

// wide returns the bytes of an address in the form of decode.Packet.
func wide(a netip.Addr) (b [16]byte) {
	copy(b[:], a.AsSlice())
	return b
}

// maskAddr returns a mask of n bits as an address of the same version as a.
func maskAddr(a netip.Addr, n int) netip.Addr {
	first, second := maskOf(n)
	if a.Is4() {
		return addrOf(4, [2]uint64{first})
	}
	return addrOf(6, [2]uint64{first, second})
}

const networkForms = "a network such as 10.0.0.0/8, 10.1 or 2001:db8::/32"

// network reads an address with or without a mask.
func (p *parser) network(q *qualifiers) (test, error) {
	t := p.take()
	a, err := p.prefix(t)
	if err != nil {
		return test{}, err
	}
	mask := maskAddr(a.addr, a.bits)
	if p.peek().text == "mask" && !a.slash {
		p.take()
		m := p.take()
		if mask, err = p.mask(m, a.addr); err != nil {
			return test{}, err
		}
	}
	if err := p.sameVersion(t, q, a.addr); err != nil {
		return test{}, err
	}
	out := addressTest(q.dir, a.addr, mask)
	if all := addressTest(q.dir, a.addr, maskAddr(a.addr, a.addr.BitLen())); all.address != out.address {
		return test{}, p.fail(t.at, "%s has bits outside its mask: expected %s", t.quoted(), addrOf(out.version, out.address))
	}
	return out, nil
}

// mask reads an IPv4 mask written as an address, for the address a.
func (p *parser) mask(t token, a netip.Addr) (netip.Addr, error) {
	m, err := p.prefix(t)
	if err != nil || m.slash || !m.addr.Is4() || !a.Is4() {
		return netip.Addr{}, p.unexpected(t, "an IPv4 mask such as 255.0.0.0 behind an IPv4 address")
	}
	return m.addr, nil
}

// prefixed is an address and the length of its prefix. Without a slash that is the number of bits
// written out.
type prefixed struct {
	addr  netip.Addr
	bits  int
	slash bool
}

// prefix reads ADDRESS[/BITS]. An IPv4 address may have fewer than four numbers.
func (p *parser) prefix(t token) (prefixed, error) {
	head, length, slash := strings.Cut(t.text, "/")
	var out prefixed
	a, err := netip.ParseAddr(head)
	if err == nil && a.Zone() == "" {
		out = prefixed{a, a.BitLen(), slash}
	} else if b, n := partial(head); n > 0 {
		out = prefixed{netip.AddrFrom4(b), 8 * n, slash}
	} else if t.text == "" || isOperator(t.text) || refused[t.text] {
		return out, p.unexpected(t, networkForms)
	} else {
		return out, p.fail(t.at, "%s is no network: expected one such as 10.0.0.0/8, 10.1 or 2001:db8::/32, as names are not looked up", t.quoted())
	}
	if !slash {
		return out, nil
	}
	n, ok := number(length)
	if !ok || n > int64(out.addr.BitLen()) {
		return out, p.fail(t.at+len(head), "the / is not followed by a number of bits from 0 to %d", out.addr.BitLen())
	}
	out.bits = int(n)
	return out, nil
}

// partial parses one to four decimal numbers with dots between them. It returns how many there are,
// 0 where s is something else.
func partial(s string) (b [4]byte, n int) {
	for part := range strings.SplitSeq(s, ".") {
		v, ok := number(part)
		if !ok || v > 255 || n == 4 || strings.ContainsAny(part, "xX") {
			return b, 0
		}
		b[n] = byte(v)
		n++
	}
	return b, n
}

// hardware reads a hardware address.
func (p *parser) hardware(q *qualifiers) (test, error) {
	t := p.take()
	a, ok := hardwareAddress(t.text)
	if !ok {
		return test{}, p.unexpected(t, "a hardware address such as 02:00:00:00:00:01")
	}
	return test{kind: onMAC, dir: q.dir, address: [2]uint64{a}}, nil
}

// hardwareAddress parses six numbers with colons, hyphens or dots between them, three numbers of
// four digits with dots, or twelve digits.
func hardwareAddress(s string) (uint64, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '-' || r == '.' })
	width := 2
	switch {
	case len(parts) == 3 && len(s) == 14:
		width = 4
	case len(parts) == 1 && len(s) == 12:
		width = 12
	case len(parts) != 6:
		return 0, false
	}
	separators, out := 0, uint64(0)
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 16, 4*width)
		if err != nil || len(part) > width || width != 2 && len(part) != width {
			return 0, false
		}
		out = out<<(4*width) | n
		separators += len(part)
	}
	return out, len(s)-separators == len(parts)-1
}

// port reads a port or its name.
func (p *parser) port(q *qualifiers) (test, error) {
	t := p.take()
	over := overOf(q.proto)
	if s, ok := services[t.text]; ok {
		if s.over&over == 0 {
			return test{}, p.fail(t.at, "port %s is not one of %s", t.quoted(), q.proto)
		}
		return test{kind: onPort, dir: q.dir, over: s.over & over, low: s.port}, nil
	}
	n, err := p.number(t, 0, math.MaxUint16, "a port by its well-known name, or")
	return test{kind: onPort, dir: q.dir, over: over, low: uint16(n)}, err
}

// overOf returns the transports of a word before a port.
func overOf(proto string) transports {
	switch proto {
	case "tcp":
		return overTCP
	case "udp":
		return overUDP
	case "sctp":
		return overSCTP
	}
	return overAny
}

// portrange reads FIRST-LAST, in either order, or a single port.
func (p *parser) portrange(q *qualifiers) (test, error) {
	t := p.take()
	first, last, ranged := strings.Cut(t.text, "-")
	if !ranged {
		last = first
	}
	a, ok := number(first)
	b, ok2 := number(last)
	if !ok || !ok2 || max(a, b) > math.MaxUint16 {
		return test{}, p.unexpected(t, "two ports from 0 to 65535 with - between them")
	}
	return test{kind: onPort, dir: q.dir, over: overOf(q.proto), low: uint16(min(a, b)), more: uint16(max(a, b) - min(a, b))}, nil
}

// proto reads an IP protocol, or an EtherType after ether.
func (p *parser) proto(q *qualifiers) (test, error) {
	t := p.take()
	name := strings.TrimPrefix(t.text, `\`)
	if q.proto == "ether" {
		return p.etherType(t, name)
	}
	out := test{kind: onProtocol}
	switch q.proto {
	case "ip":
		out.version = 4
	case "ip6":
		out.version = 6
	}
	if n, ok := protocolNames[name]; ok {
		out.protocol = n
		return out, nil
	}
	n, err := p.number(t, 0, math.MaxUint8, "the name of an IP protocol or a number")
	out.protocol = uint8(n)
	return out, err
}

// etherType reads an EtherType. Those of layers that the decoder skips are errors: it does not
// remember them.
func (p *parser) etherType(t token, name string) (test, error) {
	if n, ok := map[string]int64{"ip": 0x0800, "ip6": 0x86dd, "arp": 0x0806, "rarp": 0x8035}[name]; ok {
		t.text = strconv.FormatInt(n, 10)
	}
	n, err := p.number(t, 1501, math.MaxUint16, "ip, ip6, arp, rarp or an EtherType")
	switch n {
	case 0x0800:
		return test{kind: onVersion, version: 4}, err
	case 0x86dd:
		return test{kind: onVersion, version: 6}, err
	case 0x0806:
		return test{kind: onOther, other: decode.OtherARP}, err
	case 0x8035:
		return test{kind: onOther, other: decode.OtherRARP}, err
	case 0x8100, 0x88a8, 0x9100, 0x9200:
		return test{}, p.fail(t.at, "tags are passed through: expected vlan in place of ether proto %s", t.text)
	case 0x8847, 0x8848, 0x8864, 0x880b, 0x6558, 0x88e7, 0x88e5, 0x894f, 0x8909, 0xdada, 0xd28b:
		return test{}, p.fail(t.at, "EtherType %s is passed through to the IP packet behind it: it cannot be asked for", t.text)
	}
	return test{kind: onEtherType, low: uint16(n)}, err
}
