package protocols

import "servmap/classify"

// pgm is known by its IP protocol number. Its ports are its own, not those of UDP.
var pgm = classify.Protocol{
	Name: "PGM", Category: "Network", IPProtocols: []uint8{113}, Reference: "RFC 3208",
}
