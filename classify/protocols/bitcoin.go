package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var bitcoin = classify.Protocol{
	Name:      "BITCOIN",
	Category:  "Crypto_Currency",
	Transport: classify.TCP,
	TCPPorts:  []uint16{8333},
	Recognise: recogniseBitcoin,
	Reference: "Bitcoin developer reference, P2P network, message headers; BIP 130, 133, 152, 155, 157",
}

// bitcoinCommands are the messages' names.
var bitcoinCommands = map[string]bool{
	"version": true, "verack": true, "addr": true, "addrv2": true, "sendaddrv2": true, "inv": true, "getdata": true, "notfound": true,
	"getblocks": true, "getheaders": true, "headers": true, "block": true, "tx": true, "getaddr": true, "mempool": true, "ping": true, "pong": true,
	"reject": true, "filterload": true, "filteradd": true, "filterclear": true, "merkleblock": true, "alert": true, "sendheaders": true,
	"feefilter": true, "sendcmpct": true, "cmpctblock": true, "getblocktxn": true, "blocktxn": true, "wtxidrelay": true, "getcfilters": true,
	"cfilter": true, "getcfheaders": true, "cfheaders": true, "getcfcheckpt": true, "cfcheckpt": true, "sendtxrcncl": true,
}

// recogniseBitcoin accepts a message header of any network, and of coins that use the same protocol:
// four bytes that name the network, a known command padded with zeros, and a length.
func recogniseBitcoin(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if len(b) > 4 && (b[4] < 'a' || b[4] > 'w') || len(b) > 15 && b[15] != 0 {
			return classify.Never
		}
		if len(b) < 20 {
			return classify.NeedMore
		}
		end := 4
		for end < 16 && b[end] != 0 {
			end++
		}
		if !match.AllZero(b[end:16]) || !bitcoinCommands[string(b[4:end])] || binary.LittleEndian.Uint32(b[16:]) > 32<<20 {
			return classify.Never
		}
		return classify.Match
	})
}
