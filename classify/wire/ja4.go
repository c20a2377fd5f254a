package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Carrier is the transport of a TLS handshake, as JA4 letters it.
type Carrier byte

// The carriers.
const (
	OverTCP  Carrier = 't'
	OverQUIC Carrier = 'q'
	OverDTLS Carrier = 'd'
)

// JA4 returns the JA4 fingerprint of a client (FoxIO, "JA4: TLS Client
// Fingerprinting"): "t13d1516h2_8daaf6152771_e5627efa2ab1". It is empty where
// the hello is not complete.
func (h *ClientHello) JA4(c Carrier) string {
	if !h.Complete {
		return ""
	}
	// Room enough for usual lists: nothing of them is allocated.
	var listRoom [3][64]uint16
	var textRoom [2][512]byte
	ciphers, extensions := withoutGREASE(listRoom[0][:0], h.Ciphers), withoutGREASE(listRoom[1][:0], h.Extensions)
	out := make([]byte, 0, 40)
	out = append(out, byte(c))
	out = append(out, ja4Version(h.TLSVersion())...)
	if slices.Contains(extensions, extServerName) {
		out = append(out, 'd')
	} else {
		out = append(out, 'i')
	}
	out = appendTwoDigits(out, len(ciphers))
	out = appendTwoDigits(out, len(extensions))
	first := ""
	if len(h.ALPN) > 0 {
		first = h.ALPN[0]
	}
	out = append(out, ja4ALPN(first)...)

	slices.Sort(ciphers)
	hashed := extensions[:0]
	for _, e := range extensions {
		if e != extServerName && e != extALPN {
			hashed = append(hashed, e)
		}
	}
	slices.Sort(hashed)
	list := appendHexList(textRoom[0][:0], hashed)
	if len(h.SignatureAlgorithms) > 0 {
		list = append(list, '_')
		list = appendHexList(list, withoutGREASE(listRoom[2][:0], h.SignatureAlgorithms))
	}
	out = appendHash12(append(out, '_'), appendHexList(textRoom[1][:0], ciphers))
	return string(appendHash12(append(out, '_'), list))
}

// JA4 returns the JA4S fingerprint of a server: "t130200_1301_234ea6891581".
// It is empty where the hello is not complete.
func (h *ServerHello) JA4(c Carrier) string {
	if !h.Complete {
		return ""
	}
	var room [128]byte
	out := make([]byte, 0, 32)
	out = append(out, byte(c))
	out = append(out, ja4Version(h.TLSVersion())...)
	out = appendTwoDigits(out, len(h.Extensions))
	out = append(out, ja4ALPN(h.ALPN)...)
	out = appendHexList(append(out, '_'), []uint16{h.Cipher})
	return string(appendHash12(append(out, '_'), appendHexList(room[:0], h.Extensions)))
}

// withoutGREASE appends the values that RFC 8701 does not reserve to out.
func withoutGREASE(out, list []uint16) []uint16 {
	for _, v := range list {
		if !isGREASE(v) {
			out = append(out, v)
		}
	}
	return out
}

func ja4Version(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case VersionDTLS10:
		return "d1"
	case VersionDTLS12:
		return "d2"
	case VersionDTLS13:
		return "d3"
	}
	return "00"
}

// ja4ALPN returns the first and last character of the protocol's name, or of
// its hexadecimal form where these are no letters or digits.
func ja4ALPN(name string) string {
	if name == "" {
		return "00"
	}
	first, last := name[0], name[len(name)-1]
	if isAlphanumeric(first) && isAlphanumeric(last) {
		return string([]byte{first, last})
	}
	return string([]byte{hexDigits[first>>4], hexDigits[last&0xf]})
}

const hexDigits = "0123456789abcdef"

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func appendTwoDigits(out []byte, n int) []byte {
	n = min(n, 99)
	return append(out, byte('0'+n/10), byte('0'+n%10))
}

func appendHexList(out []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, hexDigits[v>>12], hexDigits[v>>8&0xf], hexDigits[v>>4&0xf], hexDigits[v&0xf])
	}
	return out
}

// appendHash12 appends the first twelve digits of the list's SHA-256, or
// zeros for an empty list.
func appendHash12(out, list []byte) []byte {
	if len(list) == 0 {
		return append(out, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(out, sum[:6])
}
