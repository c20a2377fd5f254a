package protocols

import (
	"strings"
	"testing"

	"servmap/classify"
)

// TestPlausible shows flows that no recogniser takes, on the ports of protocols that may be damaged or
// unknown in part. What may be the protocol keeps the guess by port, and what is not loses it.
func TestPlausible(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	full := strings.Repeat("\x8f\x00\xa1\x7f\x33", 108)
	for _, test := range []struct {
		name, want       string
		t                classify.Transport
		client, server   uint16
		request, answers string
	}{
		{"a file", "FTP_DATA", classify.TCP, 20, 50000, full, ""},
		{"a text", "FTP_DATA", classify.TCP, 20, 50000, "Read this first.\r\n", ""},
		{"short messages", "Unknown", classify.TCP, 20, 50000, "\x03\x00\x00\x00\x0a\x04\x00\x01\x00\x00", ""},
		{"both sides send", "Unknown", classify.TCP, 20, 50000, "some text", "some answer"},
		{"a bulk test", "TargusDataspeed", classify.TCP, 50000, 5001, full, ""},
		{"a bulk test of datagrams", "TargusDataspeed", classify.UDP, 50000, 5201, full, ""},
		{"no bulk test", "Unknown", classify.TCP, 50000, 5001, "\x57\x00\x00\x00\x00\x11", ""},
		{"ciphertext", "NoMachine", classify.UDP, 50000, 4000, full[:64], ""},
		{"no ciphertext", "Unknown", classify.UDP, 50000, 4000, full[:8], ""},
		{"a tunnel that is open already", "OpenVPN", classify.UDP, 50000, 1194, "\x48" + full[:64], ""},
		{"no tunnel", "Unknown", classify.UDP, 50000, 1194, "\x58" + full[:64], ""},
		{"sealed", "TINC", classify.UDP, 50000, 655, full[:64], ""},
		{"a text where all is sealed", "Unknown", classify.UDP, 50000, 655, "some text that is long enough", ""},
		{"not NX", "Unknown", classify.TCP, 50000, 4000, full[:64], ""},
		{"a wrong checksum", "DNP3", classify.TCP, 50000, 20000, "\x05\x64\x05\xc4\x00\x04\x01\x00\x00\x00\xc0\xc0", ""},
		{"no start of a frame", "Unknown", classify.TCP, 50000, 20000, "\x05\x65\x05\xc4\x00\x04\x01\x00\x00\x00\xc0\xc0", ""},
		{"a keep-alive alone", "SIP", classify.UDP, 5060, 5060, "jaK\x00", ""},
		{"no keep-alive", "Unknown", classify.UDP, 5060, 5060, "some other text", ""},
		{"a part that is too long", "collectd", classify.UDP, 50000, 25826, "\x00\x02\xff\xff" + full[:40], ""},
		{"no part", "Unknown", classify.UDP, 50000, 25826, "\x01\x90\x00\x08" + full[:40], ""},
		{"a request for no file", "TFTP", classify.UDP, 50000, 69, "\x00\x01\x00octet\x00", ""},
		{"no operation", "Unknown", classify.UDP, 50000, 69, "\x00\x09\x00octet\x00", ""},
		{"a line of a known type", "RESP", classify.TCP, 50000, 6379, "+\r\n", ""},
		{"a line of none", "Unknown", classify.TCP, 50000, 6379, "?\r\n", ""},
		{"a measurement", "Starcraft", classify.UDP, 50000, 1119, "\x09\x01", ""},
		{"an answer to it", "Starcraft", classify.UDP, 50000, 1119, "\x02\x5d\x39\xfc\x69\x04\x80", ""},
		{"none", "Unknown", classify.UDP, 50000, 1119, "\x09\x01\x00\x00", ""},
	} {
		st := c.NewState()
		for side, data := range []string{test.request, test.answers} {
			if data == "" {
				continue
			}
			s := classify.Segment{Transport: test.t, From: classify.Side(side), Ports: [2]uint16{test.client, test.server}, Data: []byte(data), Len: len(data), Seq: 1, InitialSeq: 1, SYNSeen: true}
			if c.Feed(st, &s) {
				break
			}
		}
		c.Finish(st)
		l := st.Label()
		if l.Master != 0 {
			t.Errorf("%s: %s is recognised", test.name, e.LabelText(l))
		}
		flow := classify.Evidence{Label: l, Transport: test.t, SrcPort: test.client, DstPort: test.server, Certain: test.t == classify.TCP, Unread: true}
		if got := e.LabelText(e.Resolve(&flow).Label); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		c.Release(st)
	}
}
