package wire

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
)

// JA3 returns the JA3 fingerprint of a client (Salesforce, "JA3"), 32 hexadecimal digits, for
// those who still match it: version, cipher suites, extensions, groups and point
// formats, GREASE left out. It is empty where the hello is not complete.
func (h *ClientHello) JA3() string {
	if !h.Complete {
		return ""
	}
	out := appendVersion(nil, h.Version)
	for _, list := range [...][]uint16{h.Ciphers, h.Extensions, h.Groups} {
		out = appendDecimalList(append(out, ','), withoutGREASE(nil, list))
	}
	formats := make([]uint16, len(h.PointFormats))
	for i, f := range h.PointFormats {
		formats[i] = uint16(f)
	}
	return md5Hex(appendDecimalList(append(out, ','), formats))
}

// JA3 returns the JA3S fingerprint of a server: version, cipher suite and
// extensions. It is empty where the hello is not complete.
func (h *ServerHello) JA3() string {
	if !h.Complete {
		return ""
	}
	out := appendDecimalList(append(appendVersion(nil, h.Version), ','), []uint16{h.Cipher})
	return md5Hex(appendDecimalList(append(out, ','), h.Extensions))
}

func appendVersion(out []byte, v uint16) []byte { return strconv.AppendUint(out, uint64(v), 10) }

func appendDecimalList(out []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			out = append(out, '-')
		}
		out = strconv.AppendUint(out, uint64(v), 10)
	}
	return out
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}
