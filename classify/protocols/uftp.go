package protocols

import "servmap/classify"

var uftp = classify.Protocol{
	Name: "UFTP", Category: "Download", Transport: classify.UDP,
	UDPPorts:   []uint16{1044},
	FirstBytes: classify.Bytes("\x30\x40\x50"),
	Recognise:  recogniseUFTP, Reference: "UFTP 4 protocol description",
}

// recogniseUFTP accepts the header of versions 3 to 5 with a function, the message header behind it
// that repeats the function, and a message length that fits. Off port 1044 the message must end with
// the datagram, or two must come.
func recogniseUFTP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 20 || b[0] != 0x30 && b[0] != 0x40 && b[0] != 0x50 || b[1] == 0 || b[1] > 20 {
		return classify.Never
	}
	size := int(b[17]) * 4
	if b[16] != b[1] || b[15] != 0 || size < 4 || 16+size > p.Len {
		return classify.Never
	}
	if p.HasPort(1044) || 16+size == p.Len {
		return classify.Match
	}
	if p.Count(p.From) >= 2 {
		return classify.Match
	}
	return classify.NeedMore
}
