package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

// targusDataspeed is known by its ports alone: what is sent there is
// unspecified data, much of it in one direction.
var targusDataspeed = classify.Protocol{
	Name: "TargusDataspeed", Category: "Network", Ports: []uint16{5001, 5201}, Transport: classify.TCP | classify.UDP,
	Plausible: match.IsBulk, Reference: "Targus Information, GetData speed test",
}
