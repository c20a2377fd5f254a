package protocols

import "servmap/classify"

// icmpv6 is known by its IP protocol number. Neighbour discovery and multicast listener reports are
// part of it.
var icmpv6 = classify.Protocol{
	Name: "ICMPV6", Category: "Network", IPProtocols: []uint8{58}, Reference: "RFC 4443",
}
