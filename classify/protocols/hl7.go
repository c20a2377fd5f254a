package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var hl7 = classify.Protocol{
	Name: "HL7", Category: "RPC", Transport: classify.TCP,
	TCPPorts:   []uint16{2575},
	FirstBytes: classify.Bytes("\x0bMBF"), Recognise: recogniseHL7, Reference: "HL7 version 2, section 2.5; MLLP release 1",
}

// recogniseHL7 accepts the start block of the minimal lower layer protocol
// followed by a message, batch or file header segment that names its
// separators; or without the block a header with the recommended ones (section 2.5.4).
func recogniseHL7(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] != 0x0b {
			return max(match.Prefix(b, `MSH|^~\&|`), match.Prefix(b, `BHS|^~\&|`), match.Prefix(b, `FHS|^~\&|`))
		}
		out := classify.Never
		for _, segment := range [...]string{"\x0bMSH", "\x0bBHS", "\x0bFHS"} {
			out = max(out, match.Prefix(b, segment))
		}
		if out != classify.Match {
			return out
		}
		if len(b) < 9 {
			return classify.NeedMore
		}
		// Field separator and encoding characters are all different, and the
		// field separator ends them.
		field := b[4]
		for i := 5; i < min(len(b), 11); i++ {
			switch {
			case b[i] == field && i >= 6:
				return classify.Match
			case b[i] == field || b[i] <= ' ' || b[i] > '~':
				return classify.Never
			}
		}
		if len(b) < 11 {
			return classify.NeedMore
		}
		return classify.Never
	})
}
