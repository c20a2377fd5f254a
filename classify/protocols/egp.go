package protocols

import "servmap/classify"

// egp is known by its IP protocol number. Nobody should use it any more.
var egp = classify.Protocol{
	Name: "EGP", Category: "Network", IPProtocols: []uint8{8}, Reference: "RFC 904",
}
