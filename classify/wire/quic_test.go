package wire

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// TestInitialKeys checks the keys of RFC 9001, appendix A.1, and RFC 9369,
// appendix A.1.
func TestInitialKeys(t *testing.T) {
	connection, _ := hex.DecodeString("8394c8f03e515708")
	type keys struct{ key, iv, hp string }
	for _, c := range []struct {
		name string
		g    *quicGeneration
		want keys
	}{
		{"version 1", &generation1, keys{"1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"}},
		{"version 2", &generation2, keys{"8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			initial, err := hkdf.Extract(sha256.New, connection, c.g.salt[:])
			if err != nil {
				t.Fatal(err)
			}
			secret := expandLabel(initial, "client in", 32)
			got := keys{
				hex.EncodeToString(expandLabel(secret, c.g.labels.key, 16)),
				hex.EncodeToString(expandLabel(secret, c.g.labels.iv, 12)),
				hex.EncodeToString(expandLabel(secret, c.g.labels.hp, 16)),
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// seal makes an Initial packet of the client.
func seal(t *testing.T, version uint32, g *quicGeneration, connection, frames []byte) []byte {
	t.Helper()
	kind := byte(0)
	if version == QUICVersion2 {
		kind = 1
	}
	head := []byte{0xc0 | kind<<4 | 1}
	head = binary.BigEndian.AppendUint32(head, version)
	if version>>8 == 0xff0000 && version&0xff < 22 {
		head = append(append(head, byte(len(connection)-3)<<4), connection...)
		head = append(head, 0)
	} else {
		head = append(append(head, byte(len(connection))), connection...)
		head = append(head, 0, 0)
	}
	head = binary.BigEndian.AppendUint16(head, uint16(2+len(frames)+16)|0x4000)
	at := len(head)
	head = append(head, 0, 7)

	initial, err := hkdf.Extract(sha256.New, connection, g.salt[:])
	if err != nil {
		t.Fatal(err)
	}
	secret := expandLabel(initial, "client in", 32)
	block, err := aes.NewCipher(expandLabel(secret, g.labels.key, 16))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := expandLabel(secret, g.labels.iv, 12)
	nonce[11] ^= 7
	packet := aead.Seal(bytes.Clone(head), nonce, frames, head)
	header, err := aes.NewCipher(expandLabel(secret, g.labels.hp, 16))
	if err != nil {
		t.Fatal(err)
	}
	var mask [16]byte
	header.Encrypt(mask[:], packet[at+4:at+20])
	packet[0] ^= mask[0] & 0x0f
	packet[at] ^= mask[1]
	packet[at+1] ^= mask[2]
	return packet
}

// openWith opens a client's packet with the keys of an identifier alone.
func openWith(q *QUICLong, connection []byte) (frames []byte, google, ok bool) {
	alone := *q
	alone.Destination = connection
	var o InitialOpener
	o.Allow(maxInitialKeys)
	return o.Open(&alone, false)
}

// TestOpenInitial opens a packet of every version with its padding and a
// coalesced packet behind it, and none of another's keys.
func TestOpenInitial(t *testing.T) {
	connection := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	frames := append([]byte{0x06, 0x04, 0x03, 'f', 'g', 'h', 0x01, 0x06, 0x00, 0x04, 'a', 'b', 'c', 'd'}, make([]byte, 30)...)
	for _, c := range []struct {
		name    string
		version uint32
		g       *quicGeneration
	}{
		{"version 1", QUICVersion1, &generation1},
		{"version 2", QUICVersion2, &generation2},
		{"draft 19", 0xff000013, &generationDraft17},
		{"draft 22", 0xff000016, &generationDraft21},
		{"draft 25", 0xff000019, &generationDraft23},
		{"draft 29", 0xff00001d, &generationDraft29},
		{"draft 34", 0xff000022, &generation1},
		{"mvfst", 0xfaceb002, &generationDraft23},
		{"Q050", 0x51303530, &generationQ050},
		{"T051", 0x54303531, &generationT051},
		{"reserved version", 0x1a2a3a4a, &generation1},
	} {
		t.Run(c.name, func(t *testing.T) {
			datagram := append(seal(t, c.version, c.g, connection, frames), 0, 0, 0)
			q, rest, ok := ParseQUICLong(datagram)
			if !ok || q.Type != QUICInitial || !bytes.Equal(rest, []byte{0, 0, 0}) || !bytes.Equal(q.Destination, connection) {
				t.Fatalf("got %+v, rest %x, %v", q, rest, ok)
			}
			got, _, ok := openWith(&q, connection)
			if !ok || !bytes.Equal(got, frames) {
				t.Fatalf("frames %x, %v", got, ok)
			}
			var crypto QUICCrypto
			if !crypto.AddFrames(got, false) || string(crypto.Data()) != "abcdfgh" {
				t.Errorf("data %q", crypto.Data())
			}
			if _, _, ok := openWith(&q, []byte{1}); ok {
				t.Error("opened with the keys of another connection")
			}
			// Without its tag only a ClientHello proves the keys.
			for n := range datagram[:len(datagram)-3] {
				if q, _, ok := ParseQUICLong(datagram[:n]); ok {
					if _, _, opened := openWith(&q, connection); opened {
						t.Fatalf("opened with %d of %d bytes", n, len(datagram))
					}
				}
			}
		})
	}
}

// TestOpenCut opens what a snap length left of a ClientHello.
func TestOpenCut(t *testing.T) {
	connection := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	hello := append([]byte{1, 0, 0, 200, 3, 3}, bytes.Repeat([]byte{7}, 198)...)
	frames := append([]byte{0x06, 0x00, 0x40, byte(len(hello))}, hello...)
	datagram := seal(t, QUICVersion1, &generation1, connection, frames)
	q, _, ok := ParseQUICLong(datagram[:150])
	if !ok || !q.Cut {
		t.Fatalf("got %+v, %v", q, ok)
	}
	got, _, ok := openWith(&q, connection)
	var crypto QUICCrypto
	if !ok || !crypto.AddFrames(got, false) {
		t.Fatalf("frames %x, %v", got, ok)
	}
	if data := crypto.Data(); len(data) < 100 || !bytes.HasPrefix(hello, data) {
		t.Errorf("data %x", data)
	}
	if _, _, ok := openWith(&q, connection[1:]); ok {
		t.Error("opened with the keys of another connection")
	}
}
