package protocols

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
)

// endless are beginnings and what follows them without end: heads, lines, records and messages that never
// come to their point.
var endless = []struct {
	name, begin, on string
	port            uint16
}{
	{"HTTP, blanks", "GET", " ", 80},
	{"HTTP, a target", "FETCH /", "a", 80},
	{"HTTP, fields", "GET / HTTP/1.1\r\n", "a: b\r\n", 80},
	{"HTTP, fields that are asked for", "GET / HTTP/1.1\r\n", "User-Agent:\r\n", 80},
	{"HTTP, status after status", "", "HTTP/1.1 100 Continue\r\n\r\n", 80},
	{"RTSP, fields", "OPTIONS * RTSP/1.0\r\n", "a: b\r\n", 554},
	{"SIP, empty lines", "", "\r\n", 5060},
	{"SIP, fields", "INVITE sip:a@b SIP/2.0\r\n", "a: b\r\n", 5060},
	{"SMTP, greetings", "", "220-a\r\n", 2526},
	{"SMTP, one line", "220 ", "S", 2526},
	{"SMTP, extensions", "", "250-A\r\n", 2526},
	{"FTP, commands", "", "USER a\r\n", 2121},
	{"FTP, known", "220 FTP\r\n", "200 a\r\n", 21},
	{"IMAP, a greeting", "* OK ", "I", 1430},
	{"POP3, records of TLS of one byte", "+OK POP\r\n", "\x16\x03\x01\x00\x01\x01", 110},
	{"SMTP, records of TLS of one byte", "220 SMTP\r\n", "\x16\x03\x01\x00\x01\x01", 25},
	{"IMAP, records of TLS of one byte", "* OK IMAP\r\n", "\x16\x03\x01\x00\x01\x01", 143},
	{"FTP, records of TLS of one byte", "220 FTP\r\n", "\x16\x03\x01\x00\x01\x01", 21},
	{"POP3, what is nearly TLS", "+OK POP\r\n", "\x16\x03", 110},
	{"IRC, a line", ":a.example CAP ", "\xff", 6667},
	{"NNTP, a greeting", "200 ", "N", 1119},
	{"TLS, records of one byte", "\x16\x03\x01\x00\x01\x01", "\x16\x03\x01\x00\x01\x00", 443},
	{"TLS, a hello of its largest size", "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", "\x00", 443},
	{"LDAP, nested", "\x30\x84\x00\x00\x7f\xff\x02\x01\x01\x60", "\x30\x80", 389},
	{"JSON", "{", `"a":[`, 8545},
	{"DNS over TCP", "\xff\xff\x00\x01\x01\x00\x00\x08\x00\x00\x00\x00\x00\x00", "\x01a", 53},
	{"zeros", "\x00", "\x00", 9},
	{"ones", "\xff", "\xff", 9},
}

// TestEndless counts how much of what was sent each recogniser is shown, as often as it is asked: in
// all, for the worst cut of a stream in segments, it grows with the stream and not with its square.
func TestEndless(t *testing.T) {
	slow(t)
	shown := 0
	var counting []*classify.Protocol
	for _, p := range All {
		q := *p
		if recognise := p.Recognise; recognise != nil {
			q.Recognise = func(p *classify.Probe) classify.Outcome {
				shown += len(p.Stream(classify.Client)) + len(p.Stream(classify.Server))
				return recognise(p)
			}
		}
		counting = append(counting, &q)
	}
	e, err := classify.NewEngine(counting, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := e.NewClassifier()
	addrs := [2]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")}
	for _, form := range endless {
		t.Run(form.name, func(t *testing.T) {
			work := func(size, n int, begun bool) int {
				data := []byte(form.begin + strings.Repeat(form.on, size*n/len(form.on)+1))
				shown = 0
				st := c.NewState()
				for i := range n {
					at := i * size
					if c.Feed(st, &classify.Segment{
						Transport: classify.TCP, Addrs: addrs, Ports: [2]uint16{40000, form.port},
						Data: data[at : at+size], Len: size, Seq: uint32(at), SYNSeen: begun,
					}) {
						break
					}
				}
				c.Finish(st)
				c.Release(st)
				c.Hints = c.Hints[:0]
				return shown
			}
			for _, begun := range []bool{true, false} {
				last := 0
				for bytes := 2 << 10; bytes <= 16<<10; bytes *= 2 {
					worst := 0
					for _, n := range []int{2, 3, 6, 12, 18, 23, 24} {
						worst = max(worst, work(bytes/n, n, begun))
					}
					// The first segment is shown to all: with few bytes that is
					// most of it.
					if last > 0 && float64(worst) > 2.6*float64(last) {
						t.Errorf("begun %t: %d bytes are shown as %d, half as many as %d", begun, bytes, worst, last)
					}
					last = worst
				}
			}
		})
	}
	if !slices.ContainsFunc(All, func(p *classify.Protocol) bool { return p.Recognise != nil }) {
		t.Error("no recogniser was counted")
	}
}
