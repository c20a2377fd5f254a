package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var mssqlTDS = classify.Protocol{
	Name:       "MsSQL-TDS",
	Category:   "Database",
	Transport:  classify.TCP | classify.UDP,
	TCPPorts:   []uint16{1433, 1434},
	AlsoPorts:  []uint16{1434},
	FirstBytes: classify.Range(1, 18),
	Recognise:  recogniseMsSQL,
	Speaker:    tdsSpeaker,
	Reference:  "MS-TDS 2.2.3.1, 2.2.6.4, 2.2.6.5; MC-SQLR 2.2",
}

// recogniseMsSQL accepts TDS packets of client and server whose header's length
// holds what its type asks for: pre-login, login (TDS 7 and the fixed login
// record of TDS 4 and 5), SQL batch, RPC and the server's token stream; on UDP
// the messages of the SQL Server Resolution Protocol.
func recogniseMsSQL(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return recogniseSQLBrowser(p)
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] == 0 || b[0] > 18 || len(b) > 1 && b[1] > 0x1f {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		size := int(binary.BigEndian.Uint16(b[2:]))
		// The window is not used and always zero.
		if size < 8 || b[7] != 0 {
			return classify.Never
		}
		body := b[8:min(len(b), size)]
		out := tdsMessage(b[0], body, len(body) == size-8, size)
		if out == classify.Never && p.HasPort(1433) && tdsFramed(b, size) {
			return classify.Match
		}
		return out
	})
}

// tdsFramed reports whether b is packets of one message, as many as their lengths say: enough on the
// server's port, where the conversation may be met midstream.
func tdsFramed(b []byte, size int) bool {
	switch b[0] {
	case 1, 2, 3, 4, 6, 7, 8, 14, 16, 17, 18:
	default:
		return false
	}
	if len(b) == size {
		return true
	}
	return len(b) >= size+8 && b[size] == b[0] && b[size+1] <= 0x1f && b[size+7] == 0
}

// tdsMessage judges the data of one packet. whole is set where all of it is
// there.
func tdsMessage(kind byte, body []byte, whole bool, size int) classify.Outcome {
	ok, short := false, false
	switch kind {
	case 1, 3, 14: // SQL batch, RPC, transaction manager request
		ok, short = tdsHeaders(body)
		if !ok && kind == 1 && (whole || !short) {
			ok = utf16SQL(body)
		}
		if !ok && kind == 3 && whole {
			ok = tdsProcedure(body)
		}
	case 2: // login record of TDS 4.2 and 5.0
		ok = size == 512 && whole && tdsOldLogin(body)
		short = size == 512
	case 4: // response
		ok = whole && (tdsPrelogin(body, size) || tdsTokens(body) || tdsResult(body))
		short = size < 4096
	case 16:
		ok = tdsLogin7(body, size)
		short = len(body) < 12
	case 18:
		ok = whole && tdsPrelogin(body, size)
		short = size < 1024
	}
	switch {
	case ok:
		return classify.Match
	case short && !whole:
		return classify.NeedMore
	}
	return classify.Never
}

// tdsPrelogin checks the options of a pre-login message: a token, an offset and
// a length each, the first the version, and each option's data right after the
// one before.
func tdsPrelogin(body []byte, size int) bool {
	next := -1
	for i := 0; i+5 <= len(body); i += 5 {
		if body[i] == 0xff {
			break
		}
		if body[i] > 7 || i == 0 && body[0] != 0 {
			return false
		}
		offset, length := int(binary.BigEndian.Uint16(body[i+1:])), int(binary.BigEndian.Uint16(body[i+3:]))
		if next >= 0 && offset != next || offset+length > size-8 || i == 0 && length != 6 {
			return false
		}
		next = offset + length
		if j := i + 5; j < len(body) && body[j] == 0xff {
			return int(binary.BigEndian.Uint16(body[1:])) == j+1
		}
	}
	return false
}

// tdsLogin7 checks the length and TDS version of LOGIN7.
func tdsLogin7(body []byte, size int) bool {
	if len(body) < 12 {
		return false
	}
	length, version := binary.LittleEndian.Uint32(body), binary.LittleEndian.Uint32(body[4:])
	packet := binary.LittleEndian.Uint32(body[8:])
	return version>>28 == 7 && version&0x00ff0000 <= 0x000b0000 && length >= uint32(size-8) && length < 1<<17 && packet <= 1<<16
}

// tdsHeaders checks ALL_HEADERS with a transaction descriptor, which begins a
// request since TDS 7.2.
func tdsHeaders(body []byte) (ok, short bool) {
	if len(body) < 22 {
		return false, true
	}
	total, length := binary.LittleEndian.Uint32(body), binary.LittleEndian.Uint32(body[4:])
	kind := binary.LittleEndian.Uint16(body[8:])
	return total >= 22 && total < 1024 && length == 18 && kind == 2, false
}

// utf16SQL reports whether the body is a statement in UTF-16, as a batch is
// before TDS 7.2.
func utf16SQL(body []byte) bool {
	var text [32]byte
	n := 0
	for i := 0; i+1 < len(body) && n < len(text); i += 2 {
		if body[i+1] != 0 {
			return false
		}
		text[n] = body[i]
		n++
	}
	ok, _ := beginsWithSQL(text[:n])
	return ok
}

// tdsProcedure checks the call of a procedure before TDS 7.2: by number, or by
// a name in UTF-16.
func tdsProcedure(body []byte) bool {
	if len(body) < 6 {
		return false
	}
	n := int(binary.LittleEndian.Uint16(body))
	if n == 0xffff {
		return body[2] > 0 && body[2] <= 15 && body[3] == 0 && body[4] <= 3 && body[5] == 0
	}
	if n < 4 || n > 128 || len(body) < 2+2*n {
		return false
	}
	for i := 2; i < 2+2*n; i += 2 {
		if body[i] < ' ' || body[i] > '~' || body[i+1] != 0 {
			return false
		}
	}
	return true
}

// tdsResult checks a result that ends with the packet: columns, a return status
// or a row first, DONE or one of its kind with its twelve bytes last.
func tdsResult(body []byte) bool {
	n := len(body) - 13
	if n < 0 {
		return false
	}
	end := body[n:]
	switch body[0] {
	case 0x81, 0x79, 0xd1, 0xfd, 0xfe, 0xff:
		return end[0] >= 0xfd && end[2] <= 1 && end[4] <= 1 && match.AllZero(end[10:13])
	}
	return false
}

// tdsOldLogin checks the lengths that follow host, user and password in the
// login record of TDS 4.2 and 5.0, fields of 30 bytes each.
func tdsOldLogin(body []byte) bool {
	for _, at := range [...]int{30, 61, 92} {
		n := int(body[at])
		if n > 30 || !classify.IsPrintable(body[at-30:at-30+n]) || !match.AllZero(body[at-30+n:at]) {
			return false
		}
	}
	return body[61] > 0
}

// tdsTokens checks that a response begins with the tokens that follow a login:
// ENVCHANGE, INFO, ERROR or LOGINACK, each with a length, ended by DONE or
// another of them.
func tdsTokens(body []byte) bool {
	for count := 0; len(body) >= 3; count++ {
		size := 3 + int(binary.LittleEndian.Uint16(body[1:]))
		switch body[0] {
		case 0xe3, 0xaa, 0xab, 0xad, 0xae:
		case 0xfd: // DONE: status, command, row count
			return count > 0 && (len(body) == 13 || len(body) == 9)
		default:
			return false
		}
		if size > len(body) {
			return false
		}
		body = body[size:]
	}
	return false
}

// recogniseSQLBrowser accepts the server's SVR_RESP, and the client's
// requests on port 1434: the one-byte ones count once repeated.
func recogniseSQLBrowser(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) == 0 || b[0] > 0x0f {
		return classify.Never
	}
	switch {
	case b[0] == 5 && len(b) >= 3:
		text := b[3:]
		if int(binary.LittleEndian.Uint16(b[1:])) == p.Len-3 && (bytes.HasPrefix(text, []byte("ServerName;")) || len(text) == 3 && text[0] == 1) && p.HasPort(1434) {
			return classify.Match
		}
	case !p.HasPort(1434):
	case (b[0] == 2 || b[0] == 3) && len(b) == 1:
		if p.Count(p.From) > 2 {
			return classify.Match
		}
		return classify.NeedMore
	case b[0] == 4 && len(b) >= 4 && len(b) <= 34 && b[len(b)-1] == 0 && classify.IsPrintable(b[1:len(b)-1]),
		b[0] == 0x0f && len(b) >= 5 && len(b) <= 35 && b[1] == 1 && b[len(b)-1] == 0 && classify.IsPrintable(b[2:len(b)-1]):
		return classify.Match
	}
	return classify.Never
}

// tdsSpeaker tells by the type of the message (MS-TDS 2.2.3.1.1). TLS of both sides goes in messages of
// the client's type 0x12.
func tdsSpeaker(t classify.Transport, b []byte) classify.Speaker {
	switch {
	case t == classify.UDP: // MC-SQLR 2.2
		if b[0] == 5 {
			return classify.ServerSpeaks
		}
		return classify.ClientSpeaks
	case b[0] == 4:
		return classify.ServerSpeaks
	case b[0] == 0x12 && (len(b) < 9 || b[8] >= 0x14 && b[8] <= 0x17):
		return classify.AnySpeaker
	case b[0] == 1, b[0] == 3, b[0] == 0x0e, b[0] == 0x10, b[0] == 0x12:
		return classify.ClientSpeaks
	}
	return classify.AnySpeaker
}
