package protocols

import (
	"bytes"

	"servmap/classify"
)

var msRPCH = classify.Protocol{
	Name: "MS-RPCH", Category: "RPC", Transport: classify.TCP, TCPPorts: []uint16{593}, NoGuess: true,
	Recognise: recogniseMSRPCH, Reference: "MS-RPCH 2.1.2, 2.2",
}

// recogniseMSRPCH accepts the requests of RPC over HTTP version 2
// (RPC_IN_DATA, RPC_OUT_DATA) and version 1 (RPC_CONNECT), and the greeting
// of a server, "ncacn_http/1." (MS-RPCH 2.1.2.1, 2.2.1, 3.1.2).
func recogniseMSRPCH(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
		if b[0] == 'n' {
			return hasPrefix(b, "ncacn_http/1.")
		}
		o := max(hasPrefix(b, "RPC_IN_DATA "), hasPrefix(b, "RPC_OUT_DATA "), hasPrefix(b, "RPC_CONNECT "))
		if o != classify.Match {
			return o
		}
		line, _, ok := bytes.Cut(b, []byte("\r\n"))
		if !ok {
			if len(b) < 1024 {
				return classify.NeedMore
			}
			return classify.Never
		}
		if bytes.Contains(line, []byte(" HTTP/1.")) {
			return classify.Match
		}
		return classify.Never
	})
}
