package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var tuyaLP = classify.Protocol{
	Name: "TuyaLP", Category: "IoT-Scada", Transport: classify.UDP | classify.TCP,
	UDPPorts:   []uint16{6667},
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseTuyaLP, Reference: "Tuya local protocol 3.1 to 3.5",
}

// recogniseTuyaLP accepts the frames of the local protocol: prefix 0x55aa
// with sequence number, command and length, or of version 3.5 prefix 0x6699
// with the length after the command. Over UDP the frame fills the datagram.
func recogniseTuyaLP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
			size, o := tuyaFrame(b)
			if o == classify.Match && size > 1<<16 {
				return classify.Never
			}
			return o
		})
	}
	if len(p.Payload) < 24 {
		return classify.Never
	}
	if size, o := tuyaFrame(p.Payload); o == classify.Match && size == p.Len {
		return classify.Match
	}
	return classify.Never
}

// tuyaFrame returns the length of the frame that begins b.
func tuyaFrame(b []byte) (int, classify.Outcome) {
	o := max(match.Prefix(b, "\x00\x00\x55\xaa"), match.Prefix(b, "\x00\x00\x66\x99"))
	if o != classify.Match {
		return 0, o
	}
	if len(b) < 18 {
		return 0, classify.NeedMore
	}
	command, size := wire.U32(b[8:]), wire.U32(b[12:])+16
	if b[2] == 0x66 {
		command, size = wire.U32(b[10:]), wire.U32(b[14:])+22
	}
	if command > 0xff {
		return 0, classify.Never
	}
	return size, classify.Match
}
