package protocols

import (
	"unicode/utf8"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var mqtt = classify.Protocol{
	Name: "MQTT", Category: "RPC", Transport: classify.TCP,
	TCPPorts: []uint16{1883, 8883},
	FirstBytes: classify.Bytes("\x10\x20\x40\x50\x62\x70\x82\x90\xa2\xb0\xc0\xd0\xe0\xf0").
		Or(classify.Range(0x30, 0x35)).Or(classify.Range(0x38, 0x3d)),
	Midstream: true,
	Recognise: recogniseMQTT, Speaker: mqttSpeaker, Reference: "OASIS MQTT 5.0, MQTT 3.1.1",
}

// recogniseMQTT accepts the connect packet of versions 3.1 to 5 (MQTT 5.0,
// section 3.1). Of a connection already open it accepts packets that fill
// what was sent, once their fixed bits add up to 32; on its port 24 are enough, and where the
// beginning was not captured, a later segment that begins with a packet.
func recogniseMQTT(p *classify.Probe) classify.Outcome {
	bits, more, own := 0, false, p.HasPort(1883)
	for _, s := range [...]classify.Side{classify.Client, classify.Server} {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		if o := mqttConnect(b); o != classify.Never {
			return o
		}
		n, whole := mqttPackets(b)
		if n < 0 && own && p.Midstream(s) {
			if n, whole = mqttMiddle(p, s); n == 0 {
				return classify.NeedMore
			}
		}
		if n < 0 {
			return classify.Never
		}
		bits += n
		more = more || !whole
	}
	if (bits >= 32 || own && bits >= 24) && !more {
		return classify.Match
	}
	if len(p.History()) > 12 && len(p.Stream(p.From)) > 512 {
		return classify.Never
	}
	return classify.NeedMore
}

// mqttMiddle is mqttPackets for the newest segment of a side whose stream begins in the middle of a packet:
// 0 while a later one may do.
func mqttMiddle(p *classify.Probe, s classify.Side) (bits int, whole bool) {
	if p.From == s && p.Count(s) > 1 {
		if bits, whole = mqttPackets(p.Payload); bits > 0 {
			return bits, whole
		}
	}
	if len(p.History()) < 2*match.Patience {
		return 0, false
	}
	return -1, false
}

// mqttConnect checks a connect packet up to the protocol's name and version.
func mqttConnect(b []byte) classify.Outcome {
	if b[0] != 0x10 {
		return classify.Never
	}
	length, n := mqttLength(b[1:])
	if n < 0 || n > 0 && length < 12 {
		return classify.Never
	}
	if n == 0 {
		return classify.NeedMore
	}
	b = b[1+n:]
	for _, name := range [...]string{"\x00\x04MQTT", "\x00\x06MQIsdp"} {
		switch match.Prefix(b, name) {
		case classify.NeedMore:
			return classify.NeedMore
		case classify.Match:
			if len(b) == len(name) {
				return classify.NeedMore
			}
			// The highest bit marks a bridge.
			if v := b[len(name)] & 0x7f; v >= 3 && v <= 5 {
				return classify.Match
			}
			return classify.Never
		}
	}
	return classify.Never
}

// mqttLength reads a length of one to four bytes (section 1.5.5). n is 0
// where it is cut, -1 where it is malformed.
func mqttLength(b []byte) (length, n int) {
	for i, c := range b[:min(len(b), 4)] {
		length |= int(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return length, i + 1
		}
	}
	if len(b) >= 4 {
		return 0, -1
	}
	return 0, 0
}

// mqttPackets walks the packets of a stream and adds up the bits that were as
// they have to be; -1 where one was not. whole tells that the last packet was
// all there.
func mqttPackets(b []byte) (bits int, whole bool) {
	for len(b) > 0 {
		length, n := mqttLength(b[1:])
		if n < 0 {
			return -1, false
		}
		if n == 0 || 1+n+length > len(b) {
			if !mqttFlags(b[0]) {
				return -1, false
			}
			return bits, false
		}
		v := mqttPacket(b[0], b[1+n:1+n+length])
		if v < 0 {
			return -1, false
		}
		bits += v
		b = b[1+n+length:]
	}
	return bits, true
}

// mqttFlags reports whether type and flags of the first byte go together (section 2.1.3).
func mqttFlags(c byte) bool {
	switch c >> 4 {
	case 0, 1:
		return false
	case 3:
		return c&0x06 != 0x06
	case 6, 8, 10:
		return c&0x0f == 2
	}
	return c&0x0f == 0
}

// mqttPacket returns how many bits of a packet were fixed, -1 where it cannot
// be one.
func mqttPacket(c byte, body []byte) int {
	if !mqttFlags(c) {
		return -1
	}
	switch c >> 4 {
	case 12, 13: // ping: no content
		if len(body) == 0 {
			return 16
		}
	case 2: // connection acknowledged: flag and code
		if len(body) == 2 && body[0] <= 1 && body[1] <= 5 {
			return 24
		}
		if len(body) >= 3 && body[0] <= 1 && int(body[2])+3 == len(body) {
			return 14
		}
	case 4, 5, 6, 7, 11: // acknowledgements carry an identifier
		if len(body) == 2 && wire.U16(body) != 0 {
			return 14
		}
		if len(body) >= 3 && len(body) <= 64 {
			return 4
		}
	case 3: // publish: topic
		if len(body) < 3 {
			return -1
		}
		n := wire.U16(body)
		if n == 0 || n+2 > len(body) || !utf8.Valid(body[2:2+n]) || !classify.IsPrintable(body[2:2+min(n, 4)]) {
			return -1
		}
		return 10 + min(n, 16)
	case 8, 10: // subscribe, unsubscribe: identifier and topic filter
		at := 2
		if len(body) >= 5 && body[2] == 0 && wire.U16(body[2:])+4 > len(body) {
			at = 3 // no properties
		}
		if len(body) < at+3 {
			return -1
		}
		n := wire.U16(body[at:])
		if n > 0 && at+2+n <= len(body) && utf8.Valid(body[at+2:at+2+n]) && classify.IsPrintable(body[at+2:at+2+n]) {
			return 12 + min(n, 16)
		}
		if len(body) >= 6 {
			return 4
		}
	case 9: // subscription acknowledged
		if len(body) >= 3 && len(body) <= 64 {
			return 6
		}
	case 14, 15:
		if len(body) <= 64 {
			return 4
		}
	}
	return -1
}

// mqttSpeaker tells by the first packet that only one side sends (MQTT 5.0, section 2.1.2).
func mqttSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	for len(b) > 1 {
		switch b[0] >> 4 {
		case 1, 8, 10, 12: // CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ
			return classify.ClientSpeaks
		case 2, 9, 11, 13: // CONNACK, SUBACK, UNSUBACK, PINGRESP
			return classify.ServerSpeaks
		}
		length, n := mqttLength(b[1:])
		if n <= 0 || 1+n+length > len(b) {
			break
		}
		b = b[1+n+length:]
	}
	return classify.AnySpeaker
}
