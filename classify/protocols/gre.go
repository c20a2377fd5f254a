package protocols

import "servmap/classify"

// gre is known by its IP protocol number. The label stays where the tunnel is not looked into.
var gre = classify.Protocol{
	Name: "GRE", Category: "Network", IPProtocols: []uint8{47}, Reference: "RFC 2784",
}
