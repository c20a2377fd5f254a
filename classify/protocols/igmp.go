package protocols

import "servmap/classify"

// igmp is known by its IP protocol number. All three versions share the number.
var igmp = classify.Protocol{
	Name: "IGMP", Category: "Network", IPProtocols: []uint8{2}, Reference: "RFC 3376",
}
