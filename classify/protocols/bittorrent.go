package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// bittorrent is BitTorrent between peers, with its distributed hash table, its
// trackers over UDP and its search of the local network.
var bittorrent = classify.Protocol{
	Name:      "BitTorrent",
	Category:  "Download",
	Transport: classify.TCP | classify.UDP,
	TCPPorts:  []uint16{51413, 53646},
	UDPPorts:  []uint16{6771, 51413},
	Reference: "BEP 3, 5, 14, 15 and 29",

	Midstream: true,
	Recognise: recogniseBitTorrent,
}

const btHandshake = "\x13BitTorrent protocol"

// recogniseBitTorrent accepts the handshake of peers (BEP 3) or, midstream, their requests for blocks;
// messages of the hash table (BEP 5), local search (BEP 14), a tracker's requests (BEP 15) and uTP (BEP
// 29).
func recogniseBitTorrent(p *classify.Probe) classify.Outcome {
	var out classify.Outcome
	if p.Transport == classify.TCP {
		out = btStream(p)
	} else {
		out = btDatagram(p)
	}
	if out == classify.Match {
		btExpectPeers(p)
		if p.Transport == classify.UDP {
			btPeers(p)
			p.KeepLooking()
		}
	}
	return out
}

// btExpectPeers announces that the peers' ports speak BitTorrent with others too: a client uses one
// port for all. A tracker's port is not announced.
func btExpectPeers(p *classify.Probe) {
	if p.Transport == classify.UDP && (btTracker(p.Payload, p.Len) || btTrackerAnswer(p)) {
		return
	}
	for s := classify.Client; s <= classify.Server; s++ {
		if p.Transport == classify.TCP && s == classify.Client || p.Ports[s] < 1024 || p.Ports[s] == 6771 || !p.Addrs[s].IsValid() || p.Addrs[s].IsMulticast() {
			continue
		}
		p.Expect(classify.UDP, p.Addrs[s], p.Ports[s], "BitTorrent")
		p.Expect(classify.TCP, p.Addrs[s], p.Ports[s], "BitTorrent")
	}
}

func btStream(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if n := min(len(b), len(btHandshake)); n > 0 && string(b[:n]) == btHandshake[:n] {
		if n < len(btHandshake) {
			return classify.NeedMore
		}
		return classify.Match
	}
	if p.Midstream(p.From) {
		if btMessage(p.Payload) {
			return classify.Match
		}
		if len(p.History()) < 6 {
			return classify.NeedMore
		}
	}
	return classify.Never
}

// btMessage accepts a request or cancellation of a block of 16 KiB, the block
// itself, or a keep-alive before one of them.
func btMessage(b []byte) bool {
	const block = 0x4000
	if len(b) >= 8 && binary.BigEndian.Uint32(b) == 0 {
		b = b[4:]
	}
	if len(b) < 17 {
		return false
	}
	begin := binary.BigEndian.Uint32(b[9:])
	switch size := binary.BigEndian.Uint32(b); {
	case begin%block != 0 || begin > 64<<20 || binary.BigEndian.Uint32(b[5:]) > 1<<20:
		return false
	case size == 13 && (b[4] == 6 || b[4] == 8):
		return binary.BigEndian.Uint32(b[13:]) == block
	case size == 9+block:
		return b[4] == 7
	}
	return false
}

func btDatagram(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 16 {
		return btLater(p)
	}
	switch {
	case b[0] == 'd' && btTable(b, p.Len),
		b[0] == 'B' && bytes.HasPrefix(b, []byte("BT-SEARCH * HTTP/1.1\r\n")):
		return classify.Match
	case btTracker(b, p.Len), btTrackerAnswer(p):
		return classify.Match
	}
	if len(p.History()) == 1 && p.Len == 16 && len(b) == 16 && match.AllZero(b[:4]) && mostlySet(b[4:]) {
		return classify.NeedMore // a tracker's answer to connect: what its client says next will tell
	}
	if _, ok := parseUTP(b); !ok {
		return btLater(p)
	}
	if btTransport(p) {
		return classify.Match
	}
	return btLater(p)
}

// btLater answers NeedMore while further packets may still show uTP.
func btLater(p *classify.Probe) classify.Outcome {
	like := 0
	for _, d := range p.History() {
		if _, ok := parseUTP(d.Data); ok {
			like++
		}
	}
	if like > 0 && len(p.History()) < 12 {
		return classify.NeedMore
	}
	return classify.Never
}

// btTable accepts a bencoded dictionary with the kind of message that BEP 5
// asks for: query, response or error, and an identifier of 20 bytes in the first two.
func btTable(b []byte, size int) bool {
	if b[1] != '1' && b[1] != '2' || b[2] != ':' {
		return false
	}
	if len(b) == size && b[len(b)-1] != 'e' {
		return false
	}
	if bytes.Contains(b[:min(len(b), 64)], []byte("d2:id20:")) {
		return true
	}
	return bytes.Contains(b, []byte("1:y1:")) && (bytes.Contains(b, []byte("1:t")) || bytes.Contains(b, []byte("1:el")))
}

// btTracker accepts the two requests of BEP 15: connect with its magic number,
// and announce with a peer's name (BEP 20), or with numbers that can be such.
func btTracker(b []byte, size int) bool {
	const magic = 0x41727101980
	switch {
	case size == 16 && len(b) == 16:
		return binary.BigEndian.Uint64(b) == magic && binary.BigEndian.Uint32(b[8:]) == 0
	case size >= 98 && len(b) >= 98 && binary.BigEndian.Uint32(b[8:]) == 1:
		return binary.BigEndian.Uint32(b[80:]) <= 3 && (b[36] == '-' && b[43] == '-' || btAnnounce(b))
	}
	return false
}

// btAnnounce checks an announcement's fields (BEP 15): the digest of the torrent, bytes downloaded,
// left (or all ones, not known) and uploaded below 2^48, how many peers are wanted, and a port.
func btAnnounce(b []byte) bool {
	downloaded, left, uploaded := binary.BigEndian.Uint64(b[56:]), binary.BigEndian.Uint64(b[64:]), binary.BigEndian.Uint64(b[72:])
	const most, unknown = 1 << 48, 1<<63 - 1
	wanted := binary.BigEndian.Uint32(b[92:])
	return mostlySet(b[:8]) && match.LooksEncrypted(b[16:36]) && classify.IsPrintable(b[36:38]) && downloaded < most && (left < most || left >= unknown) && uploaded < most &&
		(wanted <= 1000 || wanted == 1<<32-1) && binary.BigEndian.Uint16(b[96:]) != 0
}

// btTrackerAnswer accepts the answer to a request of the same flow, which
// repeats its action and its transaction's number.
func btTrackerAnswer(p *classify.Probe) bool {
	b := p.Payload
	for _, d := range p.History() {
		if d.From != p.From && btTracker(d.Data, d.Len) && bytes.Equal(d.Data[8:16], b[:8]) {
			return true
		}
	}
	return false
}

// utpPacket is the header of the micro transport protocol (BEP 29).
type utpPacket struct {
	kind            uint8
	connection      uint16
	time, delay     uint32
	sequence, acked uint16
}

// parseUTP reads a header of version 1 and walks its extensions.
func parseUTP(b []byte) (utpPacket, bool) {
	const header, lastKind, lastExtension = 20, 4, 3
	if len(b) < header || b[0]&15 != 1 || b[0]>>4 > lastKind || b[1] > lastExtension {
		return utpPacket{}, false
	}
	u := utpPacket{
		kind:       b[0] >> 4,
		connection: binary.BigEndian.Uint16(b[2:]),
		time:       binary.BigEndian.Uint32(b[4:]),
		delay:      binary.BigEndian.Uint32(b[8:]),
		sequence:   binary.BigEndian.Uint16(b[16:]),
		acked:      binary.BigEndian.Uint16(b[18:]),
	}
	next, rest := b[1], b[header:]
	for n := 0; next != 0; n++ {
		if n == 3 || len(rest) < 2 || int(rest[1])+2 > len(rest) || rest[1]%4 != 0 {
			return u, false
		}
		next, rest = rest[0], rest[2+int(rest[1]):]
		if next > lastExtension {
			return u, false
		}
	}
	return u, true
}

// btTransport accepts the packet that opens a connection of uTP, or the newest
// packet where an earlier one belongs to the same connection.
func btTransport(p *classify.Probe) bool {
	const syn = 4
	u, _ := parseUTP(p.Payload)
	if u.kind == syn {
		return u.delay == 0 && u.acked == 0 && u.sequence == 1 && p.Len <= 40
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		before, ok := parseUTP(d.Data)
		if !ok || before.connection == 0 && u.connection == 0 {
			continue
		}
		if d.From == p.From {
			sent, acked := u.sequence-before.sequence, u.acked-before.acked
			if before.connection == u.connection && sent < 16 && acked < 64 && sent+acked > 0 &&
				u.time-before.time > 0 && u.time-before.time < 10e6 && u.sequence != 0 {
				return true
			}
			continue
		}
		// The two directions differ by one in their connection's number, but for the
		// packet that opens it.
		if step := u.connection - before.connection + 1; step <= 2 && (step != 1 || before.kind == syn) && u.acked-before.sequence+2 <= 4 && u.acked != 0 {
			return true
		}
	}
	return false
}

// httpIsTracker accepts a client's request to a tracker over HTTP (BEP 3 and 48).
func httpIsTracker(req *wire.HTTPHead, path, query []byte) bool {
	if !req.Request || !bytes.Contains(query, []byte("info_hash=")) {
		return false
	}
	return bytes.Contains(path, []byte("announce")) || bytes.Contains(path, []byte("scrape")) || bytes.HasPrefix(path, []byte("/webseed"))
}
