package flows

import (
	"net/netip"
	"strings"

	"servmap/classify/wire"
	"servmap/flows/decode"
)

// mostName is the longest name of a host that is kept, in bytes: that of DNS (RFC 1035, section
// 2.3.4).
const mostName = 255

// names reads what a host says of its own name: the address records of an mDNS or LLMNR response
// (RFC 6762, section 6; RFC 4795, section 2.1), and a NetBIOS registration (RFC 1002, section 4.2.2).
func (l *lookout) names(d *decode.Packet, now int64) {
	if d.SrcPort == portNetBIOS {
		l.netBIOS(d, now)
		return
	}
	m, ok := wire.ParseDNS(d.Payload, d.PayloadLen)
	if !ok || !m.Response {
		return
	}
	src, n := address(d.Version, d.Src), 0
	m.Records(func(r *wire.DNSRecord) bool {
		if a, ok := r.Addr(); ok && a == src {
			if name := strings.TrimSuffix(r.Name(), ".local"); name != "" && len(name) <= mostName {
				l.tell(Sighting{Kind: Called, Addr: a, Name: name}, d, now)
			}
		}
		n++
		return n < 64
	})
}

// netBIOS reads the registration of a host's own name: the opcode is 5, and the name's last byte,
// its suffix, 0.
func (l *lookout) netBIOS(d *decode.Packet, now int64) {
	b := d.Payload
	if len(b) < 12+34 || b[2]&0xf8 != 5<<3 || b[12] != 32 {
		return
	}
	// The name is written in half-bytes from "A" on (RFC 1001, section 14.1).
	var name [16]byte
	for i := range name {
		hi, lo := b[13+2*i]-'A', b[14+2*i]-'A'
		if hi > 15 || lo > 15 {
			return
		}
		name[i] = hi<<4 | lo
	}
	// A group's name is many hosts' (section 4.2.2: the flag G in the record's data).
	group := len(b) >= 6 && b[len(b)-6]&0x80 != 0
	text := strings.TrimRight(string(name[:15]), " ")
	src := address(d.Version, d.Src)
	if name[15] != 0 || group || text == "" || src == (netip.Addr{}) {
		return
	}
	l.tell(Sighting{Kind: Called, Addr: src, Name: text}, d, now)
}
