package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// What an InitialOpener keeps and takes.
const (
	maxInitialIDs    = 4       // connection identifiers that keys are derived from
	maxInitialKeys   = 16      // keys that are kept, one for each identifier, version and side
	maxInitialPacket = 4 << 10 // bytes of a packet; no link's datagrams of Initial packets are larger
)

// InitialOpener takes the protection off the Initial packets of one connection. The keys come from the
// Destination Connection ID of the first Initial packet that the client sent (RFC 9001, section 5.2),
// after a Retry, or where that one was not captured, from that of a later one. To derive keys costs
// more than all else that is done to a packet: keys are kept, and whoever uses an opener says with
// Allow how often it may try. The zero value may not try.
type InitialOpener struct {
	ids      [][]byte
	keys     []*initialKeys
	opened   *initialKeys // those that opened a packet last
	attempts int
}

// Allow lets n more keys be tried.
func (o *InitialOpener) Allow(n int) { o.attempts += n }

// Size returns about how many bytes of memory the keys take.
func (o *InitialOpener) Size() int {
	const each = 2 << 10 // the two ciphers' tables
	return each * len(o.keys)
}

// Open returns the frames of an Initial packet of the client, or of the server. google says that
// they are numbered as Google's versions do. What a capture's snap length left of a client's packet is
// opened too, where it begins with a ClientHello; its last frame is cut.
func (o *InitialOpener) Open(q *QUICLong, fromServer bool) (frames []byte, google, ok bool) {
	if q.Type != QUICInitial || len(q.Packet) < q.numberAt+20 || len(q.Packet) > maxInitialPacket || fromServer && q.Cut {
		return nil, false, false
	}
	if !fromServer {
		o.learn(q.Destination)
	}
	generations := generationsOf(q.Version)
	if o.opened != nil && slices.Contains(generations, o.opened.generation) {
		generations = []*quicGeneration{o.opened.generation}
	}
	for i, id := range o.ids {
		for _, g := range generations {
			if o.attempts <= 0 {
				return nil, false, false
			}
			o.attempts--
			k := o.keysOf(id, g, fromServer)
			if k == nil {
				continue
			}
			if frames, ok = k.open(q); ok {
				o.opened, o.ids[0], o.ids[i] = k, o.ids[i], o.ids[0]
				return frames, g.google, true
			}
		}
	}
	return nil, false, false
}

// learn adds a connection ID that keys may come from.
func (o *InitialOpener) learn(id []byte) {
	if len(o.ids) < maxInitialIDs && !slices.ContainsFunc(o.ids, func(known []byte) bool { return bytes.Equal(known, id) }) {
		o.ids = append(o.ids, bytes.Clone(id))
	}
}

// keysOf returns the keys of one side, derived once. It is nil where there is no room for more.
func (o *InitialOpener) keysOf(id []byte, g *quicGeneration, server bool) *initialKeys {
	for _, k := range o.keys {
		if k.generation == g && k.server == server && bytes.Equal(k.id, id) {
			return k
		}
	}
	if len(o.keys) >= maxInitialKeys {
		return nil
	}
	k := newInitialKeys(id, g, server)
	if k != nil {
		o.keys = append(o.keys, k)
	}
	return k
}

// initialKeys protect the Initial packets of one side.
type initialKeys struct {
	id         []byte
	generation *quicGeneration
	server     bool
	header     cipher.Block
	block      cipher.Block
	aead       cipher.AEAD
	iv         []byte
}

// newInitialKeys derives the keys of one side from a connection ID (RFC 9001, section 5.2).
func newInitialKeys(id []byte, g *quicGeneration, server bool) *initialKeys {
	initial, err := hkdf.Extract(sha256.New, id, g.salt[:])
	if err != nil {
		return nil
	}
	side := "client in"
	if server {
		side = "server in"
	}
	secret := expandLabel(initial, side, 32)
	k := &initialKeys{id: id, generation: g, server: server, iv: expandLabel(secret, g.labels.iv, 12)}
	if k.header, err = aes.NewCipher(expandLabel(secret, g.labels.hp, 16)); err != nil {
		return nil
	}
	if k.block, err = aes.NewCipher(expandLabel(secret, g.labels.key, 16)); err != nil {
		return nil
	}
	if k.aead, err = cipher.NewGCM(k.block); err != nil {
		return nil
	}
	return k
}

// open removes header protection and decrypts (RFC 9001, sections 5.3 and 5.4).
func (k *initialKeys) open(q *QUICLong) ([]byte, bool) {
	var mask [16]byte
	k.header.Encrypt(mask[:], q.Packet[q.numberAt+4:q.numberAt+20])
	first := q.Packet[0] ^ mask[0]&0x0f
	length := int(first&3) + 1
	head := slices.Clone(q.Packet[:q.numberAt+length])
	head[0] = first
	nonce := slices.Clone(k.iv)
	for i := range length {
		head[q.numberAt+i] ^= mask[1+i]
		nonce[12-length+i] ^= head[q.numberAt+i]
	}
	if q.Cut {
		return decryptCut(k.block, nonce, q.Packet[q.numberAt+length:])
	}
	plain, err := k.aead.Open(nil, nonce, q.Packet[q.numberAt+length:], head)
	return plain, err == nil
}

// decryptCut decrypts a packet whose end, with the tag that would prove the
// keys right, is missing. GCM encrypts in counter mode from 2 on (NIST SP 800-38D,
// section 7.1). A CRYPTO frame at offset 0 with a ClientHello in it takes the
// tag's place.
func decryptCut(block cipher.Block, nonce, sealed []byte) ([]byte, bool) {
	counter := append(nonce[:12:12], 0, 0, 0, 2)
	plain := make([]byte, len(sealed))
	cipher.NewCTR(block, counter).XORKeyStream(plain, sealed)
	s := cryptobyte.String(plain)
	var kind uint8
	var offset, length uint64
	ok := s.ReadUint8(&kind) && (kind == 0x06 || kind == 0x08) && ReadVarint(&s, &offset) && offset == 0 &&
		ReadVarint(&s, &length) && len(s) >= 4 && s[0] == HandshakeClientHello && s[1] == 0
	return plain, ok
}

// expandLabel is HKDF-Expand-Label of TLS 1.3 without context (RFC 8446,
// section 7.1).
func expandLabel(secret []byte, label string, length int) []byte {
	info := make([]byte, 0, 4+6+len(label))
	info = append(info, 0, byte(length), byte(6+len(label)))
	info = append(append(append(info, "tls13 "...), label...), 0)
	out, err := hkdf.Expand(sha256.New, secret, string(info), length)
	if err != nil { // only for lengths beyond 255 hashes
		return make([]byte, length)
	}
	return out
}
