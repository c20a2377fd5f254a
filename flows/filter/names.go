package filter

// transports is a set of the protocols whose ports are known.
type transports uint8

const (
	overTCP transports = 1 << iota
	overUDP
	overSCTP
	overAny = overTCP | overUDP | overSCTP
)

// The IP protocols that the language or its tests name (IANA).
const (
	protoICMP    = 1
	protoIGMP    = 2
	protoIPv4    = 4
	protoTCP     = 6
	protoIGRP    = 9
	protoUDP     = 17
	protoIPv6    = 41
	protoGRE     = 47
	protoESP     = 50
	protoAH      = 51
	protoICMP6   = 58
	protoEtherIP = 97
	protoPIM     = 103
	protoVRRP    = 112
	protoSCTP    = 132
	protoMPLS    = 137
)

// transportOf holds the transport of each IP protocol with ports.
var transportOf = [256]transports{protoTCP: overTCP, protoUDP: overUDP, protoSCTP: overSCTP}

// protocolWords are the primitives that are the word for a protocol, with the IP version that they
// are limited to. Of several words for the same protocol, String prints the first.
var protocolWords = []struct {
	word     string
	version  uint8
	protocol uint8
}{
	{"tcp", 0, protoTCP},
	{"udp", 0, protoUDP},
	{"sctp", 0, protoSCTP},
	{"icmp", 4, protoICMP},
	{"icmp6", 6, protoICMP6},
	{"igmp", 4, protoIGMP},
	{"gre", 0, protoGRE},
	{"esp", 0, protoESP},
	{"ah", 0, protoAH},
	{"pim", 0, protoPIM},
	{"igrp", 4, protoIGRP},
	{"vrrp", 4, protoVRRP},
	{"carp", 4, protoVRRP},
}

// protocolNames are the names of IP protocols after "proto" (IANA, as in /etc/protocols).
var protocolNames = map[string]uint8{
	"icmp": protoICMP, "igmp": protoIGMP, "ipencap": protoIPv4, "tcp": protoTCP, "egp": 8, "igp": protoIGRP, "igrp": protoIGRP,
	"udp": protoUDP, "dccp": 33, "ipv6": protoIPv6, "rsvp": 46, "gre": protoGRE, "esp": protoESP, "ah": protoAH,
	"ipv6-icmp": protoICMP6, "icmp6": protoICMP6, "eigrp": 88, "ospf": 89, "etherip": protoEtherIP, "pim": protoPIM, "ipcomp": 108,
	"vrrp": protoVRRP, "carp": protoVRRP, "l2tp": 115, "sctp": protoSCTP, "udplite": 136, "mpls-in-ip": protoMPLS,
}

// service is a port and the transports that it is registered for.
type service struct {
	port uint16
	over transports
}

// services are the names of ports. As in tcpdump, a name that is registered for one transport alone
// (/etc/services) matches that one.
var services = map[string]service{
	"echo": {7, overAny}, "discard": {9, overAny}, "daytime": {13, overTCP}, "ftp-data": {20, overTCP}, "ftp": {21, overTCP},
	"ssh": {22, overTCP}, "telnet": {23, overTCP}, "smtp": {25, overTCP}, "time": {37, overAny}, "whois": {43, overTCP},
	"tacacs": {49, overAny}, "domain": {53, overAny}, "bootps": {67, overUDP}, "bootpc": {68, overUDP}, "tftp": {69, overUDP},
	"gopher": {70, overTCP}, "finger": {79, overTCP}, "http": {80, overTCP}, "kerberos": {88, overAny}, "pop3": {110, overTCP},
	"sunrpc": {111, overAny}, "nntp": {119, overTCP}, "ntp": {123, overUDP}, "netbios-ns": {137, overUDP},
	"netbios-dgm": {138, overUDP}, "netbios-ssn": {139, overTCP}, "imap": {143, overTCP}, "imap2": {143, overTCP}, "snmp": {161, overAny},
	"snmp-trap": {162, overAny}, "bgp": {179, overTCP}, "ldap": {389, overAny}, "https": {443, overAny},
	"microsoft-ds": {445, overTCP}, "isakmp": {500, overUDP}, "syslog": {514, overUDP}, "printer": {515, overTCP},
	"ldaps": {636, overAny}, "domain-s": {853, overAny}, "ftps": {990, overTCP}, "imaps": {993, overTCP}, "pop3s": {995, overTCP},
	"openvpn": {1194, overAny}, "radius": {1812, overAny}, "radius-acct": {1813, overAny}, "nfs": {2049, overAny},
	"mysql": {3306, overTCP}, "ipsec-nat-t": {4500, overUDP}, "sip": {5060, overAny}, "sip-tls": {5061, overAny},
	"postgresql": {5432, overTCP}, "mdns": {5353, overUDP}, "http-alt": {8080, overTCP},
}

// refused are the words of tcpdump's language that are not supported.
var refused = map[string]bool{
	"aarp": true, "action": true, "addr1": true, "addr2": true, "addr3": true, "addr4": true, "address1": true, "address2": true,
	"address3": true, "address4": true, "atalk": true, "byte": true, "clnp": true, "csnp": true, "decnet": true, "dir": true,
	"direction": true, "es-is": true, "esis": true, "fddi": true, "gateway": true, "geneve": true, "ifindex": true, "ifname": true,
	"iih": true, "inbound": true, "ipx": true, "is-is": true, "isis": true, "iso": true, "lane": true, "lat": true, "link": true,
	"lsp": true, "metac": true, "mopdl": true, "moprc": true, "mpls": true, "netbeui": true, "oam": true, "on": true, "outbound": true,
	"pppoed": true, "pppoes": true, "protochain": true, "psnp": true, "ra": true, "ran": true, "reason": true, "rnr": true,
	"rset": true, "rulenum": true, "ruleset": true, "snp": true, "srnr": true, "sst": true, "stp": true, "subrulenum": true,
	"subtype": true, "ta": true, "tr": true, "type": true, "wlan": true,
}
