package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var sap = classify.Protocol{
	Name:      "SAP",
	Category:  "Network",
	Transport: classify.TCP,
	TCPPorts:  []uint16{3201},
	AlsoPorts: []uint16{3200, 3299, 3300, 3600},
	Recognise: recogniseSAP,
	Reference: "SAP Network Interface (NI) framing with SAProuter, DIAG, message server, gateway and enqueue messages",
}

// sapPlain are the beginnings of messages in the clear: SAProuter's, the
// message server's and the enqueue server's.
var sapPlain = [][]byte{
	[]byte("NI_PING\x00"), []byte("NI_PONG\x00"), []byte("NI_ROUTE\x00"), []byte("NI_RTERR\x00"), []byte("NI_REGID\x00"),
	[]byte("ROUTER_ADM\x00"), []byte("**MESSAGE**\x00"), {0xab, 0xcd, 0xe1, 0x23},
}

// recogniseSAP accepts NI's four bytes of length and after them a message of
// SAProuter, message server or enqueue server; DIAG's first, which has a
// dispatcher's header, or a compressed one; or the connection of a gateway's
// client. On the ports of SAP's instances messages of both sides with NI's
// length are enough.
func recogniseSAP(p *classify.Probe) classify.Outcome {
	out := match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] != 0 || len(b) > 1 && b[1] > 1 {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		size := wire.U32(b)
		body := b[4:min(len(b), 4+size)]
		if size < 8 {
			return classify.Never
		}
		short := false
		for _, text := range sapPlain {
			n := min(len(text), len(body))
			if bytes.Equal(body[:n], text[:n]) {
				if n == len(text) {
					return classify.Match
				}
				short = true
			}
		}
		switch {
		case short || len(body) < 16 && len(body) < size:
			return classify.NeedMore
		case sapDispatcher(body, size) || sapGateway(body, size):
			return classify.Match
		case sapCompressed(body):
			// Little is fixed: the length must agree as well.
			if len(b) < 4+min(size, 1024) {
				return classify.NeedMore
			}
			return classify.Match
		}
		return classify.Never
	})
	if out == classify.Match || !sapInstance(p.Ports[classify.Server]) && !sapInstance(p.Ports[classify.Client]) {
		return out
	}
	client, server := p.Stream(classify.Client), p.Stream(classify.Server)
	switch {
	case niFramed(client) && niFramed(server):
		return classify.Match
	case len(p.History()) < 4 || len(client)+len(server) < 64:
		return classify.NeedMore
	}
	return out
}

// sapInstance accepts the ports of dispatchers, gateways and message servers
// of the instances 00 to 99, but for those of the global catalogue: LDAP that is sealed there has
// lengths of the same form.
func sapInstance(port uint16) bool {
	return port != ldapCatalog && port != ldapCatalog+1 && port >= 3200 && port < 3400 || port >= 3600 && port < 3700
}

// niFramed reports whether b is one or two messages with NI's length.
func niFramed(b []byte) bool {
	for range 2 {
		if len(b) < 12 || b[0] != 0 || b[1] > 1 {
			return false
		}
		size := wire.U32(b)
		if len(b) == 4+size {
			return true
		}
		if size < 8 || len(b) < 4+size {
			return false
		}
		b = b[4+size:]
	}
	return false
}

// sapDispatcher checks the dispatcher's header of DIAG's first message: request
// -1, return code 10.
func sapDispatcher(body []byte, size int) bool {
	return size >= 208 && len(body) >= 16 && binary.BigEndian.Uint32(body) == 0xffffffff && body[4] == 0x0a && match.AllZero(body[5:8])
}

// sapCompressed checks a DIAG header that announces compression, and the
// compression's own: length before, algorithm LZH or LZC, 1f 9d.
func sapCompressed(body []byte) bool {
	return len(body) >= 16 && body[7] == 1 && body[13] == 0x1f && body[14] == 0x9d &&
		(body[12]&0x0f == 1 || body[12]&0x0f == 2) && body[11] == 0
}

// sapGateway checks a client's connection to the gateway: version 2, type 3, and
// the service's name "sapgw" at its place.
func sapGateway(body []byte, size int) bool {
	return size == 64 && len(body) >= 24 && body[0] == 2 && body[1] == 3 && bytes.Contains(body, []byte("sapgw"))
}
