package protocols

import "servmap/classify"

// gaijinEntertainment is known by its port alone: the form of its packets is
// not published.
var gaijinEntertainment = classify.Protocol{
	Name:      "GaijinEntertainment",
	Category:  "Game",
	Transport: classify.UDP,
	UDPPorts:  []uint16{20011},
	Reference: "Usual port of War Thunder's game servers",
}
