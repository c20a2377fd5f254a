package protocols

import (
	"bytes"
	"encoding/binary"
	"math/big"

	"golang.org/x/crypto/sha3"

	"servmap/classify"
	"servmap/classify/match"
)

var ethereum = classify.Protocol{
	Name:          "ETHEREUM",
	Category:      "Crypto_Currency",
	Transport:     classify.TCP | classify.UDP,
	TCPPorts:      []uint16{30303},
	AlsoPorts:     []uint16{30303},
	FirstBytesTCP: classify.Range(0, 4),
	Recognise:     recogniseEthereum,
	Reference:     "devp2p: discv4.md, Wire Protocol; rlpx.md, Initial Handshake; EIP-8",
}

// recogniseEthereum accepts on UDP a packet of node discovery version 4 whose
// hash is right, and on TCP the first message of the RLPx handshake of either
// side, which carries a point on the curve secp256k1.
func recogniseEthereum(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		switch {
		case discoveryPacket(p.Payload, p.Len):
			return classify.Match
		case maskedPacket(p) && len(p.History()) < 16: // one of version 4 may follow
			return classify.NeedMore
		}
		return classify.Never
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		// Since EIP-8 two bytes of length come first.
		if b[0] == 4 {
			return rlpxPoint(b[1:])
		}
		if b[0] > 4 || len(b) > 2 && b[2] != 4 {
			return classify.Never
		}
		if len(b) < 3 {
			return classify.NeedMore
		}
		if size := binary.BigEndian.Uint16(b); size < 180 || size > 1200 {
			return classify.Never
		}
		return rlpxPoint(b[3:])
	})
}

// maskedPacket accepts what may be node discovery version 5, which is all masked: on a port of the
// nodes, of 63 to 1280 bytes (discv5-wire.md, "Packet Encoding"). Nodes speak both versions from one
// port.
func maskedPacket(p *classify.Probe) bool {
	const firstPort, lastPort = 30300, 30399
	for _, port := range p.Ports {
		if port >= firstPort && port <= lastPort {
			return p.Len >= 63 && p.Len <= 1280 && len(p.Payload) >= 32 && match.LooksEncrypted(p.Payload[:32])
		}
	}
	return false
}

// rlpxPoint checks that 64 bytes are a public key: y*y = x*x*x + 7 modulo p.
func rlpxPoint(b []byte) classify.Outcome {
	if len(b) < 64 {
		return classify.NeedMore
	}
	x, y := new(big.Int).SetBytes(b[:32]), new(big.Int).SetBytes(b[32:64])
	if x.Cmp(secp256k1P) >= 0 || y.Cmp(secp256k1P) >= 0 || x.Sign() == 0 {
		return classify.Never
	}
	left := new(big.Int).Mul(y, y)
	right := new(big.Int).Mul(x, x)
	right.Mul(right, x).Add(right, big.NewInt(7))
	if left.Sub(left, right).Mod(left, secp256k1P).Sign() != 0 {
		return classify.Never
	}
	return classify.Match
}

// secp256k1P is the prime of the curve's field, 2^256 - 2^32 - 977.
var secp256k1P = func() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 256)
	return p.Sub(p, big.NewInt(1<<32+977))
}()

// discoveryPacket checks hash, recovery byte of the signature, type and the
// list that follows. A packet cut by the capture is judged without its hash.
func discoveryPacket(b []byte, size int) bool {
	if len(b) < 99 || size > 1280 || b[96] > 1 || b[97] == 0 || b[97] > 6 || b[98] < 0xc1 {
		return false
	}
	n := int(b[98]) - 0xc0
	if b[98] > 0xf7 {
		length := 0
		for _, c := range b[99:min(len(b), 99+int(b[98])-0xf7)] {
			length = length<<8 | int(c)
			if length > size {
				return false
			}
		}
		n = int(b[98]) - 0xf7 + length
	}
	if 99+n > size {
		return false
	}
	if len(b) < size {
		return 99+n == size
	}
	h := sha3.NewLegacyKeccak256()
	h.Write(b[32:])
	return bytes.Equal(h.Sum(nil), b[:32])
}
