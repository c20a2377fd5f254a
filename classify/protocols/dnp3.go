package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var dnp3 = classify.Protocol{
	Name: "DNP3", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts:   []uint16{20000},
	FirstBytes: classify.Bytes("\x05"), Recognise: recogniseDNP3, Plausible: mayBeDNP3,
	Speaker: dnp3Speaker, Reference: "IEEE 1815-2012, section 9.2",
}

// recogniseDNP3 accepts a data link header: 0x0564, a length of at least five, control and addresses,
// and their checksum (IEEE 1815, section 9.2.2).
func recogniseDNP3(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if len(p.Payload) >= 10 && dnp3Header(p.Payload) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, dnp3Header)
}

func dnp3Header(b []byte) classify.Outcome {
	if o := match.Prefix(b, "\x05\x64"); o != classify.Match {
		return o
	}
	if len(b) < 10 {
		return classify.NeedMore
	}
	if b[2] >= 5 && binary.LittleEndian.Uint16(b[8:]) == wire.CRC16DNP(b[:8]) {
		return classify.Match
	}
	return classify.Never
}

// mayBeDNP3 accepts a header with a wrong checksum, and what was met midstream.
func mayBeDNP3(p *classify.Probe) bool {
	if p.Transport == classify.TCP && match.MetMidstream(p) {
		return true
	}
	b := p.History()[0].Data
	return len(b) >= 10 && b[0] == 0x05 && b[1] == 0x64 && b[2] >= 5
}

// dnp3Speaker tells by the bit that says that the master sends (IEEE 1815, section 9.2.4.1.3.2): it asks
// the outstation.
func dnp3Speaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 4:
		return classify.AnySpeaker
	case b[3]&0x80 != 0:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
