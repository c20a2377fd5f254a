package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var dcerpc = classify.Protocol{
	Name: "DCERPC", Category: "RPC", Transport: classify.TCP | classify.UDP,
	Ports:      []uint16{135},
	FirstBytes: classify.Bytes("\x04\x05"), Recognise: recogniseDCERPC,
	Speaker: dcerpcSpeaker, Reference: "DCE 1.1 RPC (C706), section 12; MS-RPCE",
}

var profinetIO = classify.Protocol{
	Name: "PROFINET_IO", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{34964}, NoGuess: true,
	FirstBytes: classify.Bytes("\x04"), Recognise: recogniseProfinetIO, Reference: "IEC 61158-6-10, context management over connectionless RPC",
}

// recogniseDCERPC accepts the header of a connection-oriented unit, or a
// connectionless unit that fills its datagram and is not PROFINET's.
func recogniseDCERPC(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
			_, state := wire.ReadDCERPCStream(b)
			if state == wire.Whole {
				return classify.Match
			}
			return berOutcome(state)
		})
	}
	if d, ok := wire.ReadDCERPCDatagram(p.Payload, p.Len); ok && !isProfinet(p, &d) {
		return classify.Match
	}
	return classify.Never
}

// recogniseProfinetIO accepts a connectionless unit for one of the interfaces
// dea00001 to dea00004-6c97-11d1-8271-00a02442df7d, or for an object that begins with
// dea00000, or any on the port of the context manager, 34964.
func recogniseProfinetIO(p *classify.Probe) classify.Outcome {
	if d, ok := wire.ReadDCERPCDatagram(p.Payload, p.Len); ok && isProfinet(p, &d) {
		return classify.Match
	}
	return classify.Never
}

func isProfinet(p *classify.Probe, d *wire.DCERPC) bool {
	const node = "\x6c\x97\x11\xd1\x82\x71"
	for _, u := range [...]*[16]byte{&d.Interface, &d.Object} {
		if u[0] == 0xde && u[1] == 0xa0 && u[2] == 0 && u[3] <= 4 && string(u[4:10]) == node {
			return true
		}
	}
	return p.HasPort(34964)
}

// dcerpcSpeaker tells by the type of the PDU (C706, sections 12.5 and 12.6).
func dcerpcSpeaker(t classify.Transport, b []byte) classify.Speaker {
	if len(b) < 3 {
		return classify.AnySpeaker
	}
	if b[0] == 5 && b[1] <= 1 && t == classify.TCP {
		switch b[2] {
		case 0, 11, 14, 16, 18, 19:
			return classify.ClientSpeaks
		case 2, 3, 12, 13, 15, 17:
			return classify.ServerSpeaks
		}
	} else if b[0] == 4 && t == classify.UDP {
		switch b[1] {
		case 0, 1, 8:
			return classify.ClientSpeaks
		case 2, 3, 4, 5, 6, 10:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
