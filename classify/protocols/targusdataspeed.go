package protocols

import "servmap/classify"

// targusDataspeed is known by its ports alone: what is sent there is
// unspecified data.
var targusDataspeed = classify.Protocol{
	Name: "TargusDataspeed", Category: "Network", Ports: []uint16{5001, 5201}, Transport: classify.TCP | classify.UDP,
	Reference: "Targus Information, GetData speed test",
}
