package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var hpVirtgrp = classify.Protocol{
	Name: "HP_VIRTGRP", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{5223}, NoGuess: true,
	Recognise: recogniseHPVirtgrp, Reference: "records as observed on hpvirtgrp, TCP port 5223",
}

// recogniseHPVirtgrp accepts records of a type and a length of two bytes that
// counts the whole record: 0x16 first from the client, 0x17 first from the
// server, 0x30 afterwards. Records have to fill what both sides sent, or on
// the registered port what one side sent.
func recogniseHPVirtgrp(p *classify.Probe) classify.Outcome {
	c, s := p.Stream(classify.Client), p.Stream(classify.Server)
	if len(c) > 0 && c[0] != 0x16 || len(s) > 0 && s[0] != 0x17 {
		return classify.Never
	}
	cn, sn := virtgrpRecords(c), virtgrpRecords(s)
	switch {
	case cn < 0 || sn < 0 || len(p.History()) > 8:
		return classify.Never
	case cn > 0 && sn > 0, p.HasPort(5223) && cn+sn >= 2:
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
