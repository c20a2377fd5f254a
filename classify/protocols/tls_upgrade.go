package protocols

import (
	"bytes"

	"servmap/classify"
)

// textPatience is how many payloads a conversation in text is watched for going over to TLS.
const textPatience = 16

// tlsAfterText returns what follows the text at the beginning of a stream from the
// first TLS handshake record on; nil where there is none.
func tlsAfterText(b []byte) []byte {
	for i := 0; ; {
		n := bytes.Index(b[i:], []byte("\x16\x03"))
		if n < 0 {
			return nil
		}
		if i += n; i > 0 && (b[i-1] == '\n' || b[i-1] == '>') {
			return b[i:]
		}
		i++
	}
}

// wentToTLS reads the TLS that a conversation in text has gone over to, puts what it
// tells into Found, and reports whether there is any.
func wentToTLS(p *classify.Probe) bool {
	client, server := tlsAfterText(p.Stream(classify.Client)), tlsAfterText(p.Stream(classify.Server))
	if client == nil && server == nil {
		return false
	}
	f := readTLS(client, server)
	if !f.seen() {
		return false
	}
	f.put(p)
	return true
}
