package filter

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"

	"servmap/flows/decode"
)

// op tells how the parts of an expression are joined.
type op uint8

const (
	opTest op = iota
	opNot
	opAnd
	opOr
)

// node is a part of an expression: a test, or one or two other parts.
type node struct {
	op          op
	left, right *node
	test        test
}

// append adds the expression. Only the right part of "and" and "or", and the part after "not", may
// need parentheses: operators associate to the left.
func (n *node) append(b []byte) []byte {
	switch n.op {
	case opTest:
		return n.test.append(b)
	case opNot:
		return n.left.enclosed(append(b, "not "...))
	case opAnd:
		return n.right.enclosed(append(n.left.append(b), " and "...))
	}
	return n.right.enclosed(append(n.left.append(b), " or "...))
}

// enclosed adds the expression, in parentheses where it needs them.
func (n *node) enclosed(b []byte) []byte {
	if n.op == opAnd || n.op == opOr {
		return append(n.append(append(b, '(')), ')')
	}
	return n.append(b)
}

var directions = [...]string{anyEnd: "", srcEnd: "src ", dstEnd: "dst ", bothEnds: "src and dst "}

// append adds the primitive with all its qualifiers.
func (t *test) append(b []byte) []byte {
	dir := directions[t.dir]
	switch t.kind {
	case onVersion:
		return append(b, versions[t.version]...)
	case onProtocol:
		return append(b, t.protocolString()...)
	case onAddress:
		return append(append(b, dir...), t.addressString()...)
	case onPort:
		return append(append(append(b, overNames[t.over]...), dir...), t.portString()...)
	case onMAC:
		a := t.address[0]
		return fmt.Appendf(b, "ether %shost %02x:%02x:%02x:%02x:%02x:%02x", dir, byte(a>>40), byte(a>>32), byte(a>>24), byte(a>>16), byte(a>>8), byte(a))
	case onOther:
		if t.other == decode.OtherARP {
			return append(b, "arp"...)
		}
		return append(b, "rarp"...)
	case onEtherType:
		return fmt.Appendf(b, "ether proto %#04x", t.low)
	case onBroadcast:
		return append(b, "broadcast"...)
	case onGroup:
		return append(b, "multicast"...)
	case onIPGroup:
		return append(append(b, versions[t.version]...), " multicast"...)
	case onVLAN:
		if t.more != 0 {
			return append(b, "vlan"...)
		}
		return fmt.Appendf(b, "vlan %d", t.low)
	}
	return append(b, t.lengthString()...)
}

var (
	versions  = [...]string{4: "ip", 6: "ip6"}
	overNames = [...]string{overTCP: "tcp ", overUDP: "udp ", overSCTP: "sctp ", overAny: ""}
)

func (t *test) protocolString() string {
	for _, w := range protocolWords {
		if w.version == t.version && w.protocol == t.protocol {
			return w.word
		}
	}
	s := "proto " + strconv.Itoa(int(t.protocol))
	if t.version != 0 {
		s = versions[t.version] + " " + s
	}
	return s
}

func (t *test) portString() string {
	if t.more == 0 {
		return "port " + strconv.Itoa(int(t.low))
	}
	return fmt.Sprintf("portrange %d-%d", t.low, t.low+t.more)
}

func (t *test) addressString() string {
	address, mask := addrOf(t.version, t.address), addrOf(t.version, t.mask)
	n, ok := t.prefix()
	switch {
	case !ok:
		return "net " + address.String() + " mask " + mask.String()
	case n == address.BitLen():
		return "host " + address.String()
	}
	return fmt.Sprintf("net %s/%d", address, n)
}

// addrOf returns the address in two halves.
func addrOf(version uint8, halves [2]uint64) netip.Addr {
	var a [16]byte
	binary.BigEndian.PutUint64(a[:8], halves[0])
	binary.BigEndian.PutUint64(a[8:], halves[1])
	if version == 4 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

func (t *test) lengthString() string {
	switch {
	case t.outside:
		return fmt.Sprintf("len != %d", t.min)
	case t.max < 0:
		return "len < 0"
	case t.min == t.max:
		return fmt.Sprintf("len = %d", t.min)
	case t.max == math.MaxInt64:
		return fmt.Sprintf("len >= %d", t.min)
	}
	return fmt.Sprintf("len <= %d", t.max)
}
