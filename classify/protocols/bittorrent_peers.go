package protocols

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"

	"servmap/classify"
)

// btMostPeers is how many peers of one message are announced.
const btMostPeers = 64

// btPeers announces the peers that a message names: the values of the hash table (BEP 5), and the list
// of a tracker over UDP (BEP 15), if the other side has asked for them in this flow. Encrypted
// conversations between peers are found only by this.
func btPeers(p *classify.Probe) {
	const announce, header = 1, 20
	b := p.Payload
	if len(b) > 0 && b[0] == 'd' {
		if _, values, ok := bytes.Cut(b, []byte("6:valuesl")); ok && btAskedForPeers(p) {
			for range btMostPeers {
				var peer []byte
				if peer, values, ok = bencodeText(values); !ok {
					break
				}
				btExpect(p, peer)
			}
		}
		return
	}
	if len(b) < header || binary.BigEndian.Uint32(b) != announce {
		return
	}
	for _, d := range p.History() {
		if d.From != p.From && len(d.Data) >= 16 && bytes.Equal(d.Data[12:16], b[4:8]) && binary.BigEndian.Uint32(d.Data[8:]) == announce {
			btExpectAll(p, b[header:])
			return
		}
	}
}

// btAskedForPeers reports whether the other side has asked for the peers of a torrent.
func btAskedForPeers(p *classify.Probe) bool {
	for _, d := range p.History() {
		if d.From != p.From && bytes.Contains(d.Data, []byte("9:get_peers")) {
			return true
		}
	}
	return false
}

// btHTTPPeers announces the peers in a tracker's answer over HTTP, in their
// compact form (BEP 23).
func btHTTPPeers(p *classify.Probe, body []byte) {
	_, peers, ok := bytes.Cut(body, []byte("5:peers"))
	if !ok {
		return
	}
	if list, _, ok := bencodeText(peers); ok {
		btExpectAll(p, list)
	}
}

func btExpectAll(p *classify.Probe, list []byte) {
	for n := 0; len(list) >= 6 && n < btMostPeers; n++ {
		btExpect(p, list[:6])
		list = list[6:]
	}
}

// btExpect announces one peer: an address of either version, then a port.
func btExpect(p *classify.Probe, peer []byte) {
	if len(peer) != 6 && len(peer) != 18 {
		return
	}
	addr, ok := netip.AddrFromSlice(peer[:len(peer)-2])
	port := binary.BigEndian.Uint16(peer[len(peer)-2:])
	if !ok || port < 1024 || addr.IsUnspecified() || addr.IsMulticast() {
		return
	}
	p.Expect(classify.UDP, addr, port, "BitTorrent")
	p.Expect(classify.TCP, addr, port, "BitTorrent")
}

// bencodeText reads a byte string, "6:abcdef" (BEP 3), and returns what follows
// it.
func bencodeText(b []byte) (text, rest []byte, ok bool) {
	digits, _, ok := bytes.Cut(b[:min(len(b), 8)], []byte(":"))
	if !ok || len(digits) == 0 || len(digits) > 5 {
		return nil, nil, false
	}
	n, err := strconv.ParseUint(string(digits), 10, 16)
	rest = b[len(digits)+1:]
	if err != nil || int(n) > len(rest) {
		return nil, nil, false
	}
	return rest[:n], rest[n:], true
}
