package protocols

import "servmap/classify"

// sctp is known by its IP protocol number. The label stays where nothing recognised the user data.
var sctp = classify.Protocol{
	Name: "SCTP", Category: "Network", IPProtocols: []uint8{132}, Reference: "RFC 9260",
}
