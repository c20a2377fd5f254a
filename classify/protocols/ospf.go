package protocols

import "servmap/classify"

// ospf is known by its IP protocol number. Port 2604 is the console of a routing daemon that speaks it.
var ospf = classify.Protocol{
	Name: "OSPF", Category: "Network", IPProtocols: []uint8{89}, TCPPorts: []uint16{2604}, Reference: "RFC 2328, RFC 5340",
}
