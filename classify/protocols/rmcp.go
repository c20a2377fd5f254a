package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var rmcp = classify.Protocol{
	Name: "RMCP", Category: "System", Transport: classify.UDP,
	UDPPorts:   []uint16{623},
	FirstBytes: classify.Bytes("\x06"),
	Recognise:  recogniseRMCP,
	Speaker:    rmcpSpeaker, Reference: "DMTF DSP0136, section 3.2; IPMI 2.0, section 13",
}

// recogniseRMCP accepts a header of version 1.0 (DSP0136, section 3.2.1)
// before ASF, whose enterprise number is 4542, or before an IPMI session header whose
// length fits (IPMI 2.0, section 13.6), or an acknowledgement on port 623.
func recogniseRMCP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 4 || b[0] != 6 || b[1] != 0 {
		return classify.Never
	}
	switch class := b[3]; {
	case class&0x80 != 0:
		if p.Len == 4 && class&0x1f >= 6 && class&0x1f <= 8 && class&0x60 == 0 && p.HasPort(623) {
			return classify.Match
		}
	case class == 6:
		if len(b) >= 12 && wire.U32(b[4:]) == 4542 && int(b[11])+12 <= p.Len {
			return classify.Match
		}
	case class == 7:
		return ipmiSession(b[4:], p.Len-4)
	case class == 8:
		if p.HasPort(623) && len(b) >= 8 && b[2] == 0xff && b[4] == 0 {
			return classify.Match
		}
	}
	return classify.Never
}

// ipmiSession checks the session header: authentication type, session, and
// the length of what follows. A pad may stand at the end.
func ipmiSession(b []byte, size int) classify.Outcome {
	if len(b) < 10 {
		return classify.Never
	}
	head, length := 10, int(b[9])
	switch b[0] {
	case 0:
	case 1, 2, 4, 5:
		if len(b) < 26 {
			return classify.Never
		}
		head, length = 26, int(b[25])
	case 6: // RMCP+
		if len(b) < 12 || b[1]&0x3f > 0x27 {
			return classify.Never
		}
		head, length = 12, wire.L16(b[10:])
		// A trailer for integrity follows where the payload is
		// authenticated.
		if b[1]&0x40 != 0 && head+length <= size {
			return classify.Match
		}
	default:
		return classify.Never
	}
	if rest := size - head - length; rest == 0 || rest == 1 {
		return classify.Match
	}
	return classify.Never
}

// rmcpSpeaker tells by the presence messages of ASF (section 3.2.4).
func rmcpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 9 || b[3] != 6 {
		return classify.AnySpeaker
	}
	switch b[8] {
	case 0x80:
		return classify.ClientSpeaks
	case 0x40:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
