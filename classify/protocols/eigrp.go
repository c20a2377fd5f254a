package protocols

import "servmap/classify"

// eigrp is known by its IP protocol number.
var eigrp = classify.Protocol{
	Name: "EIGRP", Category: "Network", IPProtocols: []uint8{88}, Reference: "RFC 7868",
}
