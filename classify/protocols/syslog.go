package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var syslog = classify.Protocol{
	Name: "Syslog", Category: "System", Transport: classify.TCP | classify.UDP, TCPPorts: []uint16{514, 601, 6514}, UDPPorts: []uint16{514},
	FirstBytes: classify.Bytes("<").Or(classify.Range('1', '9')),
	Recognise:  recogniseSyslog, Speaker: syslogSpeaker, Reference: "RFC 5424, RFC 3164, RFC 6587",
}

// recogniseSyslog accepts a priority in angle brackets and after it what RFC
// 5424, section 6.2, or RFC 3164, section 4.1, say: version and time, or a date; Cisco's
// number and colon; on the usual ports any text. Over TCP a length may stand before it
// (RFC 6587, section 3.4.1).
func recogniseSyslog(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		if b = p.Stream(p.From); len(b) == 0 {
			return classify.Never
		}
		if b[0] >= '1' && b[0] <= '9' {
			n, size := match.Digits(b, 5, " ")
			if size < 0 || size == len(b) {
				return classify.NeedMore
			}
			if size == 0 || n < 8 {
				return classify.Never
			}
			b = b[size:]
		}
	}
	if b[0] != '<' {
		return classify.Never
	}
	priority, size := match.Digits(b[1:], 3, ">")
	switch {
	case size < 0 || size > 0 && len(b) < size+9 && p.Transport == classify.TCP:
		return classify.NeedMore
	case size == 0 || priority > 191 || len(b) < size+9:
		return classify.Never
	}
	b = b[1+size:]
	own := p.HasPort(514) || p.HasPort(601)
	if syslogHeader(b) || own && classify.IsText(b[:min(len(b), 128)]) {
		return classify.Match
	}
	return classify.Never
}

// syslogHeader accepts "1 2026-", "Jan 12 " and "45: ", with or without blanks and a star before.
func syslogHeader(b []byte) bool {
	if matchForm(b, "1 0000-00-00T") == classify.Match || matchForm(b, "1 - ") == classify.Match {
		return true
	}
	if n, size := match.Digits(b, 10, ": "); size > 0 && n >= 0 && classify.IsText(b[:min(len(b), 64)]) {
		return true
	}
	for len(b) > 0 && (b[0] == ' ' || b[0] == '*' || b[0] == '.') {
		b = b[1:]
	}
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if len(b) < 7 || b[3] != ' ' || b[4] != ' ' && (b[4] < '0' || b[4] > '3') || b[5] < '0' || b[5] > '9' {
		return matchForm(b, "0000-00-00") == classify.Match
	}
	for i := 0; i < len(months); i += 3 {
		if string(b[:3]) == months[i:i+3] {
			return true
		}
	}
	return false
}

// syslogSpeaker says that the one who logs sends, and is never answered.
func syslogSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	return classify.ClientSpeaks
}
