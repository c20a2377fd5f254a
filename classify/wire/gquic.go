package wire

import (
	"bytes"
	"encoding/binary"
)

// GoogleHello is what is read of the CHLO message of Google's QUIC crypto
// ("QUIC Crypto", revision 20161206), which versions before T050 sent.
type GoogleHello struct {
	// ServerName is the SNI tag, UserAgent the UAID tag.
	ServerName, UserAgent string
	// Named is set where there is an SNI tag, whatever is in it; Complete
	// where all tags were there.
	Named, Complete bool
}

// maxGoogleTags bounds the tags of a message ("kMaxEntries").
const maxGoogleTags = 128

// ParseGoogleHello reads a CHLO message at the start of b, as far as it is there.
func ParseGoogleHello(b []byte) (h GoogleHello, ok bool) {
	if len(b) < 8 || string(b[:4]) != "CHLO" {
		return h, false
	}
	count := int(binary.LittleEndian.Uint16(b[4:]))
	if count == 0 || count > maxGoogleTags || len(b) < 8+8*count {
		return h, count > 0 && count <= maxGoogleTags
	}
	values := b[8+8*count:]
	start := uint32(0)
	h.Complete = true
	for i := range count {
		tag := b[8+8*i:]
		end := binary.LittleEndian.Uint32(tag[4:])
		if end < start {
			return h, false
		}
		if end <= uint32(len(values)) {
			value := values[start:end]
			switch string(tag[:4]) {
			case "SNI\x00":
				h.Named = true
				if isHostName(value) {
					h.ServerName = string(value)
				}
			case "UAID":
				h.UserAgent = string(value)
			}
		}
		start = end
	}
	return h, true
}

// IsGoogleVersion reports whether b begins with a version of Google's QUIC
// as text: "Q" or "T", "0", two digits.
func IsGoogleVersion(b []byte) bool {
	return len(b) >= 4 && (b[0] == 'Q' || b[0] == 'T') && b[1] == '0' && b[2] >= '0' && b[2] <= '9' && b[3] >= '0' && b[3] <= '9'
}

// GoogleQUIC is a packet of Google's QUIC before it took the header of RFC
// 8999 (versions up to Q043), or just after (Q044 to Q047).
type GoogleQUIC struct {
	// Version is the version's text, empty in a public reset.
	Version string
	// Hello is set where the packet carries a CHLO.
	Hello    GoogleHello
	HasHello bool
	// FromServer is set where only a server sends that packet: version
	// negotiation or public reset.
	FromServer bool
}

// Public flags of Google's QUIC.
const (
	publicVersion = 0x01
	publicReset   = 0x02
	publicCID     = 0x08
)

// ParseGoogleQUIC accepts a packet that names its version in clear, or a
// public reset.
func ParseGoogleQUIC(b []byte) (g GoogleQUIC, ok bool) {
	switch {
	case len(b) < 13:
		return g, false
	case b[0]&0x80 != 0: // flags, version, lengths of both identifiers, identifier
		if !IsGoogleVersion(b[1:]) || b[1] != 'Q' || b[3] != '4' || b[5]&0x0f != 0 && b[5]>>4 != 0 {
			return g, false
		}
		g.Version = string(b[1:5])
	case b[0]&0xc0 == 0 && b[0]&publicReset == 0 && b[0]&publicVersion != 0 && b[0]&publicCID != 0:
		if !IsGoogleVersion(b[9:]) || b[9] != 'Q' {
			return g, false
		}
		g.Version = string(b[9:13])
		g.FromServer = len(b)%4 == 1 && len(b) >= 17 && isVersionList(b[13:])
	case b[0]&0xc7 == publicReset && b[0]&publicCID != 0:
		g.FromServer = true
		return g, string(b[9:13]) == "PRST"
	default:
		return g, false
	}
	// What lies between the header and the message depends on the version:
	// packet number, hash, and the header of a stream frame.
	if i := bytes.Index(b[:min(len(b), 80)], []byte("CHLO")); i > 0 {
		g.Hello, g.HasHello = ParseGoogleHello(b[i:])
	}
	return g, true
}

func isVersionList(b []byte) bool {
	for ; len(b) >= 4; b = b[4:] {
		if !IsGoogleVersion(b) {
			return false
		}
	}
	return true
}
