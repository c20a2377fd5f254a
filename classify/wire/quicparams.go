package wire

import "golang.org/x/crypto/cryptobyte"

// googleUserAgent is the number of Google's user_agent transport parameter.
const googleUserAgent = 0x3129

// ReadVarint reads a variable-length integer of QUIC (RFC 9000, section 16).
func ReadVarint(s *cryptobyte.String, v *uint64) bool {
	if len(*s) == 0 {
		return false
	}
	n := 1 << ((*s)[0] >> 6)
	if len(*s) < n {
		return false
	}
	*v = uint64((*s)[0] & 0x3f)
	for _, b := range (*s)[1:n] {
		*v = *v<<8 | uint64(b)
	}
	*s = (*s)[n:]
	return true
}

// quicUserAgent finds Google's user agent among the transport parameters
// (RFC 9000, section 18).
func quicUserAgent(params cryptobyte.String) string {
	var id, n uint64
	for ReadVarint(&params, &id) && ReadVarint(&params, &n) && n <= uint64(len(params)) {
		if id == googleUserAgent {
			return string(params[:n])
		}
		params = params[n:]
	}
	return ""
}
