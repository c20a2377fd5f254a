package decode

// Link types as files number them (the tcpdump group's list of LINKTYPE
// values, and the DLT values that some programs write in their place).
const (
	linkNull          = 0
	linkEthernet      = 1
	linkTokenRing     = 6
	linkARCnet        = 7
	linkSLIP          = 8
	linkPPP           = 9
	linkFDDI          = 10
	linkRaw12         = 12
	linkRaw14         = 14
	linkCiscoPPP      = 50
	linkPPPoE         = 51
	linkRFC1483       = 100
	linkRaw           = 101
	linkHDLC          = 104
	linkWiFi          = 105
	linkATMCLIP       = 106
	linkFrameRelay    = 107
	linkLoop          = 108
	linkEnc           = 109
	linkSLL           = 113
	linkPFLOG         = 117
	linkPrism         = 119
	linkRadiotap      = 127
	linkARCnetLinux   = 129
	linkIPFC          = 122
	linkSunATM        = 123
	linkFirewire      = 138
	linkUser2         = 149
	linkAVS           = 163
	linkPPPD          = 166
	linkJuniperEther  = 178
	linkPPI           = 192
	linkLowRateFCS    = 195
	linkPPPDirection  = 204
	linkHDLCDirection = 205
	linkFRDirection   = 206
	linkMPLS          = 219
	linkIPNET         = 226
	linkIPv4          = 228
	linkIPv6          = 229
	linkLowRate       = 230
	linkNFLOG         = 239
	linkNetAnalyzer   = 240
	linkNetAnalyzerT  = 241
	linkIPoIB         = 242
	linkPKTAP         = 258
	linkEPON          = 259
	linkMPacket       = 274
	linkSLL2          = 276
	linkBroadcomTag   = 281
	linkBroadcomFront = 282
	linkLowRateTap    = 283
	linkDSATag        = 284
	linkEDSATag       = 285
)

// link decodes a frame of any link type.
func (d *Decoder) link(p *Packet, link uint16, b []byte, wire int) {
	switch link {
	case linkEthernet:
		d.ethernet(p, b, wire)
	case linkRaw12, linkRaw14, linkRaw:
		d.ip(p, b, wire)
	case linkIPv4:
		d.ipv4(p, b, wire)
	case linkIPv6:
		d.ipv6(p, b, wire)
	case linkNull, linkLoop:
		d.loopback(p, b, wire)
	case linkSLL:
		d.sll(p, b, wire)
	case linkSLL2:
		d.sll2(p, b, wire)
	case linkPPP, linkCiscoPPP:
		d.pppSerial(p, b, wire)
	case linkPPPoE:
		d.pppoe(p, b, wire)
	case linkHDLC:
		d.hdlc(p, b, wire)
	case linkWiFi:
		d.wifi(p, b, wire, false, false)
	case linkRadiotap:
		d.radiotap(p, b, wire)
	case linkPrism, linkAVS:
		d.prism(p, b, wire)
	case linkPPI:
		d.ppi(p, b, wire)
	case linkNFLOG:
		d.nflog(p, b, wire)
	default:
		d.rareLink(p, link, b, wire)
	}
}

// rareLink decodes the link types that few captures have.
func (d *Decoder) rareLink(p *Packet, link uint16, b []byte, wire int) {
	switch link {
	case linkTokenRing:
		d.tokenRing(p, b, wire)
	case linkFDDI:
		d.after(p, b, wire, 13, (*Decoder).llc)
	case linkSLIP: // direction and 15 bytes of a compressed header
		d.after(p, b, wire, 16, (*Decoder).ip)
	case linkRFC1483:
		d.llc(p, b, wire)
	case linkATMCLIP:
		if isIP(b) {
			d.ip(p, b, wire)
		} else {
			d.llc(p, b, wire)
		}
	case linkFrameRelay:
		d.frameRelay(p, b, wire)
	case linkARCnet:
		d.arcnet(p, b, wire, 3)
	case linkARCnetLinux: // addresses, then an offset of two bytes
		d.arcnet(p, b, wire, 5)
	case linkPPPD:
		if len(b) > 1 && b[0] <= 1 && b[1] == 3 {
			b, wire = b[2:], wire-2
		}
		d.ppp(p, b, wire)
	case linkPPPDirection:
		d.after(p, b, wire, 1, (*Decoder).pppSerial)
	case linkHDLCDirection:
		d.after(p, b, wire, 1, (*Decoder).hdlc)
	case linkFRDirection:
		d.after(p, b, wire, 1, (*Decoder).frameRelay)
	case linkMPLS:
		d.mpls(p, b, wire)
	case linkNetAnalyzer, linkBroadcomFront:
		d.after(p, b, wire, 4, (*Decoder).ethernet)
	case linkMPacket, linkEPON: // preamble
		d.after(p, b, wire, 8, (*Decoder).ethernet)
	case linkIPFC: // RFC 2625, 3.2
		d.after(p, b, wire, 16, (*Decoder).llc)
	case linkFirewire: // two addresses of eight bytes, then the EtherType
		d.after(p, b, wire, 16, (*Decoder).typeOrLength)
	case linkSunATM:
		d.sunATM(p, b, wire)
	case linkPFLOG:
		d.pflog(p, b, wire)
	case linkEnc: // address family, security index, flags
		d.after(p, b, wire, 12, (*Decoder).ip)
	case linkNetAnalyzerT: // with preamble
		d.after(p, b, wire, 12, (*Decoder).ethernet)
	case linkBroadcomTag, linkDSATag:
		d.switchTag(p, b, wire, 4)
	case linkEDSATag:
		d.switchTag(p, b, wire, 8)
	case linkJuniperEther:
		d.juniperEther(p, b, wire)
	case linkIPNET: // Solaris: version, family, lengths and interfaces
		d.after(p, b, wire, 24, (*Decoder).ip)
	case linkIPoIB:
		d.ipoib(p, b, wire)
	case linkLowRate:
		d.lowRate(p, b, wire)
	case linkLowRateFCS:
		d.lowRateChecked(p, b, wire)
	case linkLowRateTap:
		d.lowRateTap(p, b, wire)
	case linkPKTAP, linkUser2:
		d.pktap(p, link, b, wire)
	}
}

// after decodes what follows n bytes.
func (d *Decoder) after(p *Packet, b []byte, wire, n int, next func(*Decoder, *Packet, []byte, int)) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	next(d, p, b[n:], wire-n)
}

// Flags of the header that Juniper's routers put before a frame.
const (
	juniperNoLink     = 0x02
	juniperExtensions = 0x80
)

// juniperEther passes that header: "MGC", flags, and perhaps extensions with
// their length. Where there is no link layer, a protocol family of four bytes and
// IP follow, else a frame.
func (d *Decoder) juniperEther(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	if string(b[:3]) != "MGC" {
		p.damaged(LayerLink, b, len(b))
		return
	}
	n, flags := 4, b[3]
	if flags&juniperExtensions != 0 {
		if len(b) < 6 {
			p.damaged(LayerLink, b, wire)
			return
		}
		n = 6 + int(be16(b[4:]))
	}
	if flags&juniperNoLink != 0 {
		d.after(p, b, wire, n+4, (*Decoder).ip)
		return
	}
	d.after(p, b, wire, n, (*Decoder).ethernet)
}

// ipoib decodes IP over InfiniBand (RFC 4391, 6): an EtherType and two reserved
// bytes. Programs put nothing, a hardware address of 20 bytes, or a global
// routing header of 40 before them.
func (d *Decoder) ipoib(p *Packet, b []byte, wire int) {
	for _, n := range [...]int{0, 20, 40} {
		if len(b) < n+4 {
			p.damaged(LayerLink, b, wire)
			return
		}
		switch etherType := be16(b[n:]); {
		case be16(b[n+2:]) != 0:
		case etherType == typeIPv4 || etherType == typeIPv6 || etherType == typeARP:
			d.network(p, etherType, b[n+4:], wire-n-4)
			return
		}
	}
	p.notIP(OtherEtherType)
	p.EtherType = be16(b)
}
