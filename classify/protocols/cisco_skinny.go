package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// ciscoSkinny is the Skinny Client Control Protocol of Cisco's telephones.
var ciscoSkinny = classify.Protocol{
	Name:      "CiscoSkinny",
	Category:  "VoIP",
	Transport: classify.TCP,
	TCPPorts:  []uint16{2000},
	Speaker:   skinnySpeaker,
	Reference: "Skinny Client Control Protocol, as in Cisco's documentation",

	PortsOnly: true,
	Recognise: recogniseCiscoSkinny,
}

// recogniseCiscoSkinny accepts, on its port, a message of length, version and identifier in
// little-endian order, with another one behind it or nothing.
func recogniseCiscoSkinny(p *classify.Probe) classify.Outcome {
	if !p.HasPort(2000) {
		return classify.Never
	}
	return match.Sender(p, skinnyMessages)
}

// skinnyMessage accepts the identifiers in use: of telephones, of call managers, and of telephones that
// are controlled by other programs.
func skinnyMessage(id uint32) bool {
	return id <= 0x12 || id >= 0x20 && id < 0x50 || id >= 0x81 && id <= 0xa0 || id >= 0x100 && id < 0x180 || id>>12 == 8
}

func skinnyMessages(b []byte) classify.Outcome {
	const header = 12
	for n := 0; n < 3; n++ {
		if len(b) == 0 && n > 0 {
			break
		}
		if len(b) < header {
			if len(b) >= 4 && binary.LittleEndian.Uint32(b) > 4096 {
				return classify.Never
			}
			return classify.NeedMore
		}
		size := binary.LittleEndian.Uint32(b)
		version, id := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		if size < 4 || size > 4096 || size%4 != 0 || version != 0 && version < 10 || version > 0x20 || !skinnyMessage(id) {
			return classify.Never
		}
		if len(b) < 8+int(size) {
			return classify.NeedMore
		}
		b = b[8+size:]
	}
	return classify.Match
}

// skinnySpeaker tells by the identifier: those below 0x80 are of telephones, most others of call
// managers.
func skinnySpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 12 {
		return classify.AnySpeaker
	}
	switch id := binary.LittleEndian.Uint32(b[8:]); {
	case id < 0x50:
		return classify.ClientSpeaks
	case id >= 0x81 && id <= 0xa0, id == 0x100:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
