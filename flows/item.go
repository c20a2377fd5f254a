package flows

import (
	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
)

// TCP flags (RFC 9293, section 3.1).
const (
	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpACK = 0x10
)

// Numbers of the IP protocols whose payloads are looked at.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// item is one packet on its way to the tracker of its flow.
type item struct {
	key    table.Key
	hash   uint64
	time   int64
	now    int64 // input time, this packet counted
	number uint64
	wire   uint32
	file   uint32 // index of its capture among the inputs
	length uint32 // of the payload on the wire
	seq    uint32
	ack    uint32
	side   uint8 // side of the key that sent it
	tcp    uint8 // TCP flags
	link   table.Flag
	mac    [2][6]byte // by side, valid iff link has HasMAC
	part   uint32     // decode.Packet's Datagram, where seq and ack tell of the part
	data   []byte     // payload
}

// set fills an item, whose key and hash are set, from decoded headers. second tells that the key's
// second endpoint sent the packet.
func (it *item) set(d *decode.Packet, second bool, now int64, file uint32) {
	it.time, it.now, it.number, it.wire, it.file = d.Time, now, d.Number, uint32(d.OrigLen), file
	it.length, it.seq, it.ack, it.tcp = uint32(d.PayloadLen), d.Seq, d.Ack, d.TCPFlags
	it.side = 0
	if second {
		it.side = 1
	}
	it.link = 0
	if d.HasMAC {
		it.link = table.HasMAC
		it.mac[it.side], it.mac[1-it.side] = d.SrcMAC, d.DstMAC
	}
	if d.Broadcast {
		it.link |= table.ToBroadcast
	}
	it.part = d.Datagram
	it.data = d.Payload
}

// newSYN reports whether the packet opens a TCP connection.
func (it *item) newSYN() bool { return it.tcp&(tcpSYN|tcpACK|tcpRST) == tcpSYN }

// pingReply reports whether the packet is the answer to a ping: an ICMP echo, timestamp,
// information or address mask reply (RFC 792; RFC 950, appendix I), or an ICMPv6 echo reply (RFC
// 4443, section 4.2). Its sender did not open the conversation.
func (it *item) pingReply() bool {
	if len(it.data) == 0 {
		return false
	}
	switch kind := it.data[0]; it.key.Protocol() {
	case protoICMP:
		return kind == 0 || kind == 14 || kind == 16 || kind == 18
	case protoICMPv6:
		return kind == 129
	}
	return false
}

// transportOf returns the transport of an IP protocol that carries payloads, 0 for others.
func transportOf(proto uint8) classify.Transport {
	switch proto {
	case protoTCP:
		return classify.TCP
	case protoUDP:
		return classify.UDP
	case protoSCTP:
		return classify.SCTP
	}
	return 0
}
