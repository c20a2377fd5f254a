package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var udpNotif = classify.Protocol{
	Name: "UDP-notif", Category: "Network", Transport: classify.UDP, NoGuess: true,
	FirstBytes: classify.Bytes("\x21\x22\x23"), Recognise: recogniseUDPNotif, Speaker: udpNotifSpeaker, Reference: "draft-ietf-netconf-udp-notif, section 3.2",
}

// recogniseUDPNotif accepts a header of version 1 with one of the three media types, whose length and options
// fit the datagram, and the beginning of what the type says: JSON, XML or CBOR.
func recogniseUDPNotif(p *classify.Probe) classify.Outcome {
	const header = 12
	b := p.Payload
	if len(b) < header || b[0] < 0x21 || b[0] > 0x23 || int(b[1]) < header || wire.U16(b[2:]) != p.Len || len(b) <= int(b[1]) {
		return classify.Never
	}
	segmented := false
	for at := header; at < int(b[1]); at += int(b[at+1]) {
		if at+2 > int(b[1]) || b[at+1] < 2 || at+int(b[at+1]) > int(b[1]) {
			return classify.Never
		}
		segmented = segmented || b[at] == 1
	}
	first := b[b[1]]
	switch {
	case segmented && int(b[1]) > header:
		return classify.Match // a later part begins with anything
	case b[0] == 0x21 && (first == '{' || first == '['), b[0] == 0x22 && first == '<', b[0] == 0x23 && first >= 0xa0 && first <= 0xbf:
		return classify.Match
	}
	return classify.Never
}

// udpNotifSpeaker says that the publisher sends to the receiver, which never answers.
func udpNotifSpeaker(_ classify.Transport, _ []byte) classify.Speaker { return classify.ClientSpeaks }
