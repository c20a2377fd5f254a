package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var iec62056 = classify.Protocol{
	Name: "IEC62056", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{4059}, FirstBytes: classify.Bytes("\x00\x01/\x7e"), Recognise: recogniseIEC62056,
	Speaker: dlmsSpeaker, Reference: "IEC 62056-21, IEC 62056-46, IEC 62056-47, IEC 62056-53",
}

// recogniseIEC62056 accepts DLMS/COSEM in either of its frames: the HDLC
// frame of IEC 62056-46 with its checksum, and the wrapper of IEC 62056-47 before a
// known unit; and a meter's readout in ASCII.
func recogniseIEC62056(p *classify.Probe) classify.Outcome {
	own := p.HasPort(4059)
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome { return dlmsFrame(b, own) })
	}
	b := p.Payload
	if len(b) >= 5 && len(b) == p.Len && dlmsFrame(b, own) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

// dlmsFrame judges what b begins with. own tells that the port is DLMS's.
func dlmsFrame(b []byte, own bool) classify.Outcome {
	switch b[0] {
	case 0:
		return dlmsWrapper(b, own)
	case 1:
		return meterCommand(b)
	case '/':
		return meterReadout(b)
	}
	if b[0] != 0x7e || len(b) > 1 && b[1]&0xf0 != 0xa0 {
		return classify.Never
	}
	if len(b) < 3 {
		return classify.NeedMore
	}
	size := wire.U16(b[1:]) & 0x7ff
	if size < 7 {
		return classify.Never
	}
	if len(b) < size+2 {
		return classify.NeedMore
	}
	if b[size+1] == 0x7e && binary.LittleEndian.Uint16(b[size-1:]) == wire.CRC16X25(b[1:size-1]) {
		return classify.Match
	}
	return classify.Never
}

// dlmsContext begins the names of the contexts of DLMS: 2.16.756.5.8 (IEC 62056-53, section 7.3.7).
var dlmsContext = []byte{0x60, 0x85, 0x74, 0x05, 0x08}

// dlmsWrapper checks version 1, source and destination, a length and the
// unit's tag: AARQ to RLRE, or one of the xDLMS services (IEC 62056-53).
func dlmsWrapper(b []byte, own bool) classify.Outcome {
	if len(b) > 1 && b[1] != 1 {
		return classify.Never
	}
	if len(b) < 10 {
		return classify.NeedMore
	}
	source, destination, size := wire.U16(b[2:]), wire.U16(b[4:]), wire.U16(b[6:])
	// A public client is 16, a management device 1: one of the two ends has a
	// small number. Where both are 0, an association must name its context, or the port be DLMS's.
	if source == 0 && destination == 0 && size >= 3 && b[8] >= 0x60 && b[8] <= 0x61 {
		switch {
		case size > 128 || int(b[9])+2 != size:
			return classify.Never
		case len(b) < 8+size:
			return classify.NeedMore
		case bytes.Contains(b[10:8+size], dlmsContext):
			return classify.Match
		}
		return classify.Never
	}
	if (source == 0 || destination == 0) && !own || source > 127 && destination > 127 || size < 3 {
		return classify.Never
	}
	if len(b) < 8+size {
		return classify.NeedMore
	}
	unit := b[8]
	switch {
	case unit >= 0x60 && unit <= 0x63:
		if int(b[9])+2 == size {
			return classify.Match
		}
	case unit >= 0xc0 && unit <= 0xc7 && unit != 0xc2, unit == 0xd8, unit == 0x0e,
		unit >= 0xc8 && unit <= 0xcf, unit >= 0xd0 && unit <= 0xd7, unit == 0xdb, unit == 0x01, unit == 0x0f:
		if len(b) == 8+size || len(b) >= 10+size && wire.U16(b[8+size:]) == 1 {
			return classify.Match
		}
	}
	return classify.Never
}

// meterReadout accepts what opens a readout in ASCII (IEC 62056-21, section 6.3): the
// request "/?address!", or the meter's identification, which is proof with a line
// of data behind it: three letters of the maker, a digit or letter for the rate, a name.
func meterReadout(b []byte) classify.Outcome {
	const longestLine = 48
	line, rest, whole := match.Line(b)
	switch {
	case len(line) > longestLine || !classify.IsPrintable(bytes.TrimRight(line, "\r")):
		return classify.Never
	case !whole:
		return classify.NeedMore
	case !match.EndsInCRLF(b, line) || len(line) < 3:
		return classify.Never
	case line[1] == '?':
		if line[len(line)-1] == '!' {
			return classify.Match
		}
		return classify.Never
	case len(line) < 6:
		return classify.Never
	}
	for i, c := range line[1:5] {
		capital, digit := c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
		if !capital && (i < 2 || i == 2 && (c < 'a' || c > 'z') || i == 3 && !digit) {
			return classify.Never
		}
	}
	return meterData(bytes.TrimLeft(rest, "\x02\r\n"))
}

// meterData accepts a data set: its address, digits with points and the like, then
// the value in brackets (section 6.3.2, data line).
func meterData(b []byte) classify.Outcome {
	const longestAddress = 20
	for i, c := range b {
		switch {
		case c == '(':
			if i < 3 {
				return classify.Never
			}
			end := bytes.IndexByte(b[:min(len(b), i+128)], ')')
			switch {
			case end < 0 && len(b) < i+128 && classify.IsPrintable(b[i:]):
				return classify.NeedMore
			case end < 0 || !classify.IsPrintable(b[i:end]):
				return classify.Never
			}
			return classify.Match
		case i >= longestAddress, !(c >= '0' && c <= '9' || c == '.' || c == '-' || c == ':' || c == '*' || c == '&' || c == 'C' || c == 'F' || c == 'L' || c == 'P'):
			return classify.Never
		}
	}
	return classify.NeedMore
}

// meterCommand accepts a programming command (section 6.3.3): SOH, a letter with a
// digit, perhaps STX and a data set, ETX, and the exclusive or of all behind SOH.
func meterCommand(b []byte) classify.Outcome {
	const stx, etx, longest = 0x02, 0x03, 256
	switch {
	case len(b) > 1 && bytes.IndexByte([]byte("PWRBE"), b[1]) < 0,
		len(b) > 2 && (b[2] < '0' || b[2] > '9'),
		len(b) > 3 && b[3] != stx && b[3] != etx:
		return classify.Never
	}
	sum := byte(0)
	for i, c := range b[1:min(len(b), longest)] {
		if sum ^= c; c != etx {
			continue
		}
		switch at := i + 2; {
		case len(b) == at:
			return classify.NeedMore
		case b[at] != sum || b[1] != 'B' && (at < 7 || b[at-2] != ')'):
			return classify.Never
		}
		return classify.Match
	}
	if len(b) < longest {
		return classify.NeedMore
	}
	return classify.Never
}

// dlmsSpeaker tells by the unit behind the wrapper: what associates, and the services with their
// responses (IEC 62056-53).
func dlmsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if b[0] == 0x7e {
		return hdlcSpeaker(b)
	}
	if len(b) < 9 || b[0] != 0 || b[1] != 1 {
		return classify.AnySpeaker
	}
	switch b[8] {
	case 0x60, 0x62, 0xc0, 0xc1, 0xc3, 0xc8, 0xc9, 0xcb, 0xd0, 0xd1, 0xd3:
		return classify.ClientSpeaks
	case 0x61, 0x63, 0xc4, 0xc5, 0xc7, 0xcc, 0xcd, 0xcf, 0xd4, 0xd5, 0xd7, 0xd8, 0x0e:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}

// hdlcSpeaker tells by the control of a frame of HDLC that opens a link, and by the header of what it
// carries (IEC 62056-46, section 6.4.2 and 5.3). Addresses end with an octet that is odd.
func hdlcSpeaker(b []byte) classify.Speaker {
	at := 3
	for range 2 {
		for at < len(b) && b[at]&1 == 0 {
			at++
		}
		at++
	}
	switch {
	case at >= len(b) || at > 9:
		return classify.AnySpeaker
	case b[at] == 0x93 || b[at] == 0x53: // SNRM, DISC
		return classify.ClientSpeaks
	case b[at] == 0x73 || b[at] == 0x1f: // UA, DM
		return classify.ServerSpeaks
	}
	if header := b[min(len(b), at+3):]; b[at]&1 == 0 && len(header) >= 3 && header[0] == 0xe6 {
		switch header[1] {
		case 0xe6:
			return classify.ClientSpeaks
		case 0xe7:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
