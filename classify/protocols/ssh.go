package protocols

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"

	"golang.org/x/crypto/cryptobyte"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ssh = classify.Protocol{
	Name: "SSH", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{22}, AlsoPorts: []uint16{2222},
	FirstBytes: classify.Bytes("\x00\t\n\r").Or(classify.Range(' ', '~')).Or(classify.Range(0x80, 0xff)), // lines of text may come first
	Midstream:  true,
	Recognise:  recogniseSSH, Reference: "RFC 4253",
}

// sshPatience is how many payloads are read for the key exchange of both sides.
const sshPatience = 10

// recogniseSSH accepts an identification string of version 1 or 2 (RFC 4253, section 4.2) from either
// side, on a server after lines of its own; midstream, the message with the algorithms. The user agent
// is the client's string; the fingerprints are HASSH, digests of the algorithms offered in
// SSH_MSG_KEXINIT (section 7.1).
func recogniseSSH(p *classify.Probe) classify.Outcome {
	out := match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == 0 {
			// A further subflow of Multipath TCP begins in the middle (RFC 8684, section 2.2).
			if p.Midstream(classify.Client) || p.Midstream(classify.Server) || p.HasPort(22) {
				return sshKeyExchange(b)
			}
			return classify.Never
		}
		return sshIdentification(b)
	})
	if out != classify.Match {
		return out
	}
	p.Found.UserAgent = sshSoftware(p.Stream(classify.Client))
	p.Found.ClientFingerprint = hassh(p.Stream(classify.Client), false)
	p.Found.ServerFingerprint = hassh(p.Stream(classify.Server), true)
	if (p.Found.ClientFingerprint == "" || p.Found.ServerFingerprint == "") && len(p.History()) < sshPatience {
		p.KeepLooking()
	}
	return classify.Match
}

func sshIdentification(b []byte) classify.Outcome {
	for n := 0; n < 8; n++ {
		if out := match.Prefix(b, "SSH-"); out != classify.Never {
			return sshVersion(b, out)
		}
		line, rest, whole := match.Line(b)
		if n == 7 || len(line) > 255 || !classify.IsText(line) {
			return classify.Never
		}
		if !whole || len(rest) == 0 {
			return classify.NeedMore
		}
		b = rest
	}
	return classify.Never
}

// sshKeyExchange accepts a packet of SSH_MSG_KEXINIT: packet length, padding
// of 4 bytes and more, message 20, a cookie, and the names of methods for the exchange of keys (RFC
// 4253, sections 6 and 7.1).
func sshKeyExchange(b []byte) classify.Outcome {
	const header = 4 + 1 + 1 + 16 + 4
	switch {
	case len(b) >= 6 && (b[1] != 0 || b[4] < 4 || b[5] != 20):
		return classify.Never
	case len(b) < header+8:
		return classify.NeedMore
	}
	length, names := wire.U32(b), wire.U32(b[header-4:])
	list := b[header:min(len(b), header+min(names, 64))]
	if length < 64 || length > 35000 || names < 8 || names > length-22 || !match.LooksEncrypted(b[6:22]) || !classify.IsPrintable(list) {
		return classify.Never
	}
	for _, method := range [...]string{"-sha", "25519", "group"} {
		if bytes.Contains(list, []byte(method)) {
			return classify.Match
		}
	}
	if len(list) < min(names, 64) {
		return classify.NeedMore
	}
	return classify.Never
}

func sshVersion(b []byte, out classify.Outcome) classify.Outcome {
	if out == classify.NeedMore || len(b) < 7 {
		return classify.NeedMore
	}
	if (b[4] == '1' || b[4] == '2') && b[5] == '.' && b[6] >= '0' && b[6] <= '9' {
		return classify.Match
	}
	return classify.Never
}

// sshSoftware returns the identification string of a client.
func sshSoftware(b []byte) string {
	line, _, whole := match.Line(b)
	if !whole || match.Prefix(line, "SSH-") != classify.Match || !classify.IsPrintable(line) {
		return ""
	}
	return string(line)
}

// hassh returns the HASSH of the KEXINIT that follows the identification
// string in a stream, the server's kind where server is set; empty where it is not there.
func hassh(b []byte, server bool) string {
	i := bytes.Index(b[:min(len(b), 2048)], []byte("SSH-"))
	if i < 0 {
		return ""
	}
	_, b, ok := match.Line(b[i:])
	if !ok {
		return ""
	}
	// Packet length, padding length, SSH_MSG_KEXINIT, cookie (RFC 4253, sections 6 and 7.1).
	s := cryptobyte.String(b)
	var length uint32
	var padding, kind uint8
	if !s.ReadUint32(&length) || !s.ReadUint8(&padding) || !s.ReadUint8(&kind) || kind != 20 || !s.Skip(16) {
		return ""
	}
	var lists [8][]byte
	for i := range lists {
		var n uint32
		if !s.ReadUint32(&n) || n > uint32(len(s)) {
			return ""
		}
		lists[i] = s[:n]
		s.Skip(int(n))
	}
	// Key exchange; then encryption, MAC and compression of one direction.
	pick := [...]int{0, 2, 4, 6}
	if server {
		pick = [...]int{0, 3, 5, 7}
	}
	sum := md5.New()
	for i, k := range pick {
		if i > 0 {
			sum.Write([]byte{';'})
		}
		sum.Write(lists[k])
	}
	return hex.EncodeToString(sum.Sum(nil))
}
