package protocols

import "servmap/classify"

// fortiClient is known by its ports, or in TLS by the certificate of its gateway.
var fortiClient = classify.Protocol{
	Name: "FortiClient", Category: "VPN", Transport: classify.TCP, TCPPorts: []uint16{8013, 8014},
	Reference: "Fortinet: FortiClient open ports",
}
