package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var rsync = classify.Protocol{
	Name: "RSYNC", Category: "DataTransfer", Transport: classify.TCP,
	TCPPorts:   []uint16{873},
	FirstBytes: classify.Bytes("@"),
	Recognise:  recogniseRsync, Reference: "rsync daemon protocol, rsyncd.conf(5) and clientserver",
}

// recogniseRsync accepts the greeting with a protocol's number that both
// sides send.
func recogniseRsync(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "@RSYNCD: "); o != classify.Match {
			return o
		}
		if len(b) < 11 {
			return classify.NeedMore
		}
		if b[9] >= '1' && b[9] <= '9' && b[10] >= '0' && b[10] <= '9' {
			return classify.Match
		}
		return classify.Never
	})
}
