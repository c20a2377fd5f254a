package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var jrmi = classify.Protocol{
	Name: "JRMI", Category: "RPC", Transport: classify.TCP,
	TCPPorts: []uint16{1099}, FirstBytes: classify.Bytes("JN"), Recognise: recogniseJRMI,
	Speaker: jrmiSpeaker, Reference: "Java RMI specification, section 10.2",
}

// recogniseJRMI accepts the header of the client: "JRMI", version 1 or 2, and stream,
// single operation or multiplex protocol. From a server alone, on the usual
// port, it accepts the acknowledgement with the client's address.
func recogniseJRMI(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] == 'J' {
		if o := match.Prefix(b, "JRMI\x00"); o != classify.Match {
			return o
		}
		if len(b) < 7 {
			return classify.NeedMore
		}
		if (b[5] == 1 || b[5] == 2) && b[6] >= 0x4b && b[6] <= 0x4d {
			return classify.Match
		}
		return classify.Never
	}
	if b[0] != 0x4e || !p.HasPort(1099) {
		return classify.Never
	}
	if len(b) < 3 {
		return classify.NeedMore
	}
	size := int(b[1])<<8 | int(b[2])
	if size < 2 || size > 255 {
		return classify.Never
	}
	if len(b) < 7+size {
		return classify.NeedMore
	}
	if classify.IsPrintable(b[3:3+size]) && b[3+size]|b[4+size] == 0 && len(b) == 7+size {
		return classify.Match
	}
	return classify.Never
}

// jrmiSpeaker tells by the header, which the client sends, and its acknowledgement.
func jrmiSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if b[0] == 'J' {
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
