package flows

import (
	"encoding/binary"
	"net/netip"

	"servmap/flows/decode"
)

// SightingKind is the kind of a Sighting.
type SightingKind uint8

// The kinds of sightings.
const (
	// Claim: the host with MAC says that it has Addr, by ARP (RFC 826) or neighbour discovery (RFC
	// 4861, section 4.4).
	Claim SightingKind = iota
	// Ask: the host with MAC and Addr asks by ARP who has Peer.
	Ask
	// Lease: the DHCP server Peer, with PeerMAC, has given Addr to MAC (RFC 2131, section 3.1).
	Lease
	// Offer: the DHCP server Peer, with PeerMAC, answers otherwise. Addr may be unspecified.
	Offer
	// Router: the host with MAC and Addr advertises itself as a router (RFC 4861, section 4.2), or a
	// DHCP server names Addr as one (RFC 2132, section 3.5). MAC is zero then.
	Router
	// Called: the host with MAC or, where that is zero, Addr is called Name: by DHCP's option 12,
	// mDNS, LLMNR or NetBIOS.
	Called
	// Outer: a tunnel of kind Tunnel goes from Addr to Peer.
	Outer
	// From: the packets from the given Number on come from the capture File, until the next such
	// sighting.
	From
	// Frame: the host with MAC sends frames of EtherType that hold no IP.
	Frame
	// Fragments: IP fragments go from Addr to Peer.
	Fragments
)

// Sighting is what a packet tells of hosts, besides being part of a flow.
type Sighting struct {
	Kind SightingKind
	// Time is the packet's time, Now input time with it counted, in nanoseconds since 1970.
	Time, Now int64
	// MAC and Addr are of the host that it is about, PeerMAC and Peer of another.
	MAC, PeerMAC [6]byte
	Addr, Peer   netip.Addr
	// Tunnel is valid iff Kind is Outer, EtherType iff Frame, and Name iff Called.
	Tunnel    decode.Tunnel
	EtherType uint16
	Name      string
	// Number and File are valid iff Kind is From.
	Number uint64
	File   uint32
}

// mostRepeats is how many different sightings are remembered, so that they are told once. Where more
// come, those are forgotten and told again.
const mostRepeats = 1 << 16

// lookout finds sightings. Of those that repeat themselves it tells the first, and a claim again
// where another host had claimed the address since.
type lookout struct {
	found []Sighting
	told  map[Sighting]struct{}
	// claims holds the MAC that claimed an address last.
	claims map[netip.Addr][6]byte
	// leases holds what was leased to a MAC last.
	leases map[[6]byte]Sighting
	// begun is how many captures have begun.
	begun uint32
}

func newLookout() *lookout {
	return &lookout{told: map[Sighting]struct{}{}, claims: map[netip.Addr][6]byte{}, leases: map[[6]byte]Sighting{}}
}

// take returns what was found since the last call.
func (l *lookout) take() []Sighting {
	found := l.found
	l.found = nil
	return found
}

// tell adds a sighting, unless it was told before.
func (l *lookout) tell(s Sighting, d *decode.Packet, now int64) {
	switch {
	case s.Kind == Lease:
		if l.leases[s.MAC] == s {
			return
		}
		if len(l.leases) == mostRepeats {
			clear(l.leases)
		}
		l.leases[s.MAC] = s
	case s.Kind == Claim:
		if last, ok := l.claims[s.Addr]; ok && last == s.MAC {
			return
		}
		if len(l.claims) == mostRepeats {
			clear(l.claims)
		}
		l.claims[s.Addr] = s.MAC
	default:
		if _, ok := l.told[s]; ok {
			return
		}
		if len(l.told) == mostRepeats {
			clear(l.told)
		}
		l.told[s] = struct{}{}
	}
	s.Time, s.Now = d.Time, now
	l.found = append(l.found, s)
}

// from tells that the packets from the given number on are of another capture. All is told again in each
// capture, so that a capture's evidence does not hang on those before it.
func (l *lookout) from(file uint32, number uint64, time, now int64) {
	if file >= l.begun {
		l.begun = file + 1
		clear(l.told)
		clear(l.claims)
		clear(l.leases)
	}
	l.found = append(l.found, Sighting{Kind: From, Time: time, Now: now, Number: number, File: file})
}

// The ports of protocols that name hosts or lease addresses.
const (
	portDHCPServer = 67
	portDHCPClient = 68
	portNetBIOS    = 137
	portMDNS       = 5353
	portLLMNR      = 5355
)

// look looks at a packet.
func (l *lookout) look(d *decode.Packet, now int64) {
	switch {
	case d.Kind == decode.NotIP:
		if d.Other == decode.OtherARP {
			l.arp(d, now)
		} else if d.HasMAC && d.EtherType != 0 {
			l.tell(Sighting{Kind: Frame, MAC: d.SrcMAC, EtherType: d.EtherType}, d, now)
		}
	case d.Kind != decode.IP:
	case d.Fragment && d.Outermost == decode.NoTunnel:
		l.tell(Sighting{Kind: Fragments, Addr: address(d.Version, d.Src), Peer: address(d.Version, d.Dst)}, d, now)
	case d.Outermost != decode.NoTunnel:
		src, dst := address(d.OuterVersion, d.OuterSrc), address(d.OuterVersion, d.OuterDst)
		l.tell(Sighting{Kind: Outer, Addr: src, Peer: dst, Tunnel: d.Outermost}, d, now)
	case d.Protocol == protoICMPv6:
		l.neighbour(d, now)
	case d.Protocol == protoUDP:
		switch {
		case d.SrcPort == portDHCPServer || d.DstPort == portDHCPServer:
			l.dhcp(d, now)
		case d.SrcPort == portMDNS || d.SrcPort == portLLMNR || d.SrcPort == portNetBIOS:
			l.names(d, now)
		}
	}
}

// address returns an address as a decoded packet has it.
func address(version uint8, b [16]byte) netip.Addr {
	if version == 4 {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(b)
}

// isMAC reports whether a MAC address can be one host's: it is neither zero nor a group's.
func isMAC(mac [6]byte) bool { return mac != [6]byte{} && mac[0]&1 == 0 }

// arp reads a packet of RFC 826 for Ethernet and IPv4.
func (l *lookout) arp(d *decode.Packet, now int64) {
	b := d.Payload
	if len(b) < 28 || binary.BigEndian.Uint16(b[2:]) != 0x0800 || b[4] != 6 || b[5] != 4 {
		return
	}
	mac, target := [6]byte(b[8:14]), [6]byte(b[18:24])
	sender, asked := netip.AddrFrom4([4]byte(b[14:18])), netip.AddrFrom4([4]byte(b[24:28]))
	if !isMAC(mac) || sender.IsUnspecified() || sender.IsMulticast() {
		return
	}
	l.tell(Sighting{Kind: Claim, MAC: mac, Addr: sender}, d, now)
	switch op := binary.BigEndian.Uint16(b[6:]); {
	case op == 1 && asked != sender:
		l.tell(Sighting{Kind: Ask, MAC: mac, Addr: sender, Peer: asked}, d, now)
	case op == 2 && isMAC(target) && !asked.IsUnspecified() && asked != sender && target != mac:
		l.tell(Sighting{Kind: Claim, MAC: target, Addr: asked}, d, now)
	}
}

// neighbour reads the messages of RFC 4861 that tell of a host or a router.
func (l *lookout) neighbour(d *decode.Packet, now int64) {
	b, src := d.Payload, address(d.Version, d.Src)
	if len(b) < 24 && (len(b) < 16 || b[0] != 134) || !d.HasMAC {
		return
	}
	switch b[0] {
	case 134:
		if src.IsLinkLocalUnicast() {
			l.tell(Sighting{Kind: Router, MAC: d.SrcMAC, Addr: src}, d, now)
		}
	case 136: // the target's link-layer address is option 2
		mac := d.SrcMAC
		for o := b[24:]; len(o) >= 8; {
			n := int(o[1]) * 8
			if n == 0 || n > len(o) {
				break
			}
			if o[0] == 2 && n == 8 {
				mac = [6]byte(o[2:8])
			}
			o = o[n:]
		}
		if target := netip.AddrFrom16([16]byte(b[8:24])); isMAC(mac) && !target.IsMulticast() && !target.IsUnspecified() {
			l.tell(Sighting{Kind: Claim, MAC: mac, Addr: target}, d, now)
		}
	}
}

// dhcp reads a message of RFC 2131: what a server leases, and how a client calls itself.
func (l *lookout) dhcp(d *decode.Packet, now int64) {
	b := d.Payload
	if len(b) < 241 || b[1] != 1 || b[2] != 6 || binary.BigEndian.Uint32(b[236:]) != 0x63825363 {
		return
	}
	mac := [6]byte(b[28:34])
	if !isMAC(mac) {
		return
	}
	var kind byte
	var name string
	var router netip.Addr
	for o := b[240:]; len(o) >= 2 && o[0] != 255; {
		if o[0] == 0 {
			o = o[1:]
			continue
		}
		n := 2 + int(o[1])
		if n > len(o) {
			break
		}
		switch v := o[2:n]; {
		case o[0] == 53 && len(v) == 1:
			kind = v[0]
		case o[0] == 12 && len(v) > 0 && len(v) <= mostName:
			name = string(v)
		case o[0] == 3 && len(v) >= 4:
			router = netip.AddrFrom4([4]byte(v[:4]))
		}
		o = o[n:]
	}
	if b[0] == 1 {
		if name != "" && (kind == 1 || kind == 3) {
			l.tell(Sighting{Kind: Called, MAC: mac, Name: name}, d, now)
		}
		return
	}
	server := Sighting{MAC: mac, Addr: netip.AddrFrom4([4]byte(b[16:20])), Peer: address(d.Version, d.Src)}
	if d.HasMAC {
		server.PeerMAC = d.SrcMAC
	}
	switch {
	case kind == 5 && !server.Addr.IsUnspecified():
		server.Kind = Lease
	case kind == 2 || kind == 5:
		server.Kind = Offer
	default:
		return
	}
	l.tell(server, d, now)
	if router.IsValid() && !router.IsUnspecified() {
		l.tell(Sighting{Kind: Router, Addr: router}, d, now)
	}
}
