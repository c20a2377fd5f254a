package rows

import (
	"strconv"
	"time"

	"servmap/flows/safetext"
)

// AppendName appends a name that came from the network or from a file, so that
// no terminal, table or line-based tool is led astray by it: package safetext says how.
func AppendName(dst []byte, s string) []byte { return safetext.Append(dst, s) }

// Name is AppendName as a string.
func Name(s string) string { return safetext.String(s) }

// AppendMAC appends a hardware address, or the first n bytes of one.
func AppendMAC(dst []byte, mac [6]byte, n int) []byte {
	const hex = "0123456789abcdef"
	for i, b := range mac[:n] {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hex[b>>4], hex[b&15])
	}
	return dst
}

// AppendTime appends a packet time in UTC with three decimals (RFC 3339).
func AppendTime(dst []byte, nanoseconds int64) []byte {
	return time.Unix(0, nanoseconds).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// transports are the IP protocols that the output names (IANA, Protocol
// Numbers); others show their number.
var transports = map[uint8]string{
	0: "HOPOPT", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGP", 17: "UDP", 33: "DCCP", 41: "IPv6",
	46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 88: "EIGRP", 89: "OSPF", 94: "IPIP", 97: "ETHERIP",
	98: "ENCAP", 103: "PIM", 108: "IPCOMP", 112: "VRRP", 113: "PGM", 115: "L2TP", 132: "SCTP", 136: "UDPLITE",
}

// AppendTransport appends the name of an IP protocol, or its number.
func AppendTransport(dst []byte, protocol uint8) []byte {
	if name, ok := transports[protocol]; ok {
		return append(dst, name...)
	}
	return strconv.AppendUint(dst, uint64(protocol), 10)
}
