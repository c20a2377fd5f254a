package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var rocPlus = classify.Protocol{
	Name: "ROC_Plus", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, Ports: []uint16{4000}, NoGuess: true,
	PortsOnly: true, Recognise: recogniseROCPlus, Reference: "Emerson D301180X012, ROC Plus Protocol Specifications Manual, section 2",
}

// rocOperations are the operation codes (D301180X012, section 2.4).
var rocOperations = [256]bool{
	6: true, 7: true, 8: true, 10: true, 11: true, 17: true, 24: true, 50: true, 100: true, 103: true, 105: true, 107: true, 108: true, 118: true, 119: true, 120: true,
	121: true, 122: true, 123: true, 128: true, 130: true, 131: true, 132: true, 133: true, 134: true, 135: true, 136: true, 137: true, 138: true, 139: true,
	165: true, 166: true, 167: true, 180: true, 181: true, 203: true, 204: true, 205: true, 206: true, 224: true, 225: true, 255: true,
}

// recogniseROCPlus accepts, on its port, a message: unit and group of receiver and sender, a known operation,
// the length of the data, and the checksum of all (D301180X012, section 2.2).
func recogniseROCPlus(p *classify.Probe) classify.Outcome {
	switch {
	case !p.HasPort(4000):
		return classify.Never
	case p.Transport == classify.TCP:
		return match.Either(p, func(b []byte) classify.Outcome { return rocMessage(b, false) })
	case len(p.Payload) == p.Len && rocMessage(p.Payload, true) == classify.Match:
		return classify.Match
	}
	return classify.Never
}

// rocMessage checks a message at the beginning of b. whole tells that nothing may follow.
func rocMessage(b []byte, whole bool) classify.Outcome {
	const header, checksum = 6, 2
	if len(b) > 4 && !rocOperations[b[4]] {
		return classify.Never
	}
	if len(b) < header {
		return classify.NeedMore
	}
	n := header + int(b[5])
	switch {
	case len(b) < n+checksum:
		return classify.NeedMore
	case len(b) > n+checksum && (whole || !bytes.HasPrefix(b[n+checksum:], b[:4])): // what follows goes the same way
		return classify.Never
	case string(b[:2]) == string(b[2:4]), binary.LittleEndian.Uint16(b[n:]) != wire.CRC16Modbus(b[:n]):
		return classify.Never
	}
	return classify.Match
}
