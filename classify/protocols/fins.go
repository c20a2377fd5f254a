package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var fins = classify.Protocol{
	Name: "FINS", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports:      []uint16{9600},
	FirstBytes: classify.Bytes("F\x80\x81\xc0\xc1"), Recognise: recogniseFINS,
	Speaker: finsSpeaker, Reference: "Omron W342, section 3; W421, section 7",
}

// recogniseFINS accepts over TCP the header "FINS" with length, command and
// error code (W421, section 7-4), and over UDP on port 9600 a command or response
// frame with a known command code (W342, sections 3-3 and 5), elsewhere a command with
// its response.
func recogniseFINS(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, finsTCP)
	}
	if !finsFrame(p.Payload, p.Len) {
		return classify.Never
	}
	if p.HasPort(9600) {
		return classify.Match
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		if d.From != p.From && finsFrame(d.Data, d.Len) && finsAnswers(d.Data, p.Payload) {
			return classify.Match
		}
	}
	if len(history) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}

// finsFrame checks a frame's header: flags, a zero, gateways, addresses, and the command code.
func finsFrame(b []byte, size int) bool {
	if len(b) < 12 || b[0]&0x3e != 0 || b[0]&0x80 == 0 || b[1] != 0 || b[2] == 0 || b[2] > 8 {
		return false
	}
	// Networks are numbered to 127.
	return b[3] <= 127 && b[6] <= 127 && finsCommand(b[10], b[11]) && (b[0]&0x40 == 0 || size >= 14)
}

// finsAnswers reports whether one frame is the response to the other: source and destination changed
// about, the same number and command.
func finsAnswers(a, b []byte) bool {
	return (a[0]^b[0])&0x40 != 0 && string(a[3:6]) == string(b[6:9]) && string(a[6:9]) == string(b[3:6]) && string(a[9:12]) == string(b[9:12])
}

func finsTCP(b []byte) classify.Outcome {
	if o := match.Prefix(b, "FINS"); o != classify.Match {
		return o
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	if n := wire.U32(b[4:]); n >= 8 && n <= 4096 && wire.U32(b[8:]) <= 6 && wire.U32(b[12:]) <= 0x25 {
		return classify.Match
	}
	return classify.Never
}

// finsCommand reports whether the command code exists (W342, section 5-1).
func finsCommand(group, code byte) bool {
	most := map[byte]byte{0x01: 0x05, 0x02: 0x20, 0x03: 0x08, 0x04: 0x03, 0x05: 0x03, 0x06: 0x20, 0x07: 0x02, 0x08: 0x01,
		0x09: 0x20, 0x0c: 0x03, 0x21: 0x40, 0x22: 0x20, 0x23: 0x0a}[group]
	return code >= 1 && code <= most
}

// finsSpeaker tells by the bit that marks a response (W342, section 5-1), and over TCP by the command
// before it.
func finsSpeaker(t classify.Transport, b []byte) classify.Speaker {
	if t == classify.TCP {
		switch {
		case len(b) < 17:
			return classify.AnySpeaker
		case b[11] == 0:
			return classify.ClientSpeaks
		case b[11] == 1:
			return classify.ServerSpeaks
		case b[11] != 2:
			return classify.AnySpeaker
		}
		b = b[16:]
	}
	if b[0]&0x40 != 0 {
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
