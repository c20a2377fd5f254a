package pcapio

import "strconv"

// LinkType tells how a frame begins: a LINKTYPE_ number as captures hold it
// (tcpdump.org/linktypes.html). Numbers that some systems wrote into files in
// place of a LINKTYPE_ number are translated: 12 and 14, raw IP, become
// LinkRaw.
type LinkType uint16

// The link types that are decoded, and a few that are only named.
const (
	LinkNull       LinkType = 0   // BSD loopback: address family in the capturing machine's byte order
	LinkEthernet   LinkType = 1   // IEEE 802.3
	LinkTokenRing  LinkType = 6   // IEEE 802.5
	LinkARCNet     LinkType = 7   // ARCNET, BSD form
	LinkSLIP       LinkType = 8   // SLIP with a direction header
	LinkPPP        LinkType = 9   // PPP, perhaps in HDLC-like framing
	LinkFDDI       LinkType = 10  // FDDI
	LinkPPPHDLC    LinkType = 50  // PPP in HDLC-like framing, or Cisco HDLC
	LinkPPPoE      LinkType = 51  // PPPoE session packets
	LinkATMRFC1483 LinkType = 100 // LLC-encapsulated ATM
	LinkRaw        LinkType = 101 // IPv4 or IPv6, told by the version field
	LinkCHDLC      LinkType = 104 // Cisco HDLC
	LinkWiFi       LinkType = 105 // IEEE 802.11
	LinkFrameRelay LinkType = 107 // Frame Relay
	LinkLoop       LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkSLL        LinkType = 113 // Linux cooked
	LinkLTalk      LinkType = 114 // Apple LocalTalk
	LinkPrism      LinkType = 119 // IEEE 802.11 after a Prism header
	LinkARCNetLin  LinkType = 129 // ARCNET, Linux form
	LinkRadiotap   LinkType = 127 // IEEE 802.11 after a radiotap header
	LinkAVS        LinkType = 163 // IEEE 802.11 after an AVS header
	LinkPPPDir     LinkType = 166 // PPP after a direction byte (old pppd)
	LinkUSBLinux   LinkType = 189 // USB with a Linux header
	LinkPPI        LinkType = 192 // Per-Packet Information header
	LinkWPAN       LinkType = 195 // IEEE 802.15.4 with FCS
	LinkPPPWithDir LinkType = 204 // PPP after a direction byte
	LinkIPv4       LinkType = 228 // IPv4
	LinkIPv6       LinkType = 229 // IPv6
	LinkWPANNoFCS  LinkType = 230 // IEEE 802.15.4 without FCS
	LinkDBus       LinkType = 231 // D-Bus messages
	LinkNFLOG      LinkType = 239 // Linux netfilter log
	LinkUSBPcap    LinkType = 249 // USB with a USBPcap header
	LinkPKTAP      LinkType = 258 // Apple PKTAP
	LinkSLL2       LinkType = 276 // Linux cooked, version 2
)

var linkNames = map[LinkType]string{
	LinkNull: "NULL", LinkEthernet: "ETHERNET", 3: "AX25", LinkTokenRing: "IEEE802_5",
	LinkARCNet: "ARCNET_BSD", LinkSLIP: "SLIP", LinkPPP: "PPP", LinkFDDI: "FDDI",
	LinkPPPHDLC: "PPP_HDLC", LinkPPPoE: "PPP_ETHER", LinkATMRFC1483: "ATM_RFC1483",
	LinkRaw: "RAW", LinkCHDLC: "C_HDLC", LinkWiFi: "IEEE802_11", 106: "ATM_CLIP",
	LinkFrameRelay: "FRELAY", LinkLoop: "LOOP", LinkSLL: "LINUX_SLL", LinkLTalk: "LTALK",
	117: "PFLOG", LinkPrism: "IEEE802_11_PRISM", 122: "IP_OVER_FC", 123: "SUNATM",
	LinkRadiotap: "IEEE802_11_RADIOTAP", LinkARCNetLin: "ARCNET_LINUX",
	138: "APPLE_IP_OVER_IEEE1394", 139: "MTP2_WITH_PHDR", 140: "MTP2", 141: "MTP3",
	142: "SCCP", 143: "DOCSIS", 144: "LINUX_IRDA", 147: "USER0", 148: "USER1",
	149: "USER2", 150: "USER3", 151: "USER4", 152: "USER5", 153: "USER6", 154: "USER7",
	155: "USER8", 156: "USER9", 157: "USER10", 158: "USER11", 159: "USER12",
	160: "USER13", 161: "USER14", 162: "USER15", LinkAVS: "IEEE802_11_AVS",
	165: "BACNET_MS_TP", LinkPPPDir: "PPP_PPPD", 169: "GPRS_LLC", 177: "LINUX_LAPD",
	178: "JUNIPER_ETHER", 187: "BLUETOOTH_HCI_H4", LinkUSBLinux: "USB_LINUX", LinkPPI: "PPI",
	LinkWPAN: "IEEE802_15_4_WITHFCS", 196: "SITA", 197: "ERF",
	201: "BLUETOOTH_HCI_H4_WITH_PHDR", 202: "AX25_KISS", 203: "LAPD",
	LinkPPPWithDir: "PPP_WITH_DIR", 205: "C_HDLC_WITH_DIR", 206: "FRELAY_WITH_DIR",
	209: "IPMB_LINUX", 215: "IEEE802_15_4_NONASK_PHY", 220: "USB_LINUX_MMAPPED",
	224: "FC_2", 225: "FC_2_WITH_FRAME_DELIMS", 226: "IPNET", 227: "CAN_SOCKETCAN",
	LinkIPv4: "IPV4", LinkIPv6: "IPV6", LinkWPANNoFCS: "IEEE802_15_4_NOFCS",
	LinkDBus: "DBUS", 235: "DVB_CI", 236: "MUX27010", 237: "STANAG_5066_D_PDU",
	LinkNFLOG: "NFLOG", 240: "NETANALYZER", 241: "NETANALYZER_TRANSPARENT", 242: "IPOIB",
	243: "MPEG_2_TS", 244: "NG40", 245: "NFC_LLCP", 247: "INFINIBAND", 248: "SCTP",
	LinkUSBPcap: "USBPCAP", 250: "RTAC_SERIAL", 251: "BLUETOOTH_LE_LL", 253: "NETLINK",
	254: "BLUETOOTH_LINUX_MONITOR", 255: "BLUETOOTH_BREDR_BB", 256: "BLUETOOTH_LE_LL_WITH_PHDR",
	257: "PROFIBUS_DL", LinkPKTAP: "PKTAP", 259: "EPON", 260: "IPMI_HPM_2",
	261: "ZWAVE_R1_R2", 262: "ZWAVE_R3", 263: "WATTSTOPPER_DLM", 264: "ISO_14443",
	265: "RDS", 266: "USB_DARWIN", 268: "SDLC", 270: "LORATAP", 271: "VSOCK",
	272: "NORDIC_BLE", 273: "DOCSIS31_XRA31", 274: "ETHERNET_MPACKET", 275: "DISPLAYPORT_AUX",
	LinkSLL2: "LINUX_SLL2", 278: "OPENVIZSLA", 279: "EBHSCR", 280: "VPP_DISPATCH",
	281: "DSA_TAG_BRCM", 282: "DSA_TAG_BRCM_PREPEND", 283: "IEEE802_15_4_TAP",
	284: "DSA_TAG_DSA", 285: "DSA_TAG_EDSA", 286: "ELEE", 287: "Z_WAVE_SERIAL",
	288: "USB_2_0", 289: "ATSC_ALP", 290: "ETW", 292: "ZBOSS_NCP",
}

// String returns the type's LINKTYPE_ name without that prefix, or its number.
func (l LinkType) String() string {
	if name, ok := linkNames[l]; ok {
		return name
	}
	return "link type " + strconv.Itoa(int(l))
}

// linkOnDisk translates a link type field to a LinkType. The upper half of a
// pcap header's field holds the FCS length and reserved bits
// (draft-ietf-opsawg-pcap, 4).
func linkOnDisk(field uint32) LinkType {
	switch l := LinkType(field); l {
	case 12, 14:
		return LinkRaw
	default:
		return l
	}
}
