package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var nano = classify.Protocol{
	Name:       "Nano",
	Category:   "Crypto_Currency",
	Transport:  classify.TCP | classify.UDP,
	TCPPorts:   []uint16{7075},
	AlsoPorts:  []uint16{7075},
	FirstBytes: classify.Bytes("R"),
	Recognise:  recogniseNano,
	Reference:  "Nano node protocol, message header; Wireshark nano dissector's field reference",
}

// recogniseNano accepts a message header ("R", the network's letter, versions,
// type, extensions) with a length that the type asks for.
func recogniseNano(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if b := p.Payload; len(b) >= 8 && nanoHeader(b) && nanoSize(b) == p.Len {
			return classify.Match
		}
		return classify.Never
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] != 'R' || len(b) > 1 && !nanoNetwork(b[1]) {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		size := nanoSize(b)
		if !nanoHeader(b) || size == 0 {
			return classify.Never
		}
		if b[5] == 15 && len(b) >= 17 && b[8] >= 1 && b[8] <= 3 && size > 1024 {
			return classify.Match // an answer with blocks is too long to be waited for
		}
		if len(b) < size {
			return classify.NeedMore
		}
		if len(b) == size || len(b) >= size+8 && nanoHeader(b[size:]) {
			return classify.Match
		}
		return classify.Never
	})
}

// nanoNetwork accepts the letters of test, beta, live and private networks.
func nanoNetwork(c byte) bool { return c >= 'A' && c <= 'C' || c == 'X' }

func nanoHeader(b []byte) bool {
	most, using, least := b[2], b[3], b[4]
	return b[0] == 'R' && nanoNetwork(b[1]) && least >= 1 && least <= using && using <= most && most <= 64 && b[5] >= 2 && b[5] <= 16
}

// nanoSize returns the length of the message with its header, 0 where its type
// has no fixed one.
func nanoSize(b []byte) int {
	ext := int(binary.LittleEndian.Uint16(b[6:]))
	blocks := [16]int{2: 152, 3: 136, 4: 168, 5: 136, 6: 216}
	kind, count := ext>>8&15, ext>>12
	if ext&1 != 0 { // the count's second form has four bits more
		count = count<<4 | ext>>4&15
	}
	const hashes = 1 // what stands in the block type's place where no block follows
	switch b[5] {
	case 2: // keepalive: eight endpoints
		return 8 + 8*18
	case 3: // publish: a block
		if blocks[kind] > 0 {
			return 8 + blocks[kind]
		}
	case 4: // confirm_req: pairs of hash and root, or a block
		if kind == hashes && count > 0 {
			return 8 + 64*count
		}
		if blocks[kind] > 0 {
			return 8 + blocks[kind]
		}
	case 5: // confirm_ack: account, signature, number; hashes or a block
		const vote = 32 + 64 + 8
		if kind == hashes && count > 0 {
			return 8 + vote + 32*count
		}
		if blocks[kind] > 0 {
			return 8 + vote + blocks[kind]
		}
	case 6: // bulk_pull
		return 8 + 64 + 8*(ext&1)
	case 7: // bulk_push
		if ext == 0 {
			return 8
		}
	case 8: // frontier_req
		return 8 + 40
	case 11: // bulk_pull_account: account, least amount, flags
		return 8 + 32 + 16 + 1
	case 12: // telemetry_req
		if ext == 0 {
			return 8
		}
	case 13: // telemetry_ack: its length is in the extensions
		if size := ext & 0x7ff; size >= 64 {
			return 8 + size
		}
	case 14, 15: // asc_pull_req, asc_pull_ack: kind and number, then what the extensions tell
		return 8 + 1 + 8 + ext
	case 10: // node_id_handshake: query, response, salt and genesis of its second version
		response := ext >> 1 & 1
		return 8 + 32*(ext&1) + 96*response + 64*(response&(ext>>2))
	}
	return 0
}
