package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var checkmk = classify.Protocol{
	Name: "CHECKMK", Category: "DataTransfer", Transport: classify.TCP,
	TCPPorts:   []uint16{6556},
	FirstBytes: classify.Bytes("<"), Recognise: recogniseCheckMK,
	Speaker: checkmkSpeaker, Reference: "Checkmk agent output",
}

// recogniseCheckMK accepts the first section of an agent's answer, which it
// sends without being asked.
func recogniseCheckMK(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome { return match.Prefix(b, "<<<check_mk>>>") })
}

// checkmkSpeaker says that the agent, which is the server, sends its sections.
func checkmkSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	return classify.ServerSpeaks
}
