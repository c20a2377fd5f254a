package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var vmware = classify.Protocol{
	Name: "VMware", Category: "RemoteAccess", Transport: classify.TCP | classify.UDP, TCPPorts: []uint16{903}, UDPPorts: []uint16{902, 903},
	FirstBytes: classify.Bytes("2"),
	Recognise:  recogniseVMware, Speaker: vmwareSpeaker, Reference: "VMware authentication daemon",
}

// recogniseVMware accepts the banner of the authentication daemon.
func recogniseVMware(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		return match.Prefix(b, "220 VMware Authentication Daemon Version")
	})
}

// vmwareSpeaker tells by the greeting of the authentication daemon.
func vmwareSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if match.Prefix(b, "220 VMware") == classify.Match {
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
