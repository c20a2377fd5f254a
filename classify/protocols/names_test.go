package protocols

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
)

// dnsMessage writes a message: a header with the given identifier, flags and numbers of records, and
// what follows it.
func dnsMessage(id, flags string, questions, answers byte, rest ...string) string {
	return id + flags + "\x00" + string([]byte{questions}) + "\x00" + string([]byte{answers}) + "\x00\x00\x00\x00" + strings.Join(rest, "")
}

const (
	dnsQuery, dnsReply, dnsRefusal = "\x01\x00", "\x81\x80", "\x81\x83"

	askWWW  = "\x03www\x07example\x03com\x00\x00\x01\x00\x01"
	askWWW2 = "\x03wWw\x07eXample\x03com\x00\x00\x01\x00\x01"
	askWWW6 = "\x03www\x07example\x03com\x00\x00\x1c\x00\x01"
	askFTP  = "\x03ftp\x07example\x03com\x00\x00\x01\x00\x01"
	// isCDN says that the name at offset 12 is cdn.example.com, which then stands at offset 45.
	isCDN = "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03cdn\xc0\x10"
	atCDN = "\xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xcb\x00\x71\x07"
	atWWW = "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xcb\x00\x71\x08"
	// atBank has a name of its own.
	atBank = "\x04bank\x07example\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xcb\x00\x71\x09"
	// isBank is an alias of that name for www.example.com, which leads nowhere from the question.
	isBank = "\x04bank\x07example\x00\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x0c"
)

// TestNames teaches the names of addresses to who asked for them, and to nobody else.
func TestNames(t *testing.T) {
	const client, server = classify.Client, classify.Server
	type sent struct {
		from classify.Side
		data string
	}
	overTCP := func(m string) string { return string([]byte{byte(len(m) >> 8), byte(len(m))}) + m }
	ask := sent{client, dnsMessage("ab", dnsQuery, 1, 0, askWWW)}
	reply := dnsMessage("ab", dnsReply, 1, 2, askWWW, isCDN, atCDN)
	knows := []string{"192.0.2.1 knows 203.0.113.7 as www.example.com"}
	for _, test := range []struct {
		name      string
		transport classify.Transport
		port      uint16
		sent      []sent
		want      []string
	}{
		{"through an alias", classify.UDP, 53, []sent{ask, {server, reply}}, knows},
		{"the alias behind the address", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 1, 2, askWWW, atWWW, isCDN)}},
			[]string{"192.0.2.1 knows 203.0.113.8 as www.example.com"}},
		{"another case", classify.UDP, 53, []sent{{client, dnsMessage("ab", dnsQuery, 1, 0, askWWW2)}, {server, reply}}, knows},
		{"over TCP", classify.TCP, 53, []sent{{client, overTCP(ask.data)}, {server, overTCP(reply)}}, knows},
		{"over TCP in two segments", classify.TCP, 53, []sent{{client, overTCP(ask.data)}, {server, overTCP(reply)[:40]}, {server, overTCP(reply)[40:]}}, knows},
		{"over TCP, nobody asked", classify.TCP, 53, []sent{{server, overTCP(reply)}}, nil},
		{"two questions, answered the other way round", classify.UDP, 53, []sent{
			ask, {client, dnsMessage("cd", dnsQuery, 1, 0, askFTP)},
			{server, dnsMessage("cd", dnsReply, 1, 1, askFTP, atWWW)}, {server, reply},
		}, []string{"192.0.2.1 knows 203.0.113.8 as ftp.example.com", knows[0]}},
		{"an error", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsRefusal, 1, 2, askWWW, isCDN, atCDN)}}, nil},
		{"nobody asked", classify.UDP, 53, []sent{{server, reply}}, nil},
		{"the same side asked", classify.UDP, 53, []sent{ask, {client, reply}}, nil},
		{"another identifier", classify.UDP, 53, []sent{ask, {server, dnsMessage("ac", dnsReply, 1, 2, askWWW, isCDN, atCDN)}}, nil},
		{"another name", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 1, 1, askFTP, atWWW)}}, nil},
		{"another type", classify.UDP, 53, []sent{{client, dnsMessage("ab", dnsQuery, 1, 0, askWWW6)}, {server, reply}}, nil},
		{"without the question", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 0, 1, atBank)}}, nil},
		{"answered twice: the second one teaches nothing", classify.UDP, 53, []sent{ask, {server, reply}, {server, dnsMessage("ab", dnsReply, 1, 1, askWWW, atWWW)}}, knows},
		{"an address of another name", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 1, 3, askWWW, isCDN, atCDN, atBank)}}, knows},
		{"an alias that does not lead on from the question", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 1, 2, askWWW, isBank, atBank)}}, nil},
		{"more addresses than are taken", classify.UDP, 53, []sent{ask, {server, dnsMessage("ab", dnsReply, 1, 60, askWWW, strings.Repeat(atWWW, 60))}},
			slices.Repeat([]string{"192.0.2.1 knows 203.0.113.8 as www.example.com"}, 24)},
		{"LLMNR: anybody may answer", classify.UDP, 5355, []sent{ask, {server, reply}}, nil},
		{"an announcement of mDNS", classify.UDP, 5353, []sent{{server, dnsMessage("\x00\x00", "\x84\x00", 0, 1, atBank)}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newEngine(t).NewClassifier()
			addrs := [2]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")}
			st := c.NewState()
			var at [2]int
			for _, s := range test.sent {
				done := c.Feed(st, &classify.Segment{
					Transport: test.transport, From: s.from, Addrs: addrs, Ports: [2]uint16{40000, test.port},
					Data: []byte(s.data), Len: len(s.data), Seq: uint32(at[s.from]), SYNSeen: true,
				})
				at[s.from] += len(s.data)
				if w, on := st.Watch(); done && on {
					st = c.Resume(w, st.Info())
				} else if done {
					break
				}
			}
			var got []string
			for _, l := range c.Hints {
				got = append(got, fmt.Sprintf("%v knows %v as %s", l.Client, l.Addr, l.Name))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
