package protocols

import "servmap/classify"

// ipPIM is known by its IP protocol number. Dense and sparse mode share the number.
var ipPIM = classify.Protocol{
	Name: "IP_PIM", Category: "Network", IPProtocols: []uint8{103}, Reference: "RFC 7761",
}
