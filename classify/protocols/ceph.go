package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var ceph = classify.Protocol{
	Name: "Ceph", Category: "DataTransfer", Transport: classify.TCP,
	TCPPorts:   []uint16{3300, 6789},
	FirstBytes: classify.Bytes("c"), Recognise: recogniseCeph, Reference: "Ceph documentation, messenger protocol v1 and v2",
}

// recogniseCeph accepts the banner with which both sides begin: "ceph v027"
// in the first protocol, "ceph v2\n" in the second.
func recogniseCeph(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		return max(match.Prefix(b, "ceph v0"), match.Prefix(b, "ceph v2\n"))
	})
}
