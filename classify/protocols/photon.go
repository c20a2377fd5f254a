package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var tocaBoca = classify.Protocol{
	Name:      "TocaBoca",
	Category:  "Game",
	Transport: classify.UDP,
	UDPPorts:  []uint16{5055},
	Recognise: recogniseTocaBoca,
	Reference: "Photon realtime (Exit Games) reliable UDP: packet header, commands, and the ping of its SDK",
}

// recogniseTocaBoca accepts datagrams of Photon, the relay service by which Toca
// Boca's games are known: peer, flags, number of commands, server time,
// challenge; then as many commands as announced, which fill the datagram. On
// Photon's ports one is enough, elsewhere a second must have the same challenge.
// Before that the SDK pings the regions, to find the nearest.
func recogniseTocaBoca(p *classify.Probe) classify.Outcome {
	if string(p.Payload[:min(len(p.Payload), len(photonPing))]) == photonPing && p.Len == len(photonPing)+1 {
		return classify.Match
	}
	if !photonPacket(p.Payload, p.Len) {
		return classify.Never
	}
	for port := uint16(5055); port <= 5058; port++ {
		if p.HasPort(port) {
			return classify.Match
		}
	}
	history := p.History()
	for _, earlier := range history[:len(history)-1] {
		if string(earlier.Data[8:12]) == string(p.Payload[8:12]) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

// photonPing is how a ping and its echo begin; the ping's number follows.
const photonPing = "}}}}}}}}}}}}"

// photonPacket checks header and commands: a type of 1 to 14, channel, flags, a
// byte that is zero or four, a length that counts these twelve bytes.
func photonPacket(b []byte, size int) bool {
	if len(b) < 24 || len(b) != size || b[3] == 0 || b[2] > 1 && b[2] != 0xcc || binary.BigEndian.Uint32(b[8:]) == 0 {
		return false
	}
	commands := int(b[3])
	b = b[12:]
	for range commands {
		if len(b) < 12 || b[0] == 0 || b[0] > 16 || b[2] > 4 || b[3] != 0 && b[3] != 4 {
			return false
		}
		n := binary.BigEndian.Uint32(b[4:])
		if n < 12 || n > uint32(len(b)) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}
