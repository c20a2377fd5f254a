package decode

// Other says what a frame without IP is.
type Other uint8

// What frames without IP are counted as.
const (
	OtherEtherType Other = iota
	OtherARP
	OtherRARP
	OtherSTP
	OtherLLDP
	OtherCDP
	OtherCisco
	OtherIPX
	OtherAppleTalk
	OtherNetBEUI
	OtherOSI
	OtherLLC
	OtherEAPOL
	OtherMACsec
	OtherSlow
	OtherLoop
	OtherPTP
	OtherCFM
	OtherPROFINET
	OtherEtherCAT
	OtherIEC61850
	OtherHomePlug
	OtherAoE
	OtherFCoE
	OtherWoL
	OtherRealtek
	OtherPPPoE
	OtherPPP
	OtherCompressed
	OtherMPLS
	OtherSLARP
	OtherWiFiManagement
	OtherWiFiControl
	OtherWiFiNull
	OtherWiFiProtected
	OtherWiFiFragment
	OtherFamily
	OtherLowRate
	others
)

var otherNames = [others]string{
	"other EtherType", "ARP", "RARP", "STP", "LLDP", "CDP", "Cisco control", "IPX", "AppleTalk", "NetBEUI", "OSI",
	"LLC", "EAPOL", "MACsec", "slow protocols", "loopback test", "PTP", "CFM", "PROFINET", "EtherCAT", "IEC 61850",
	"HomePlug", "AoE", "FCoE", "Wake-on-LAN", "Realtek", "PPPoE discovery", "PPP control", "PPP compressed or encrypted",
	"MPLS", "SLARP", "802.11 management", "802.11 control", "802.11 without data", "802.11 encrypted", "802.11 fragment",
	"other address family", "IEEE 802.15.4 without IP",
}

// String names what the frame is, as the summary prints it.
func (o Other) String() string {
	if int(o) < len(otherNames) {
		return otherNames[o]
	}
	return "?"
}

// otherOf names the protocol of an EtherType without IP (IEEE's public list).
func otherOf(etherType uint16) Other {
	switch etherType {
	case typeARP:
		return OtherARP
	case 0x8035:
		return OtherRARP
	case 0x88cc:
		return OtherLLDP
	case 0x2000:
		return OtherCDP
	case 0x2003, 0x2004, 0x0111, 0x010b, 0x010c:
		return OtherCisco
	case 0x8137, 0x8138:
		return OtherIPX
	case 0x809b, 0x80f3:
		return OtherAppleTalk
	case 0x888e, 0x88c7:
		return OtherEAPOL
	case 0x88e5:
		return OtherMACsec
	case 0x8809:
		return OtherSlow
	case 0x9000:
		return OtherLoop
	case 0x88f7:
		return OtherPTP
	case 0x8902:
		return OtherCFM
	case 0x8892:
		return OtherPROFINET
	case 0x88a4:
		return OtherEtherCAT
	case 0x88b8, 0x88b9, 0x88ba:
		return OtherIEC61850
	case 0x88e1, 0x887b, 0x8912, 0x893a:
		return OtherHomePlug
	case 0x88a2:
		return OtherAoE
	case 0x8906, 0x8914:
		return OtherFCoE
	case 0x0842:
		return OtherWoL
	case 0x8899:
		return OtherRealtek
	case 0x8863:
		return OtherPPPoE
	case 0xfefe, 0x22f4:
		return OtherOSI
	}
	return OtherEtherType
}
