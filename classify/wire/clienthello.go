package wire

import "golang.org/x/crypto/cryptobyte"

// Extension numbers of TLS that the parsers here read (IANA, TLS
// ExtensionType Values).
const (
	extServerName        = 0
	extSupportedGroups   = 10
	extPointFormats      = 11
	extSignatureAlgs     = 13
	extALPN              = 16
	extSupportedVersions = 43
	extQUICParameters    = 57
	extQUICParametersOld = 0xffa5
)

// Versions of TLS and DTLS as they stand in records and hellos.
const (
	VersionSSL3   = 0x0300
	VersionTLS10  = 0x0301
	VersionTLS12  = 0x0303
	VersionTLS13  = 0x0304
	VersionDTLS10 = 0xfeff
	VersionDTLS12 = 0xfefd
	VersionDTLS13 = 0xfefc
	// VersionDTLSBad is what OpenSSL sent before RFC 4347 was out, and
	// Cisco AnyConnect sends to this day.
	VersionDTLSBad = 0x0100
	// VersionTLCP is that of China's TLCP 1.1 (GB/T 38636-2020, section 6.4.4.2.1).
	VersionTLCP = 0x0101
)

// ClientHello is what is read of a TLS ClientHello, the same for TLS, DTLS
// and QUIC (RFC 8446, section 4.1.2; RFC 6347, section 4.2.1). Slices of
// numbers are in the order of the message, GREASE values (RFC 8701) left in.
type ClientHello struct {
	// Version is legacy_version.
	Version uint16
	// SessionID is the length of the session identifier, 0 to 32.
	SessionID int
	// Ciphers are the cipher suites.
	Ciphers []uint16
	// Extensions are the numbers of the extensions.
	Extensions []uint16
	// ServerName is the first host_name of the SNI extension, empty without.
	ServerName string
	// ALPN are the application protocols offered (RFC 7301).
	ALPN []string
	// Versions are the supported_versions, empty without the extension.
	Versions []uint16
	// Groups, SignatureAlgorithms and PointFormats are the extensions of
	// these names.
	Groups, SignatureAlgorithms []uint16
	PointFormats                []uint8
	// UserAgent is Google's user_agent transport parameter of QUIC (0x3129).
	UserAgent string
	// Complete is false where the message was cut short: what was read up to
	// there holds.
	Complete bool
}

// ParseClientHello reads a ClientHello. Its body may be cut anywhere; ok says
// that the fixed part up to at least one cipher suite is there and sound. A
// hello whose extensions contradict their lengths is not complete. isDTLS tells
// that a cookie follows the session identifier.
func ParseClientHello(message Handshake, isDTLS bool) (h ClientHello, ok bool) {
	s := cryptobyte.String(message.Body)
	var random []byte
	var session, ciphers, compression, extensions cryptobyte.String
	if !s.ReadUint16(&h.Version) || !plausibleHelloVersion(h.Version, isDTLS) ||
		!s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) || len(session) > 32 {
		return h, false
	}
	h.SessionID = len(session)
	if isDTLS && !s.ReadUint8LengthPrefixed(new(cryptobyte.String)) {
		return h, false
	}
	whole := readPrefixed16(&s, &ciphers)
	if len(ciphers) < 2 || whole && len(ciphers)%2 != 0 {
		return h, false
	}
	h.Ciphers = readUint16s(ciphers)
	if !whole {
		return h, true
	}
	if !s.ReadUint8LengthPrefixed(&compression) {
		return h, len(s) == 0 || int(s[0]) <= 16 && s[0] != 0
	}
	// RFC 8446 allows the null method alone; before it DEFLATE (1) and LZS (64).
	if len(compression) == 0 || len(compression) > 16 {
		return h, false
	}
	if len(s) == 0 { // no extensions: SSL 3.0 and bare TLS 1.0
		h.Complete = len(message.Body) == message.Len
		return h, true
	}
	whole = readPrefixed16(&s, &extensions)
	h.Complete = h.readExtensions(extensions) && whole
	return h, true
}

// plausibleHelloVersion accepts the versions that legacy_version has had.
func plausibleHelloVersion(v uint16, isDTLS bool) bool {
	if isDTLS {
		return v == VersionDTLS10 || v == VersionDTLS12 || v == VersionDTLSBad || v == VersionDTLS13
	}
	return v >= VersionSSL3 && v <= VersionTLS13 || v == VersionTLCP || v>>8 == 0x7f // drafts of TLS 1.3
}

// usualExtensions is how many extensions are made room for; few hellos have more.
const usualExtensions = 24

// readExtensions reads the extensions as far as they go. It is false where
// the list ends in the middle of one.
func (h *ClientHello) readExtensions(list cryptobyte.String) bool {
	h.Extensions = make([]uint16, 0, usualExtensions)
	for len(list) > 0 {
		var number uint16
		var data cryptobyte.String
		if len(list) < 4 || !list.ReadUint16(&number) {
			return false
		}
		whole := readPrefixed16(&list, &data)
		h.Extensions = append(h.Extensions, number)
		h.readExtension(number, data, whole)
		if !whole {
			return false
		}
	}
	return true
}

// readExtension reads one extension. A name that is cut is no name, so text
// is only taken whole.
func (h *ClientHello) readExtension(number uint16, data cryptobyte.String, whole bool) {
	var list cryptobyte.String
	switch number {
	case extServerName:
		var kind uint8
		var name cryptobyte.String
		if whole && h.ServerName == "" && readPrefixed16(&data, &list) && list.ReadUint8(&kind) && kind == 0 &&
			list.ReadUint16LengthPrefixed(&name) && isHostName(name) {
			h.ServerName = string(name)
		}
	case extALPN:
		readPrefixed16(&data, &list)
		h.ALPN = readALPN(list)
	case extSupportedVersions:
		if data.ReadUint8LengthPrefixed(&list) {
			h.Versions = readUint16s(list)
		}
	case extSupportedGroups:
		readPrefixed16(&data, &list)
		h.Groups = readUint16s(list)
	case extSignatureAlgs:
		readPrefixed16(&data, &list)
		h.SignatureAlgorithms = readUint16s(list)
	case extPointFormats:
		if data.ReadUint8LengthPrefixed(&list) {
			h.PointFormats = append(h.PointFormats, list...)
		}
	case extQUICParameters, extQUICParametersOld:
		h.UserAgent = quicUserAgent(data)
	}
}

// TLSVersion returns the highest version offered that is not GREASE; for DTLS
// the numerically lowest.
func (h *ClientHello) TLSVersion() uint16 {
	best := uint16(0)
	for _, v := range h.Versions {
		switch {
		case isGREASE(v):
		case best == 0, v>>8 == 0xfe && v < best, v>>8 != 0xfe && v > best:
			best = v
		}
	}
	if best == 0 {
		return h.Version
	}
	return best
}

// HasALPN reports whether the client offers the protocol.
func (h *ClientHello) HasALPN(protocol string) bool {
	for _, a := range h.ALPN {
		if a == protocol {
			return true
		}
	}
	return false
}

// readPrefixed16 reads a value behind a 16-bit length. Where less is there
// than the length says it takes what there is and is false.
func readPrefixed16(s, out *cryptobyte.String) bool {
	var n uint16
	if !s.ReadUint16(&n) {
		*s = nil
		return false
	}
	if len(*s) < int(n) {
		*out, *s = *s, nil
		return false
	}
	*out = (*s)[:n]
	*s = (*s)[n:]
	return true
}

// readUint16s reads a list of 16-bit numbers; an odd last byte is left out.
func readUint16s(s cryptobyte.String) []uint16 {
	if len(s) < 2 {
		return nil
	}
	out := make([]uint16, 0, len(s)/2)
	for len(s) >= 2 {
		out = append(out, uint16(s[0])<<8|uint16(s[1]))
		s = s[2:]
	}
	return out
}

// readALPN reads a list of protocol names, each behind its 8-bit length.
func readALPN(list cryptobyte.String) []string {
	var out []string
	var name cryptobyte.String
	for len(list) > 0 && list.ReadUint8LengthPrefixed(&name) && len(name) > 0 {
		if out == nil {
			out = make([]string, 0, 2)
		}
		switch { // browsers offer these: they need no memory
		case string(name) == "h2":
			out = append(out, "h2")
		case string(name) == "http/1.1":
			out = append(out, "http/1.1")
		default:
			out = append(out, string(name))
		}
	}
	return out
}

// isHostName reports whether b may stand for a name: not empty, no longer
// than DNS allows with some room, printable ASCII without blanks or slashes.
func isHostName(b []byte) bool {
	if len(b) == 0 || len(b) > 255 {
		return false
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '/' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isGREASE reports whether v is one of the values reserved by RFC 8701.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
