package decode

// Tunnel is a kind of tunnel, 0 for none.
type Tunnel uint8

// The kinds of tunnel whose content is decoded.
const (
	NoTunnel Tunnel = iota
	TunnelGTP
	TunnelCAPWAP
	TunnelTZSP
	TunnelL2TP
	TunnelVXLAN
	TunnelPPTP
	TunnelGRE
	TunnelIPIP
	TunnelGENEVE
	TunnelTeredo
	TunnelEtherIP
	TunnelMPLS
	TunnelERSPAN
	tunnels
)

// String names the kind of tunnel.
func (t Tunnel) String() string {
	return name(int(t), "none", "GTP-U", "CAPWAP", "TZSP", "L2TP", "VXLAN", "PPTP", "GRE", "IP-in-IP", "GENEVE", "Teredo",
		"EtherIP", "MPLS-in-IP", "ERSPAN")
}

// Number returns nDPI's number for the kind of tunnel: 1 GTP, 2 CAPWAP, 3 TZSP, 4 L2TP, 5 VXLAN, 6
// PPP, 7 GRE. ERSPAN has that of GRE; the others have none: 0.
func (t Tunnel) Number() uint8 {
	switch {
	case t <= TunnelGRE:
		return uint8(t)
	case t == TunnelERSPAN:
		return uint8(TunnelGRE)
	}
	return 0
}

// hop is one tunnel around the packet.
type hop struct {
	kind     Tunnel
	version  uint8
	src, dst [16]byte
}

// Forms of what a tunnel carries, besides EtherTypes.
const (
	formWiFi        uint32 = 0x10000 + iota
	formSwappedWiFi        // 802.11 with the bytes of frame control swapped
	formPrism
	formIP
)

// enter decodes what a tunnel carries, in place of the outer packet in p. form is an EtherType or
// one of the forms above. Where that is no IP packet, enter leaves p as it was and reports false.
func (d *Decoder) enter(p *Packet, kind Tunnel, form uint32, b []byte, wire int) bool {
	if d.nhops == maxTunnels || len(b) == 0 {
		return false
	}
	outer, nhops, nfirst := *p, d.nhops, d.frags.nfirst
	d.hops[d.nhops] = hop{kind, p.Version, p.Src, p.Dst}
	d.nhops++
	*p = Packet{
		Number: p.Number, Time: p.Time, OrigLen: p.OrigLen,
		Tunnel: p.Tunnel, VLAN: p.VLAN, Tenant: p.Tenant,
		HasMAC: p.HasMAC, SrcMAC: p.SrcMAC, DstMAC: p.DstMAC,
		Outermost: p.Outermost, OuterVersion: p.OuterVersion, OuterSrc: p.OuterSrc, OuterDst: p.OuterDst,
	}
	if nhops == 0 {
		p.Outermost, p.OuterVersion, p.OuterSrc, p.OuterDst = kind, outer.Version, outer.Src, outer.Dst
	}
	if n := kind.Number(); n != 0 {
		p.Tunnel = n
	}
	switch form {
	case formWiFi:
		d.wifi(p, b, wire, false, false)
	case formSwappedWiFi:
		d.wifi(p, b, wire, false, true)
	case formPrism:
		d.prism(p, b, wire)
	case formIP:
		d.ip(p, b, wire)
	default:
		d.network(p, uint16(form), b, wire)
	}
	// Where the inner packet is longer than the outer one, this is no tunnel, unless the outer
	// packet is a first fragment or too long itself.
	excused := outer.Fragment || outer.Malformed
	if (p.Kind == IP || p.Kind == Held) && (excused || !p.Malformed) {
		p.Fragment = p.Fragment || outer.Fragment
		p.Malformed = outer.Malformed
		return true
	}
	*p, d.nhops, d.frags.nfirst = outer, nhops, nfirst
	return false
}
