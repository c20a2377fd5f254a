package protocols

import (
	"bytes"
	"net/netip"

	"servmap/classify"
	"servmap/classify/match"
)

var socks = classify.Protocol{
	Name: "SOCKS", Category: "Web", Transport: classify.TCP, TCPPorts: []uint16{1080}, UDPPorts: []uint16{1080},
	FirstBytes: classify.Bytes("\x04\x05"),
	Recognise:  recogniseSOCKS, Reference: "RFC 1928, SOCKS: A protocol for TCP proxy across firewalls",
}

// recogniseSOCKS accepts the offer of methods of version 5 with the server's
// choice or a sound request after it (RFC 1928, sections 3 and 4), and a request of
// version 4 or 4A with the server's reply. On the usual port the client alone will do.
func recogniseSOCKS(p *classify.Probe) classify.Outcome {
	return match.Client(p, func(client, server []byte) classify.Outcome { return socksOpening(p, client, server) })
}

func socksOpening(p *classify.Probe, client, server []byte) classify.Outcome {
	own := p.HasPort(1080)
	if len(client) == 0 {
		if own && len(server) == 2 && server[0] == 5 && (server[1] == 0 || server[1] == 2) {
			return classify.NeedMore
		}
		return classify.Never
	}
	switch client[0] {
	case 5:
		return socks5(p, client, server, own)
	case 4:
		return socks4(p, client, server, own)
	}
	return classify.Never
}

func socks5(p *classify.Probe, client, server []byte, own bool) classify.Outcome {
	if len(client) < 2 {
		return classify.NeedMore
	}
	n := int(client[1])
	if n == 0 || n > 8 {
		return classify.Never
	}
	if len(client) < 2+n {
		return classify.NeedMore
	}
	for _, method := range client[2 : 2+n] {
		if method > 9 && method < 0x80 {
			return classify.Never
		}
	}
	chosen := len(server) >= 2 && server[0] == 5 && (server[1] == 0xff || bytes.IndexByte(client[2:2+n], server[1]) >= 0)
	if len(server) >= 2 && !chosen || len(server) == 1 && server[0] != 5 {
		return classify.Never
	}
	rest := client[2+n:]
	if chosen && server[1] == 2 && len(rest) > 2 && rest[0] == 1 { // RFC 1929
		user := 2 + int(rest[1])
		if len(rest) > user {
			rest = rest[min(len(rest), user+1+int(rest[user])):]
		}
	}
	host, asked := socksRequest(rest)
	if !asked && !maybeRequest(rest) && !(chosen && server[1] != 0) {
		return classify.Never
	}
	if !asked && !chosen && !(own && len(rest) == 0) {
		return classify.NeedMore
	}
	p.Found.ServerName = host
	if !asked && len(p.History()) < 8 {
		p.KeepLooking()
	}
	return classify.Match
}

// maybeRequest reports whether b may be the beginning of a request.
func maybeRequest(b []byte) bool {
	return (len(b) < 1 || b[0] == 5) && (len(b) < 2 || b[1] >= 1 && b[1] <= 3) && (len(b) < 3 || b[2] == 0) &&
		(len(b) < 4 || b[3] == 1 || b[3] == 3 || b[3] == 4) && len(b) < 262
}

// socksRequest reads a request of version 5 and returns the host where it is
// a name.
func socksRequest(b []byte) (host string, ok bool) {
	if len(b) < 10 || b[0] != 5 || b[1] < 1 || b[1] > 3 || b[2] != 0 {
		return "", false
	}
	switch b[3] {
	case 1:
		return "", true
	case 4:
		return "", len(b) >= 22
	case 3:
		n := int(b[4])
		if n == 0 || len(b) < 7+n || !classify.IsPrintable(b[5:5+n]) {
			return "", false
		}
		return string(b[5 : 5+n]), true
	}
	return "", false
}

// socks4 reads a request and, after an address 0.0.0.x, the name of 4A.
func socks4(p *classify.Probe, client, server []byte, own bool) classify.Outcome {
	if len(client) < 9 {
		return classify.NeedMore
	}
	user := bytes.IndexByte(client[8:], 0)
	switch {
	case client[1] != 1 && client[1] != 2 || user > 255:
		return classify.Never
	case user < 0:
		if len(client) > 264 {
			return classify.Never
		}
		return classify.NeedMore
	case !classify.IsPrintable(client[8 : 8+user]):
		return classify.Never
	}
	name, end := "", 8+user+1
	if addr := netip.AddrFrom4([4]byte(client[4:8])); client[4] == 0 && client[5] == 0 && client[6] == 0 && client[7] != 0 {
		n := bytes.IndexByte(client[end:], 0)
		if n < 0 && len(client)-end < 256 && classify.IsPrintable(client[end:]) {
			return classify.NeedMore
		}
		if n <= 0 || !classify.IsPrintable(client[end:end+n]) {
			return classify.Never
		}
		name, end = string(client[end:end+n]), end+n+1
	} else if addr.IsMulticast() || client[4] == 0 || client[4] >= 240 {
		return classify.Never
	}
	replied := len(server) >= 8 && server[0] == 0 && server[1] >= 0x5a && server[1] <= 0x5d
	if len(server) > 1 && (server[0] != 0 || server[1] < 0x5a || server[1] > 0x5d) {
		return classify.Never
	}
	if !replied && !(own && end == len(client)) {
		return classify.NeedMore
	}
	p.Found.ServerName = name
	return classify.Match
}
