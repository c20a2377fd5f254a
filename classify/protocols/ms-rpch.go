package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var msRPCH = classify.Protocol{
	Name: "MS-RPCH", Category: "RPC", Transport: classify.TCP, TCPPorts: []uint16{593}, NoGuess: true,
	FirstBytes: classify.Bytes("n"),
	Recognise:  recogniseMSRPCH, Reference: "MS-RPCH 2.1.2, 2.2",
}

// recogniseMSRPCH accepts the greeting of a server that speaks RPC on a port
// that HTTP proxies may connect to, "ncacn_http/1." (MS-RPCH 3.1.2). The
// requests of RPC over HTTP are HTTP's.
func recogniseMSRPCH(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome { return match.Prefix(b, "ncacn_http/1.") })
}
