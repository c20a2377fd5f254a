package protocols

import "servmap/classify"

// icmp is known by its IP protocol number. Its messages have no ports.
var icmp = classify.Protocol{
	Name: "ICMP", Category: "Network", IPProtocols: []uint8{1}, Reference: "RFC 792",
}
