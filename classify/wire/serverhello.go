package wire

import "golang.org/x/crypto/cryptobyte"

// ServerHello is what is read of a TLS ServerHello (RFC 8446, section 4.1.3)
// or a HelloRetryRequest, which has the same form.
type ServerHello struct {
	// Version is legacy_version.
	Version uint16
	// Cipher is the cipher suite chosen.
	Cipher uint16
	// Extensions are the numbers of the extensions, in order.
	Extensions []uint16
	// ALPN is the application protocol chosen, empty without.
	ALPN string
	// Selected is the version chosen by supported_versions, 0 without.
	Selected uint16
	// Complete is false where the message was cut short.
	Complete bool
}

// ParseServerHello reads a ServerHello. Its body may be cut after the
// compression method.
func ParseServerHello(message Handshake, isDTLS bool) (h ServerHello, ok bool) {
	s := cryptobyte.String(message.Body)
	var random []byte
	var session, extensions cryptobyte.String
	var compression uint8
	if !s.ReadUint16(&h.Version) || !plausibleHelloVersion(h.Version, isDTLS) ||
		!s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) || len(session) > 32 {
		return h, false
	}
	// 0x13xx is TLS 1.3, 0xc0xx and 0xccxx elliptic curves, 0x00xx the old
	// ones, 0x56 and 0xff signalling values that no server chooses.
	if !s.ReadUint16(&h.Cipher) || !s.ReadUint8(&compression) || compression != 0 && compression != 1 && compression != 64 {
		return h, false
	}
	if len(s) == 0 {
		h.Complete = len(message.Body) == message.Len
		return h, true
	}
	h.Complete = readPrefixed16(&s, &extensions)
	for len(extensions) >= 4 {
		var number uint16
		var data cryptobyte.String
		extensions.ReadUint16(&number)
		whole := readPrefixed16(&extensions, &data)
		h.Complete = h.Complete && whole
		h.Extensions = append(h.Extensions, number)
		switch {
		case !whole:
		case number == extSupportedVersions:
			data.ReadUint16(&h.Selected)
		case number == extALPN:
			var list cryptobyte.String
			readPrefixed16(&data, &list)
			if names := readALPN(list); len(names) == 1 {
				h.ALPN = names[0]
			}
		}
	}
	return h, true
}

// TLSVersion returns the version chosen.
func (h *ServerHello) TLSVersion() uint16 {
	if h.Selected != 0 {
		return h.Selected
	}
	return h.Version
}
