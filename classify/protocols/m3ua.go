package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var m3ua = classify.Protocol{
	Name: "M3UA", Category: "VoIP", Transport: classify.SCTP, Ports: []uint16{2905}, PPIDs: []uint32{3},
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseM3UA, Speaker: sigtranSpeaker, Reference: "RFC 4666, section 3",
}

// Classes of messages that the user adaptation layers of SIGTRAN share (RFC 4666, section 3.1.2; RFC 3331;
// RFC 3868; RFC 4165, section 2.1).
const (
	sigtranTransfer = 1
	sigtranNetwork  = 2
	sigtranState    = 3
	sigtranTraffic  = 4
	sigtranMAUP     = 6 // M2UA
	sigtranCL       = 7 // SUA, without a connection
	sigtranCO       = 8
	sigtranRouting  = 9
	sigtranM2PA     = 11
)

// recogniseM3UA accepts a message that carries data of MTP level 3 or tells of its network; on its port also
// those that all layers share.
func recogniseM3UA(p *classify.Probe) classify.Outcome {
	class, ok := sigtranMessage(p)
	switch {
	case !ok:
		return classify.Never
	case class == sigtranTransfer, p.HasPort(2905) && (class <= sigtranTraffic || class == sigtranRouting):
		return classify.Match
	case class == sigtranMAUP, class == sigtranCL, class == sigtranCO, class == sigtranM2PA:
		return classify.Never
	}
	return sigtranWait(p)
}

// sigtranWait is the answer to a message that several layers have.
func sigtranWait(p *classify.Probe) classify.Outcome {
	if len(p.History()) < 12 {
		return classify.NeedMore
	}
	return classify.Never
}

// sigtranMessage reads the common header, version 1, a spare byte, class, type and the length of the whole
// message, and walks the parameters, each padded to four bytes, to its end (RFC 4666, sections 3.1 and
// 3.2). It returns the class.
func sigtranMessage(p *classify.Probe) (class byte, ok bool) {
	const header = 8
	b := p.Payload
	if len(b) < header || b[0] != 1 || b[1] != 0 || b[2] > sigtranM2PA || b[3] > 15 {
		return 0, false
	}
	size := wire.U32(b[4:])
	if size < header || size > p.Len || p.Len-size > 3 {
		return 0, false
	}
	if b[2] == sigtranM2PA {
		return b[2], true
	}
	for at := header; at < size; {
		if at+4 > len(b) {
			return b[2], len(b) < p.Len
		}
		n := wire.U16(b[at+2:])
		if tag := wire.U16(b[at:]); tag == 0 || tag > 0x3ff || n < 4 || at+n > size {
			return 0, false
		}
		at += (n + 3) &^ 3
	}
	return b[2], true
}

// sigtranSpeaker tells by who comes up and goes active: the application server's process asks (RFC 4666,
// section 4.3.4).
func sigtranSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 4 || b[2] != sigtranState && b[2] != sigtranTraffic:
		return classify.AnySpeaker
	case b[2] == sigtranState && (b[3] == 1 || b[3] == 2), b[2] == sigtranTraffic && (b[3] == 1 || b[3] == 2):
		return classify.ClientSpeaks
	case b[2] == sigtranState && (b[3] == 4 || b[3] == 5), b[2] == sigtranTraffic && (b[3] == 3 || b[3] == 4):
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
