package protocols

import (
	"bytes"
	"strconv"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ftpControl = classify.Protocol{
	Name: "FTP_CONTROL", Category: "Download", Transport: classify.TCP, TCPPorts: []uint16{21},
	FirstBytes: classify.Bytes("12345ACEFHLMNOPQRSTUacefhlmnopqrstu\r\n"), // empty lines may come before a command
	Recognise:  recogniseFTP, Reference: "RFC 959, RFC 2228, RFC 2428, RFC 4217",
}

// recogniseFTP accepts commands that only FTP has (RFC 959, section 4.1; RFC
// 2228; RFC 2389; RFC 2428), and greetings and replies that name it or come
// from its port. It announces the data connections of PORT, EPRT, PASV and
// EPSV. After AUTH TLS (RFC 4217) the label is FTPS.
func recogniseFTP(p *classify.Probe) classify.Outcome {
	if p.Matched() {
		return ftpGoesOn(p)
	}
	own := p.HasPort(21)
	server := classify.Server
	out := match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] >= '0' && b[0] <= '9' {
			server = s
			return ftpServer(b, own)
		}
		server = s.Other()
		return ftpClient(b, own)
	})
	if out != classify.Match {
		return out
	}
	p.ClientIs(server.Other())
	expectData(p, server)
	if wentToTLS(p) {
		p.Found.Master = "FTPS"
	} else {
		p.Keep(nil, 0) // ftpGoesOn looks at the newest payload alone until TLS may begin
		p.KeepWatching()
	}
	return classify.Match
}

// ftpGoesOn reads the newest payload of a control connection that is known. All that came before is
// read again only where TLS may begin.
func ftpGoesOn(p *classify.Probe) classify.Outcome {
	isReply := func(b []byte) bool { return len(b) > 0 && b[0] >= '0' && b[0] <= '9' }
	if len(p.History()) == 1 { // all that came before is gone
		server := p.From
		if !isReply(p.Payload) {
			server = server.Other()
		}
		expectData(p, server)
		p.KeepWatching()
		return classify.Match
	}
	server := classify.Server
	if isReply(p.Stream(classify.Client)) {
		server = classify.Client
	}
	p.ClientIs(server.Other())
	expectData(p, server)
	mayBeTLS := p.Kept() != nil || bytes.IndexByte(p.Payload, wire.RecordHandshake) >= 0
	switch {
	case !mayBeTLS:
		p.KeepWatching()
	case wentToTLS(p):
		p.Found.Master = "FTPS"
	default:
		p.KeepLooking()
	}
	return classify.Match
}

var (
	ftpOnly = []string{
		"AUTH TLS", "AUTH SSL", "PASV\r\n", "EPSV\r\n", "SYST\r\n", "FEAT\r\n", "TYPE I\r\n", "TYPE A\r\n",
		"PBSZ 0\r\n", "PROT P\r\n", "OPTS UTF8", "EPRT |",
	}
	ftpOthers = []string{
		"USER ", "PASS ", "ACCT ", "QUIT\r\n", "NOOP\r\n", "HELP\r\n", "CWD ", "PWD\r\n", "LIST", "NLST",
		"RETR ", "STOR ", "SIZE ", "MDTM ", "CLNT ", "HOST ",
	}
)

// ftpClient judges the client's commands. USER and the like are also POP3's
// and IRC's, so they need the port or a server that answers.
func ftpClient(b []byte, own bool) classify.Outcome {
	out := classify.Never
	for n := 0; n < 8 && len(b) > 0; n++ {
		line, rest, whole := match.Line(b)
		only, other := match.AnyPrefixFold(b, ftpOnly), match.AnyPrefixFold(b, ftpOthers)
		switch {
		case !classify.IsText(line) || len(line) > match.MaxLine:
			return classify.Never
		case only == classify.Match && whole, isPORT(line) && whole, own && whole && other == classify.Match:
			return classify.Match
		case only == classify.Never && other == classify.Never && !match.MaybePrefixFold(line, "PORT "):
			return out
		}
		out = classify.NeedMore
		b = rest
	}
	return out
}

// ftpServer judges greeting and replies.
func ftpServer(b []byte, own bool) classify.Outcome {
	code, out := match.ReplyCode(b)
	if out != classify.Match {
		return out
	}
	switch code {
	case 220, 120, 421, 230, 331, 332, 530, 227, 229, 215, 211, 234:
	default:
		return classify.Never
	}
	for n := 0; n < 16 && len(b) > 0; n++ {
		line, rest, whole := match.Line(b)
		switch {
		case !classify.IsText(line) || len(line) > match.MaxLine || match.ContainsFold(line, "SMTP"):
			return classify.Never
		case !whole:
			return classify.NeedMore
		case n > 0 && (bytes.HasPrefix(line, []byte("331 ")) || bytes.HasPrefix(line, []byte("234 "))), ftpReply(line):
			return classify.Match
		case n == 0 && own && match.EndsInCRLF(b, line):
			return classify.Match
		case n == 0 && code/10 == 22 && match.ContainsFold(line, "FTP"):
			return classify.Match
		}
		b = rest
	}
	return classify.NeedMore
}

// ftpReply accepts replies whose text RFC 959, section 5.4, RFC 2428 and RFC 943 give.
func ftpReply(line []byte) bool {
	for _, text := range [...]string{"215 UNIX", "227 Entering Passive Mode", "229 Entering Extended Passive Mode"} {
		if bytes.HasPrefix(line, []byte(text)) {
			return true
		}
	}
	return false
}

// isPORT accepts PORT and its six numbers (RFC 959, section 4.1.2).
func isPORT(line []byte) bool {
	if !match.HasPrefixFold(line, "PORT ") {
		return false
	}
	_, ok := hostPort(line[5:])
	return ok
}

// hostPort reads the port of "h1,h2,h3,h4,p1,p2".
func hostPort(b []byte) (port uint16, ok bool) {
	var n [6]byte
	for i := range n {
		end := 0
		for end < len(b) && b[end] >= '0' && b[end] <= '9' {
			end++
		}
		v, err := strconv.ParseUint(string(b[:end]), 10, 8)
		if err != nil {
			return 0, false
		}
		n[i] = byte(v)
		b = b[end:]
		if i < 5 {
			if len(b) == 0 || b[0] != ',' {
				return 0, false
			}
			b = b[1:]
		}
	}
	return uint16(n[4])<<8 | uint16(n[5]), true
}

// expectData announces the data connection that the newest payload agrees on, at the sender's own
// address. The text has another address behind NAT, and where a server sends to a third host (RFC 959,
// section 5.2). It is not believed: anyone could write it, to have the flows of others taken for data.
func expectData(p *classify.Probe, server classify.Side) {
	for b := p.Payload; len(b) > 0; {
		line, rest, whole := match.Line(b)
		if !whole {
			return
		}
		b = rest
		port, ok := uint16(0), false
		switch {
		case p.From == server && bytes.HasPrefix(line, []byte("227 ")):
			if i := bytes.IndexAny(line[4:], "0123456789"); i >= 0 {
				port, ok = hostPort(line[4+i:])
			}
		case p.From == server && bytes.HasPrefix(line, []byte("229 ")):
			port, ok = delimited(line[4:], "(", 3)
		case p.From != server && match.HasPrefixFold(line, "PORT "):
			port, ok = hostPort(line[5:])
		case p.From != server && match.HasPrefixFold(line, "EPRT "):
			port, ok = delimited(line[4:], " ", 3)
		}
		if !ok || port == 0 {
			continue
		}
		p.ExpectBetween(classify.TCP, p.From, port, "FTP_DATA")
	}
}

// delimited reads the port of "(|||6446|)" and "|1|192.0.2.1|6446|" (RFC 2428,
// sections 2 and 3): the field after the n-th delimiter, which is the byte
// after start.
func delimited(line []byte, start string, n int) (uint16, bool) {
	i := bytes.Index(line, []byte(start))
	if i < 0 || i+1 >= len(line) {
		return 0, false
	}
	fields := bytes.Split(line[i+1:], line[i+1:i+2])
	if len(fields) <= n {
		return 0, false
	}
	v, err := strconv.ParseUint(string(fields[n]), 10, 16)
	return uint16(v), err == nil
}

var ftpData = classify.Protocol{
	Name: "FTP_DATA", Category: "Download", Transport: classify.TCP, TCPPorts: []uint16{20},
	FirstBytes: classify.Bytes("-dlbcpst").Or(classify.Range('0', '9')), Recognise: recogniseFTPData, Plausible: mayBeFTPData,
	Reference: "RFC 959, section 5.2",
}

// recogniseFTPData accepts a directory as servers list it: in the manner of
// ls -l or of DOS. Other data connections are known by the control connection.
func recogniseFTPData(p *classify.Probe) classify.Outcome {
	b := p.Stream(classify.Client)
	if len(b) == 0 {
		b = p.Stream(classify.Server)
	} else if len(p.Stream(classify.Server)) > 0 {
		return classify.Never // one side sends
	}
	line, _, whole := match.Line(b)
	if bytes.HasPrefix(line, []byte("total ")) && whole {
		_, rest, _ := match.Line(b)
		line, _, whole = match.Line(rest)
	}
	switch {
	case !whole && (len(line) == 0 || match.Prefix(line, "total ") != classify.Never && len(line) < 24):
		return classify.NeedMore
	case len(line) < 24:
		if whole || bytes.IndexByte([]byte("-dlbcps01"), line[0]) < 0 {
			return classify.Never
		}
		return classify.NeedMore
	case isModeString(line) && line[10] == ' ', isDOSEntry(line):
		return classify.Match
	}
	return classify.Never
}

// mayBeFTPData accepts what can be a file: one side sends, and sends text or fills its segments.
// Short messages are another protocol's, whose client may well have port 20.
func mayBeFTPData(p *classify.Probe) bool {
	return match.IsBulk(p) || match.OneSends(p) && len(p.History()) > 0 && classify.IsText(p.History()[0].Data)
}

// isModeString accepts "drwxr-xr-x" and its like.
func isModeString(b []byte) bool {
	if bytes.IndexByte([]byte("-dlbcps"), b[0]) < 0 {
		return false
	}
	for i, c := range b[1:10] {
		if c != '-' && c != "rwx"[i%3] && !(i%3 == 2 && (c == 's' || c == 'S' || c == 't' || c == 'T')) {
			return false
		}
	}
	return true
}

// isDOSEntry accepts "01-31-26  03:04PM       <DIR>" and a size in place of <DIR>.
func isDOSEntry(b []byte) bool {
	const form = "00-00-00  00:00PM"
	for i := range len(form) {
		c := b[i]
		switch form[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'P':
			if c != 'P' && c != 'A' {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}
