package protocols

import "servmap/classify"

// mpegTS is the MPEG transport stream, straight in datagrams or a stream.
var mpegTS = classify.Protocol{
	Name:      "MPEG_TS",
	Category:  "Media",
	Transport: classify.UDP | classify.TCP,
	Reference: "ISO/IEC 13818-1, section 2.4.3.2",

	FirstBytes: classify.Bytes("\x47"),
	Recognise:  recogniseMPEGTS,
}

// recogniseMPEGTS accepts at least four packets of 188 bytes, each with its
// sync byte and a header that the standard allows (ISO/IEC 13818-1, section 2.4.3.2). In
// UDP they fill the datagram; where one holds fewer, further datagrams must agree.
func recogniseMPEGTS(p *classify.Probe) classify.Outcome {
	const size, enough = 188, 4
	count := 0
	if p.Transport == classify.TCP {
		b := p.Stream(p.From)
		if len(b) == 0 || b[0] != 0x47 {
			return classify.Never
		}
		for ; len(b) >= 4; count++ {
			if !mpegTSHeader(b) {
				return classify.Never
			}
			b = b[min(len(b), size):]
		}
		if count >= enough+1 {
			return classify.Match
		}
		return classify.NeedMore
	}
	if len(p.Payload) < size || p.Payload[0] != 0x47 || p.Len%size != 0 {
		return classify.Never
	}
	for _, h := range p.History() {
		if h.From != p.From || h.Len%size != 0 {
			return classify.Never
		}
		for b := h.Data; len(b) >= 4; count++ {
			if !mpegTSHeader(b) {
				return classify.Never
			}
			b = b[min(len(b), size):]
		}
	}
	if count >= enough {
		return classify.Match
	}
	return classify.NeedMore
}

// mpegTSHeader checks sync byte, error bit and the two fields with a reserved value.
func mpegTSHeader(b []byte) bool {
	pid := uint16(b[1]&0x1f)<<8 | uint16(b[2])
	return b[0] == 0x47 && b[1]&0x80 == 0 && b[3]&0xc0 != 0x40 && (b[3]&0x30 != 0 || pid == 0x1fff)
}
