package wire

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DNS types and classes that recognisers ask for (RFC 1035, section 3.2;
// RFC 3596; RFC 1002, section 4.2.1.3).
const (
	DNSTypeA     = 1
	DNSTypeCNAME = 5
	DNSTypeSRV   = 33 // the same number is NetBIOS' NBSTAT
	DNSTypeAAAA  = 28
	DNSTypeNB    = 32
	DNSClassIN   = 1
	DNSClassAny  = 255
)

// DNSHeaderLen is the length of the header in bytes (RFC 1035, section 4.1.1).
const DNSHeaderLen = 12

// DNS is a message of the Domain Name System or of one of its relatives that
// share the format: mDNS, LLMNR and the NetBIOS name service.
type DNS struct {
	// ID is the identifier that a response repeats.
	ID uint16
	// Response is the QR bit.
	Response bool
	// Opcode and Rcode are the two fields of four bits.
	Opcode, Rcode uint8
	// Counts are the numbers of questions, answers, authority and additional
	// records that the header announces; nobody has counted them.
	Counts [4]uint16
	// Type and Class are those of the first question; 0 where there is none.
	// The unicast-response bit of mDNS is left in Class.
	Type, Class uint16

	msg  []byte
	name int // where the first name is, 0 for none
	body int // where the records begin
}

// ParseDNS reads header and questions of a DNS message (RFC 1035, section
// 4.1). wireLen is the message's length as it was sent, which may be more than
// was captured. It fails where a count, a name or a field cannot be so, and where the
// questions are not all there.
func ParseDNS(msg []byte, wireLen int) (DNS, bool) {
	if len(msg) < DNSHeaderLen {
		return DNS{}, false
	}
	flags := binary.BigEndian.Uint16(msg[2:])
	d := DNS{
		ID:       binary.BigEndian.Uint16(msg),
		Response: flags&0x8000 != 0,
		Opcode:   uint8(flags >> 11 & 15),
		Rcode:    uint8(flags & 15),
		msg:      msg,
	}
	least := DNSHeaderLen
	for i := range d.Counts {
		d.Counts[i] = binary.BigEndian.Uint16(msg[4+2*i:])
		size := 11 // the root's name, type, class, TTL, length of no data
		if i == 0 {
			size = 5
		}
		least += size * int(d.Counts[i])
	}
	// The bit Z is always zero (RFC 1035), and no message is shorter than its
	// records: this refuses nearly all that is not DNS.
	if flags&0x0040 != 0 || least > wireLen {
		return DNS{}, false
	}
	at := DNSHeaderLen
	for i := 0; i < int(d.Counts[0]); i++ {
		next, ok := skipName(msg, at)
		if !ok || len(msg) < next+4 {
			return DNS{}, false
		}
		if i == 0 {
			d.name = at
			d.Type = binary.BigEndian.Uint16(msg[next:])
			d.Class = binary.BigEndian.Uint16(msg[next+2:])
		}
		at = next + 4
	}
	d.body = at
	if d.name == 0 {
		if _, ok := skipName(msg, at); ok {
			d.name = at
		}
	}
	return d, true
}

// Name returns the first question's name as text, or the first record's where nothing is asked: labels
// joined by dots, without the root's. A dot or backslash in a label is written after a backslash, and
// what is no printable UTF-8 as \DDD (RFC 4343, section 2.1).
func (d *DNS) Name() string {
	if d.name == 0 {
		return ""
	}
	return nameText(d.msg, d.name)
}

// FirstLabel returns the bytes of the first label of that name.
func (d *DNS) FirstLabel() []byte {
	if d.name == 0 {
		return nil
	}
	n := int(d.msg[d.name])
	if n > 63 || d.name+1+n > len(d.msg) {
		return nil
	}
	return d.msg[d.name+1 : d.name+1+n]
}

// DNSRecord is one resource record. Data is borrowed from the message.
type DNSRecord struct {
	// Section is 1 for answers, 2 for authority, 3 for additional records.
	Section     int
	Type, Class uint16
	// TTL is for how many seconds the record may be kept (section 4.1.3).
	TTL  uint32
	Data []byte

	msg        []byte
	name, data int // where they stand
}

// Name returns the record's owner as text, as DNS.Name does.
func (r *DNSRecord) Name() string { return nameText(r.msg, r.name) }

// Addr returns the address that an A or AAAA record holds.
func (r *DNSRecord) Addr() (netip.Addr, bool) {
	if r.Class&0x7fff != DNSClassIN { // the high bit is mDNS' cache-flush
		return netip.Addr{}, false
	}
	if r.Type == DNSTypeA && len(r.Data) == 4 || r.Type == DNSTypeAAAA && len(r.Data) == 16 {
		return netip.AddrFromSlice(r.Data)
	}
	return netip.Addr{}, false
}

// Records calls yield with each resource record that is there in full, until
// it returns false. It returns the number of bytes of the message that were understood and
// whether these were all the records that the header announced.
func (d *DNS) Records(yield func(*DNSRecord) bool) (int, bool) {
	at := d.body
	for section := 1; section <= 3; section++ {
		for i := 0; i < int(d.Counts[section]); i++ {
			next, ok := skipName(d.msg, at)
			if !ok || len(d.msg) < next+10 {
				return at, false
			}
			size := int(binary.BigEndian.Uint16(d.msg[next+8:]))
			if len(d.msg) < next+10+size {
				return at, false
			}
			r := DNSRecord{
				Section: section,
				Type:    binary.BigEndian.Uint16(d.msg[next:]),
				Class:   binary.BigEndian.Uint16(d.msg[next+2:]),
				TTL:     binary.BigEndian.Uint32(d.msg[next+4:]),
				Data:    d.msg[next+10 : next+10+size],
				msg:     d.msg,
				name:    at,
				data:    next + 10,
			}
			if yield != nil && !yield(&r) {
				return at, false
			}
			at = next + 10 + size
		}
	}
	return at, true
}

// maxJumps is how many pointers of one name are followed.
const maxJumps = 32

// sameName reports whether the names at two offsets are the same, whatever the case of their
// letters (RFC 4343, section 3).
func sameName(msg []byte, a, b int) bool {
	for jumps := maxJumps; ; {
		a, b = target(msg, a, &jumps), target(msg, b, &jumps)
		if a < 0 || b < 0 {
			return false
		}
		if a == b {
			return true
		}
		n := int(msg[a])
		if n != int(msg[b]) || n > 63 || a+1+n > len(msg) || b+1+n > len(msg) || !equalFold(msg[a+1:a+1+n], msg[b+1:b+1+n]) {
			return false
		}
		if n == 0 {
			return true
		}
		a, b = a+1+n, b+1+n
	}
}

// target follows the pointers at an offset to a label; it is -1 where there is none.
func target(msg []byte, at int, jumps *int) int {
	for at < len(msg) && msg[at] >= 0xc0 {
		if at+2 > len(msg) || *jumps == 0 {
			return -1
		}
		*jumps--
		at = int(msg[at])&0x3f<<8 | int(msg[at+1])
	}
	if at >= len(msg) {
		return -1
	}
	return at
}

// QuestionHash returns a hash of what an answer repeats of its question: identifier, name in whatever
// case, type and class. It is 0 where the message does not ask exactly one question.
func (d *DNS) QuestionHash() uint32 {
	if d.Counts[0] != 1 || d.name == 0 {
		return 0
	}
	const prime = 16777619 // FNV-1a
	h := uint32(2166136261)
	add := func(c byte) { h = (h ^ uint32(c)) * prime }
	for _, v := range [...]uint16{d.ID, d.Type, d.Class} {
		add(byte(v >> 8))
		add(byte(v))
	}
	for jumps, at := maxJumps, d.name; ; {
		if at = target(d.msg, at, &jumps); at < 0 || d.msg[at] == 0 {
			break
		}
		n := int(d.msg[at])
		if n > 63 || at+1+n > len(d.msg) {
			break
		}
		for _, c := range d.msg[at : at+1+n] {
			add(lower(c))
		}
		at += 1 + n
	}
	return max(h, 1)
}

// What is taken from the answers of one message.
const (
	maxAnswers   = 64 // records looked at
	maxAliases   = 8
	maxAddresses = 24
	maxCompares  = 96 // of names
)

// Addresses returns the records of the addresses that a response gives for the name asked for: those of that name and
// of the aliases that lead on from it (RFC 1034, section 3.6.2), but of no other name. There are at
// most 24.
func (d *DNS) Addresses() []DNSRecord {
	if d.Counts[0] != 1 || d.name == 0 {
		return nil
	}
	var aliases, hosts []DNSRecord
	n := 0
	d.Records(func(r *DNSRecord) bool {
		if n++; r.Section != 1 || n > maxAnswers {
			return false
		}
		if _, ok := r.Addr(); ok && len(hosts) < maxAddresses {
			hosts = append(hosts, *r)
		} else if r.Type == DNSTypeCNAME && len(aliases) < maxAliases {
			aliases = append(aliases, *r)
		}
		return true
	})
	chain, compares := []int{d.name}, 0
	same := func(name int) bool {
		for _, known := range chain {
			if compares++; compares <= maxCompares && sameName(d.msg, known, name) {
				return true
			}
		}
		return false
	}
	for grown := true; grown; {
		grown = false
		for i := range aliases {
			if r := &aliases[i]; r.Type != 0 && same(r.name) {
				chain = append(chain, r.data)
				r.Type, grown = 0, true
			}
		}
	}
	slices.Reverse(chain) // the addresses are the last alias's
	return slices.DeleteFunc(hosts, func(r DNSRecord) bool { return !same(r.name) })
}

// skipName returns the offset behind the name at offset at. A pointer ends it
// (RFC 1035, section 4.1.4) and must point backwards.
func skipName(msg []byte, at int) (int, bool) {
	start := at
	for at < len(msg) {
		switch n := int(msg[at]); {
		case n == 0:
			return at + 1, true
		case n <= 63:
			at += 1 + n
			if at-start > 255 {
				return 0, false
			}
		case n >= 0xc0:
			if at+2 > len(msg) {
				return 0, false
			}
			to := n&0x3f<<8 | int(msg[at+1])
			return at + 2, to >= DNSHeaderLen && to < at
		default:
			return 0, false
		}
	}
	return 0, false
}

// nameText writes the name at offset at as text.
func nameText(msg []byte, at int) string {
	out := make([]byte, 0, 64)
	for jumps := 0; at < len(msg) && len(out) < 1024; {
		n := int(msg[at])
		if n >= 0xc0 {
			if at+2 > len(msg) || jumps > maxJumps {
				break
			}
			jumps++
			at = n&0x3f<<8 | int(msg[at+1])
			continue
		}
		if n == 0 || n > 63 || at+1+n > len(msg) {
			break
		}
		if len(out) > 0 {
			out = append(out, '.')
		}
		out = appendLabel(out, msg[at+1:at+1+n])
		at += 1 + n
	}
	return string(out)
}

func appendLabel(out, label []byte) []byte {
	for {
		plain := 0
		for plain < len(label) && label[plain] >= ' ' && label[plain] <= '~' && label[plain] != '.' && label[plain] != '\\' {
			plain++
		}
		out, label = append(out, label[:plain]...), label[plain:]
		if len(label) == 0 {
			return out
		}
		r, size := utf8.DecodeRune(label)
		switch {
		case r == '.' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == utf8.RuneError && size <= 1 || !unicode.IsPrint(r):
			for _, c := range label[:size] {
				out = append(out, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
			}
		default:
			out = append(out, label[:size]...)
		}
		label = label[size:]
	}
}

// NetBIOSName decodes the 32 letters of a NetBIOS name (RFC 1001, section
// 14.1) into its 15 characters, without the blanks or NULs at their end, and the
// suffix that says what kind of name it is.
func NetBIOSName(encoded []byte) (name string, suffix byte, ok bool) {
	if len(encoded) < 32 {
		return "", 0, false
	}
	var raw [16]byte
	for i := range raw {
		hi, lo := encoded[2*i]-'A', encoded[2*i+1]-'A'
		if hi > 15 || lo > 15 {
			return "", 0, false
		}
		raw[i] = hi<<4 | lo
	}
	text := raw[:15]
	for len(text) > 0 && (text[len(text)-1] == ' ' || text[len(text)-1] == 0) {
		text = text[:len(text)-1]
	}
	// A dot is a character like others here: these names have no labels.
	return strings.ReplaceAll(string(appendLabel(nil, text)), `\.`, "."), raw[15], true
}
