package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var rx = classify.Protocol{
	Name:      "RX",
	Category:  "RPC",
	Transport: classify.UDP,
	UDPPorts:  []uint16{7000, 7001, 7002, 7003, 7004, 7005, 7007, 7008, 7009, 7021, 7025},
	NoGuess:   true,
	Recognise: recogniseRX,
	Reference: "Zeldovich, Rx protocol specification draft; OpenAFS rx_packet.h",
}

// recogniseRX accepts packets of Rx, AFS' remote procedure calls. One is enough
// on a port of AFS; elsewhere a second one must be of the same connection.
func recogniseRX(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if !rxPacket(b, p.Len) {
		return classify.Never
	}
	for port := uint16(7000); port <= 7032; port++ {
		if p.HasPort(port) {
			return rxMatch(p)
		}
	}
	history := p.History()
	for _, earlier := range history[:len(history)-1] {
		e := earlier.Data
		if len(e) >= 28 && string(e[:8]) == string(b[:8]) && string(e[26:28]) == string(b[26:28]) {
			return rxMatch(p)
		}
	}
	return classify.NeedMore
}

// rxMatch finds the client by the flag of its packets.
func rxMatch(p *classify.Probe) classify.Outcome {
	if p.Payload[21]&1 != 0 {
		p.ClientIs(p.From)
	} else {
		p.ClientIs(p.From.Other())
	}
	return classify.Match
}

// rxPacket checks the 28 bytes of header: counters that are still small, a
// known type, known flags, a known security class, and what the type asks for.
func rxPacket(b []byte, size int) bool {
	if len(b) < 28 || b[20] == 0 || b[20] > 13 || b[21]&0xc0 != 0 || b[23] > 5 {
		return false
	}
	call, seq, serial := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:]), binary.BigEndian.Uint32(b[16:])
	if call > 1<<22 || seq > 1<<20 || serial > 1<<22 || binary.BigEndian.Uint32(b) == 0 || binary.BigEndian.Uint16(b[26:]) == 0 {
		return false
	}
	switch b[20] {
	case 1: // data
		return call > 0 && seq > 0 && serial > 0
	case 2: // acknowledgement: 18 bytes and a byte a packet; reasons count to 9
		return call > 0 && size >= 46 && len(b) >= 46 && b[44] > 0 && b[44] <= 9 && size >= 46+int(b[45])
	case 4: // abort: an error code
		return size == 32
	case 3, 5: // busy, acknowledge all
		return size == 28 && call > 0
	case 6: // challenge: version and nonce
		return size >= 36 && size <= 60 && b[23] > 0 && serial > 0
	case 7: // response
		return size >= 60 && b[23] > 0 && serial > 0
	}
	return false
}
