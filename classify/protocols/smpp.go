package protocols

import (
	"encoding/binary"

	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var smpp = classify.Protocol{
	Name: "SMPP", Category: "Download", Transport: classify.TCP, TCPPorts: []uint16{2775}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseSMPP, Speaker: smppSpeaker, Reference: "SMPP 3.4, section 3.2; SMPP 5.0",
}

// recogniseSMPP accepts a header of four words: length, a command that
// exists, a status that a request has not, a sequence number (SMPP 3.4,
// sections 3.2 and 5.1).
func recogniseSMPP(p *classify.Probe) classify.Outcome { return match.Either(p, smppHeader) }

func smppHeader(b []byte) classify.Outcome {
	if b[0] != 0 {
		return classify.Never
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	size, status, sequence := wire.U32(b), wire.U32(b[8:]), wire.U32(b[12:])
	command := binary.BigEndian.Uint32(b[4:])
	response := command&0x80000000 != 0
	if size < 16 || size > 1<<17 || sequence == 0 || sequence > 0x7fffffff || !response && status != 0 || status > 0x5ff {
		return classify.Never
	}
	switch command &^ 0x80000000 {
	case 0x00: // generic negative acknowledgement
		if response && size == 16 && status != 0 {
			return classify.Match
		}
	case 0x06, 0x15: // unbind, enquire link: no body
		if size == 16 {
			return classify.Match
		}
	case 0x01, 0x02, 0x09: // bind: names and password, all short
		if response && size <= 64 || size >= 23 && size <= 160 {
			return classify.Match
		}
	case 0x04, 0x05, 0x21, 0x103: // the service's type comes first
		if response && size <= 2048 {
			return classify.Match
		}
		if !response && size > 16 {
			return smppService(b[16:])
		}
	case 0x03, 0x07, 0x08, 0x111, 0x112, 0x113:
		if response && size <= 2048 || size > 16 && size <= 4096 {
			return classify.Match
		}
	case 0x0b, 0x102: // outbind, alert notification
		if !response && size > 18 {
			return classify.Match
		}
	}
	return classify.Never
}

// smppService checks the beginning of a submission's body: a text of at most five
// characters that ends in a zero, type of number and numbering plan (SMPP 3.4,
// sections 4.4.1, 5.2.5 and 5.2.6).
func smppService(b []byte) classify.Outcome {
	end := bytes.IndexByte(b[:min(len(b), 6)], 0)
	if end < 0 {
		if len(b) < 6 && classify.IsPrintable(b) {
			return classify.NeedMore
		}
		return classify.Never
	}
	if len(b) < end+3 {
		return classify.NeedMore
	}
	if classify.IsPrintable(b[:end]) && b[end+1] <= 6 && b[end+2] <= 18 {
		return classify.Match
	}
	return classify.Never
}

// smppSpeaker tells by the command (SMPP 3.4, section 5.1.2.1): binding and submission are of clients,
// delivery of the centre.
func smppSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 8 {
		return classify.AnySpeaker
	}
	switch command := binary.BigEndian.Uint32(b[4:]); command {
	case 1, 2, 4, 9, 0x80000005:
		return classify.ClientSpeaks
	case 0x80000001, 0x80000002, 0x80000004, 0x80000009, 5, 0x0b:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
