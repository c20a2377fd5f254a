package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var zabbix = classify.Protocol{
	Name: "Zabbix", Category: "Network", Transport: classify.TCP,
	TCPPorts:   []uint16{10050, 10051},
	FirstBytes: classify.Bytes("Z"),
	Recognise:  recogniseZabbix, Reference: "Zabbix manual, header and data length",
}

// recogniseZabbix accepts the header "ZBXD" with flags: the protocol's bit,
// perhaps with those for compression and large packets.
func recogniseZabbix(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "ZBXD"); o != classify.Match {
			return o
		}
		if len(b) < 5 {
			return classify.NeedMore
		}
		if b[4]&0x01 != 0 && b[4] <= 7 {
			return classify.Match
		}
		return classify.Never
	})
}
