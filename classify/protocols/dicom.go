package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var dicom = classify.Protocol{
	Name: "DICOM", Category: "DataTransfer", Transport: classify.TCP, TCPPorts: []uint16{104, 11112, 2761, 2762},
	NoGuess: true, FirstBytes: classify.Range(1, 7), Recognise: recogniseDICOM, Speaker: dicomSpeaker, Reference: "DICOM PS3.8, section 9.3",
}

// Types of units (PS3.8, section 9.3.1).
const (
	dicomRequest = 1
	dicomAccept  = 2
	dicomReject  = 3
	dicomData    = 4
	dicomRelease = 5
	dicomAbort   = 7
)

// dicomContext is the name of the one application context (PS3.7, annex A.2.1).
var dicomContext = []byte("1.2.840.10008.3.1.1.1")

// recogniseDICOM accepts a request for an association or its acceptance, with the name of the application
// context; on its ports also the units of an association that is open already.
func recogniseDICOM(p *classify.Probe) classify.Outcome {
	own := p.HasPort(104) || p.HasPort(11112) || p.HasPort(2761) || p.HasPort(2762)
	return match.Either(p, func(b []byte) classify.Outcome { return dicomUnit(b, own) })
}

func dicomUnit(b []byte, own bool) classify.Outcome {
	const header, fixed = 6, 74
	if b[0] == 0 || b[0] > dicomAbort || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < header {
		return classify.NeedMore
	}
	size := wire.U32(b[2:])
	switch b[0] {
	case dicomRequest, dicomAccept:
		// Version, two titles of 16 letters, 32 bytes that are not used, then the item of the context.
		if size < fixed || size > 1<<16 || len(b) > 8 && (b[6] != 0 || b[7]&1 == 0) || len(b) > 9 && b[8]|b[9] != 0 {
			return classify.Never
		}
		if len(b) < fixed+4 {
			return classify.NeedMore
		}
		item := b[fixed:]
		n := wire.U16(item[2:])
		switch {
		case item[0] != 0x10 || item[1] != 0 || n > 64:
			return classify.Never
		case len(item) < 4+n:
			return classify.NeedMore
		case bytes.Equal(bytes.TrimRight(item[4:4+n], "\x00 "), dicomContext):
			return classify.Match
		}
	case dicomData:
		return dicomValues(b, size, own)
	case dicomReject, dicomRelease, dicomRelease + 1, dicomAbort:
		if size == 4 && own && len(b) >= header+4 {
			return classify.Match
		}
		if size == 4 && len(b) < header+4 {
			return classify.NeedMore
		}
	}
	return classify.Never
}

// dicomValues accepts data in a presentation context, whose number is odd, with a header of two bits; of a
// command, the length of whose group comes first, on any port (PS3.8, section 9.3.5 and annex E; PS3.7,
// section 6.3).
func dicomValues(b []byte, size int, own bool) classify.Outcome {
	const values = 12
	if size < 6 || size > 1<<22 || len(b) > 10 && b[10]&1 == 0 || len(b) > 11 && b[11] > 3 {
		return classify.Never
	}
	if len(b) >= 10 && wire.U32(b[6:])+4 > size {
		return classify.Never
	}
	if len(b) < values+12 {
		return classify.NeedMore
	}
	command := b[11]&1 != 0 && string(b[values:values+8]) == "\x00\x00\x00\x00\x04\x00\x00\x00"
	if own || command {
		return classify.Match
	}
	return classify.Never
}

// dicomSpeaker tells by who asks for the association (PS3.8, section 7.1).
func dicomSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 6 || b[1] != 0:
		return classify.AnySpeaker
	case b[0] == dicomRequest:
		return classify.ClientSpeaks
	case b[0] == dicomAccept || b[0] == dicomReject:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
