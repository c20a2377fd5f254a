package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var knxnetIP = classify.Protocol{
	Name: "KNXnet_IP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{3671}, FirstBytes: classify.Bytes("\x06"), Recognise: recogniseKNXnetIP,
	Speaker: knxSpeaker, Reference: "ISO 22510, KNX standard 03_08_02",
}

// recogniseKNXnetIP accepts the header of six bytes: its size, version 1.0 (2.0 for
// the secure wrapper's drafts), a service of a known family, and the total
// length (03_08_02, section 2).
func recogniseKNXnetIP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, knxStream)
	}
	b := p.Payload
	if len(b) >= 6 && wire.U16(b[4:]) == p.Len && knxHeader(b) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

func knxHeader(b []byte) classify.Outcome {
	if b[0] != 6 || len(b) > 1 && b[1] != 0x10 && b[1] != 0x20 {
		return classify.Never
	}
	if len(b) < 6 {
		return classify.NeedMore
	}
	// Families: core, device management, tunnelling, routing, remote logging,
	// remote configuration, object server, secure.
	if b[2] < 2 || b[2] > 9 || b[3] > 0x55 || wire.U16(b[4:]) < 6 || wire.U16(b[4:]) > 2048 {
		return classify.Never
	}
	return classify.Match
}

// knxStream wants the first message whole, and another or nothing after it.
func knxStream(b []byte) classify.Outcome {
	out := knxHeader(b)
	if out != classify.Match {
		return out
	}
	size := wire.U16(b[4:])
	switch {
	case len(b) < size:
		return classify.NeedMore
	case len(b) > size && b[size] != 6, len(b) > size+1 && b[size+1] != b[1]:
		return classify.Never
	}
	return classify.Match
}

// knxSpeaker tells by the core services (KNX 03_08_02): searches, descriptions and connections.
func knxSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 4 || b[2] != 2 {
		return classify.AnySpeaker
	}
	switch b[3] {
	case 0x01, 0x03, 0x05, 0x07, 0x0b:
		return classify.ClientSpeaks
	case 0x02, 0x04, 0x06, 0x08, 0x0c:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
