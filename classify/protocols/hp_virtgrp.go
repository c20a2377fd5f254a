package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var hpVirtgrp = classify.Protocol{
	Name: "HP_VIRTGRP", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{5223}, NoGuess: true,
	FirstBytes: classify.Bytes("\x16\x17"), Recognise: recogniseHPVirtgrp, Reference: "records as observed on hpvirtgrp, TCP port 5223",
}

// recogniseHPVirtgrp accepts records of a type and a length of two bytes that counts the whole record:
// 0x16 first from the client, 0x17 first from the server, then 0x30. Records must fill what both sides
// sent, or on the registered port what one side sent.
func recogniseHPVirtgrp(p *classify.Probe) classify.Outcome {
	a, b := p.Stream(p.From), p.Stream(p.From.Other())
	if len(a) > 0 && a[0]|1 != 0x17 || len(b) > 0 && b[0]|1 != 0x17 || len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		return classify.Never
	}
	an, bn := virtgrpRecords(a), virtgrpRecords(b)
	switch {
	case an < 0 || bn < 0 || len(p.History()) > 8 && len(a) > 512:
		return classify.Never
	case an > 0 && bn > 0, p.HasPort(5223) && an+bn >= 2:
		if len(a) > 0 && a[0] == 0x16 || len(b) > 0 && b[0] == 0x17 {
			p.ClientIs(p.From)
		} else {
			p.ClientIs(p.From.Other())
		}
		return classify.Match
	}
	return classify.NeedMore
}

// virtgrpRecords counts the records that fill b exactly: 0 where the last is
// cut, -1 where there are none.
func virtgrpRecords(b []byte) int {
	n := 0
	for len(b) > 0 {
		if n > 0 && b[0] != 0x30 {
			return -1
		}
		if len(b) < 3 {
			return 0
		}
		size := wire.U16(b[1:])
		if size < 16 || size > 4096 {
			return -1
		}
		if len(b) < size {
			return 0
		}
		b = b[size:]
		n++
	}
	return n
}
