package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var hislip = classify.Protocol{
	Name: "HiSLIP", Category: "IoT-Scada", Transport: classify.TCP,
	TCPPorts:   []uint16{4880},
	FirstBytes: classify.Bytes("H"), Recognise: recogniseHiSLIP,
	Speaker: hislipSpeaker, Reference: "IVI-6.1, section 2",
}

// recogniseHiSLIP accepts the message header of sixteen bytes: "HS", a
// message type that is defined or the vendor's, and a length below 4 GiB
// (IVI-6.1, sections 2.4 and 3).
func recogniseHiSLIP(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "HS"); o != classify.Match {
			return o
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		// A conversation begins with Initialize, which has the version and the vendor in it.
		if (b[2] <= 37 || b[2] >= 128) && wire.U32(b[8:]) == 0 && (b[2] != 0 || wire.U32(b[4:]) != 0) {
			return classify.Match
		}
		return classify.Never
	})
}

// hislipSpeaker tells by what opens the two channels (IVI-6.1, table 4).
func hislipSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) >= 3 {
		switch b[2] {
		case 0, 17:
			return classify.ClientSpeaks
		case 1, 18:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
