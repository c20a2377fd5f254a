package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/wire"
)

// megaco is H.248, the protocol between media gateways and their controllers.
var megaco = classify.Protocol{
	Name:      "Megaco",
	Category:  "VoIP",
	Transport: classify.UDP | classify.TCP | classify.SCTP,
	PPIDs:     []uint32{7},
	UDPPorts:  []uint16{2944},
	AlsoPorts: []uint16{2945},
	Reference: "ITU-T H.248.1, annexes A and B; RFC 3525, annexes A and B",

	FirstBytes: classify.Bytes("\x03!M0"),
	Recognise:  recogniseMegaco,
}

// recogniseMegaco accepts the text encoding: "MEGACO/1" or "!/1", then the
// sender's name in brackets or angles, or a device or MTP address; or the binary encoding's
// header. Over TCP a TPKT header stands before either.
func recogniseMegaco(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
		switch {
		case len(b) > 0 && b[0] != 3, len(b) > 1 && b[1] != 0, len(b) > 4 && b[4] != '!' && b[4] != 'M' && b[4] != 0x30:
			return classify.Never
		case len(b) < 4 || len(b) < min(4+megacoEnough, wire.U16(b[2:])):
			return classify.NeedMore
		}
		b = b[4:]
	}
	if len(b) > 0 && b[0] == 0x30 {
		return megacoBinary(b)
	}
	rest, ok := bytes.CutPrefix(b, []byte("!/"))
	if !ok {
		if rest, ok = bytes.CutPrefix(b, []byte("MEGACO/")); !ok {
			return classify.Never
		}
	}
	if len(rest) < 4 || rest[0] < '1' || rest[0] > '9' {
		return classify.Never
	}
	rest = rest[1:]
	if rest[0] >= '0' && rest[0] <= '9' {
		rest = rest[1:]
	}
	name := bytes.TrimLeft(rest, " \t\r\n")
	if len(name) == len(rest) || len(name) < 3 || name[0] != '[' && name[0] != '<' && !bytes.HasPrefix(name, []byte("MTP{")) && !classify.IsPrintable(name[:3]) {
		return classify.Never
	}
	return classify.Match
}

// megacoEnough is how much of a message is waited for: the sender's name has at most 64 characters.
const megacoEnough = 128

// megacoBinary checks a message in BER, as far as the sender's name (annex A.2,
// MegacoMessage): perhaps an authentication header [0], then [1] the message: [0]
// version, [1] sender, [2] errors or transactions.
func megacoBinary(b []byte) classify.Outcome {
	outer, state := wire.BER(b)
	if state != wire.Whole || outer.Tag != wire.TagSequence {
		return classify.Never
	}
	body := outer.Body
	message, state := wire.BER(body)
	if state == wire.Whole && message.Tag == 0xa0 && message.Complete() {
		message, state = wire.BER(body[message.Total():])
	}
	if state != wire.Whole || message.Tag != 0xa1 {
		return classify.Never
	}
	version, rest, ok := wire.NextBER(message.Body)
	if number, fits := version.Uint(); !ok || version.Tag != 0x80 || !fits || number == 0 || number > 99 {
		return classify.Never
	}
	sender, state := wire.BER(rest)
	if state != wire.Whole || sender.Tag != 0xa1 {
		return classify.Never
	}
	if sender.Len >= 0 && (!sender.Complete() || len(rest) <= sender.Total() || rest[sender.Total()] != 0xa2) {
		return classify.Never
	}
	// Address of IPv4 or IPv6, domain's, device's or MTP's: the last two are primitive.
	switch name, state := wire.BER(sender.Body); {
	case state != wire.Whole || sender.Len >= 0 && name.Total() != sender.Len:
	case name.Tag >= 0xa0 && name.Tag <= 0xa2, name.Tag == 0x83, name.Tag == 0x84:
		return classify.Match
	}
	return classify.Never
}
