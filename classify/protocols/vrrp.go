package protocols

import "servmap/classify"

// vrrp is known by its IP protocol number. CARP uses the same number.
var vrrp = classify.Protocol{
	Name: "VRRP", Category: "Network", IPProtocols: []uint8{112}, Reference: "RFC 9568",
}
