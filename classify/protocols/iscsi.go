package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var iscsi = classify.Protocol{
	Name: "iSCSI", Category: "DataTransfer", Transport: classify.TCP, TCPPorts: []uint16{3260}, AlsoPorts: []uint16{860},
	FirstBytes: classify.Range(0, 6).Or(classify.Range(0x20, 0x26)).Or(classify.Bytes("\x31\x32\x3f")).Or(classify.Range(0x40, 0x46)),
	Recognise:  recogniseISCSI, Speaker: iscsiSpeaker, Reference: "RFC 7143, section 11",
}

// Operations, without the bit of immediate delivery (RFC 7143, section 11.2.1.2).
const (
	iscsiImmediate   = 0x40
	iscsiLogin       = 0x03
	iscsiLoginAnswer = 0x23
	iscsiHeader      = 48
)

// recogniseISCSI accepts a login, or the answer to one, with keys and values in its data (RFC 7143, sections
// 11.12, 11.13 and 6.1); on its ports also the units of a session that is open already.
func recogniseISCSI(p *classify.Probe) classify.Outcome {
	own := p.HasPort(3260) || p.HasPort(860)
	return match.Either(p, func(b []byte) classify.Outcome {
		op := b[0] &^ iscsiImmediate
		login := op == iscsiLogin || b[0] == iscsiLoginAnswer
		switch {
		case !login && (!own || !iscsiOperation(b[0])):
			return classify.Never
		case len(b) > 4 && b[4] != 0, len(b) > 5 && b[5] > 0x0f: // an additional header; data that is too long
			return classify.Never
		case login && (len(b) > 1 && b[1]&0x30 != 0 || len(b) > 3 && b[2]|b[3] != 0):
			return classify.Never
		case len(b) < iscsiHeader:
			return classify.NeedMore
		case login:
			return iscsiKeys(b)
		}
		if p.Midstream(p.From) {
			return iscsiUnit(b)
		}
		return classify.Never
	})
}

// iscsiOperation accepts the operations of both sides; only an initiator's may be immediate.
func iscsiOperation(c byte) bool {
	switch op := c &^ iscsiImmediate; {
	case op <= 6:
		return true
	case op >= 0x20 && op <= 0x26, op == 0x31, op == 0x32, op == 0x3f:
		return c&iscsiImmediate == 0
	}
	return false
}

// iscsiKeys looks for the first key and value of a login. A last answer may have none.
func iscsiKeys(b []byte) classify.Outcome {
	const longest = 64
	size := wire.U24(b[5:])
	data := b[iscsiHeader:min(len(b), iscsiHeader+size)]
	switch equals := bytes.IndexByte(data[:min(len(data), longest)], '='); {
	case size == 0 && b[0] == iscsiLoginAnswer && b[36] <= 3 && len(b) == iscsiHeader:
		return classify.Match
	case size < 4 || size > 1<<16:
		return classify.Never
	case !classify.IsPrintable(data[:min(len(data), 8)]):
		return classify.Never
	case equals > 2 && classify.IsPrintable(data[:equals]):
		return classify.Match
	case len(data) < min(size, longest):
		return classify.NeedMore
	}
	return classify.Never
}

// iscsiUnit checks the units of a segment to its end, or two of them behind each other: each is final, but for
// data, has its data padded to four bytes, and nothing where nothing may be (RFC 7143, sections 11.3 to
// 11.19).
func iscsiUnit(b []byte) classify.Outcome {
	const final, enough = 0x80, 2
	for n := 0; len(b) >= iscsiHeader; n++ {
		op := b[0] &^ iscsiImmediate
		data := op == 5 || op == 0x25
		switch {
		case !iscsiOperation(b[0]) || b[4] != 0 || b[5] > 0x0f || !data && b[1]&final == 0:
			return classify.Never
		case op < 0x20 && b[2]|b[3] != 0, op == 0 && b[1] != final, op == 0x21 && b[2] > 1:
			return classify.Never
		case op != 0 && op != 0x20 && op != 0x32 && match.AllZero(b[16:20]): // the task's tag
			return classify.Never
		}
		size := iscsiHeader + (wire.U24(b[5:])+3)&^3
		if len(b) == size || n+1 == enough {
			return classify.Match
		}
		if len(b) < size {
			break
		}
		b = b[size:]
	}
	return classify.Never
}

// iscsiSpeaker tells by the operation: bit 5 is a target's (RFC 7143, section 11.2.1.2).
func iscsiSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < iscsiHeader || !iscsiOperation(b[0]):
		return classify.AnySpeaker
	case b[0]&0x20 != 0:
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
