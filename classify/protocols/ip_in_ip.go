package protocols

import "servmap/classify"

// ipInIP is known by its IP protocol number. The label stays where the tunnel is not looked into.
var ipInIP = classify.Protocol{
	Name: "IP_in_IP", Category: "Network", IPProtocols: []uint8{4, 94}, Reference: "RFC 2003",
}
