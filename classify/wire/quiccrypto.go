package wire

import "golang.org/x/crypto/cryptobyte"

// QUICCrypto puts the data of CRYPTO frames in order (RFC 9000, section 19.6).
// The zero value is empty.
type QUICCrypto struct {
	pieces pieces
}

// AddFrames takes the CRYPTO frames out of the frames of an Initial packet,
// which may stand in any order among the other frames allowed there (RFC 9000,
// section 12.4). google says that they are numbered as Google's versions do.
// It is false where something else is among them.
func (c *QUICCrypto) AddFrames(frames []byte, google bool) bool {
	s := cryptobyte.String(frames)
	for len(s) > 0 {
		var kind uint8
		s.ReadUint8(&kind)
		switch {
		case kind == 0x00 || kind == 0x01: // PADDING, PING
		case kind == 0x02 || kind == 0x03:
			if !skipACK(&s, kind == 0x03) {
				return false
			}
		case kind == 0x06 || google && kind == 0x08:
			if !c.add(&s) {
				return false
			}
		case kind == 0x1c: // CONNECTION_CLOSE: nothing more to learn
			return true
		default:
			return false
		}
	}
	return true
}

func (c *QUICCrypto) add(s *cryptobyte.String) bool {
	var offset, length uint64
	if !ReadVarint(s, &offset) || !ReadVarint(s, &length) {
		return false
	}
	length = min(length, uint64(len(*s))) // cut by the capture
	c.pieces.add(offset, (*s)[:length])
	s.Skip(int(length))
	return true
}

// skipACK skips an ACK frame (RFC 9000, section 19.3).
func skipACK(s *cryptobyte.String, ecn bool) bool {
	var largest, delay, count, v uint64
	if !ReadVarint(s, &largest) || !ReadVarint(s, &delay) || !ReadVarint(s, &count) || count > 256 {
		return false
	}
	n := 1 + 2*count
	if ecn {
		n += 3
	}
	for range n {
		if !ReadVarint(s, &v) {
			return false
		}
	}
	return true
}

// Size returns about how many bytes of memory the frames take.
func (c *QUICCrypto) Size() int { return c.pieces.size + pieceSize*len(c.pieces.list) }

// Data returns what is known of the stream from its first byte to the first gap.
func (c *QUICCrypto) Data() []byte { return c.pieces.data() }

// ParseHandshake reads the handshake message at the start of b, which is not
// in records. Body is what is there of it.
func ParseHandshake(b []byte) (Handshake, bool) {
	h, _, _ := parseHandshake(b)
	return h, h.Body != nil
}
