package protocols

import (
	"bytes"
	"testing"

	"servmap/classify"
)

// recordsOfOneByte returns a ClientHello for mx.example.net in TLS records of one byte each.
func recordsOfOneByte() []byte {
	hello := []byte("\x01\x00\x00\x48\x03\x03" + string(bytes.Repeat([]byte("Z"), 32)) +
		"\x00\x00\x08\x13\x01\x13\x02\xc0\x2b\xc0\x2f\x01\x00\x00\x17\x00\x00\x00\x13\x00\x11\x00\x00\x0emx.example.net")
	var out []byte
	for _, c := range hello {
		out = append(out, 0x16, 3, 1, 0, 1, c)
	}
	return out
}

// TestTLSReadOnce shows a hello in small records and segments to the recognisers of TLS and of what
// goes over to it. What they have read of it is overwritten after each segment: they find the name only
// if they read nothing twice.
func TestTLSReadOnce(t *testing.T) {
	for _, test := range []struct {
		protocol         *classify.Protocol
		port             uint16
		greeting, before string
		segment          int
		want             string
	}{
		{&tls, 443, "", "", 58, "TLS"},
		{&pop3, 110, "+OK POP3\r\n", "STLS\r\n", 58, "POPS"},
		{&imap, 143, "* OK IMAP4rev1\r\n", "a STARTTLS\r\n", 58, "IMAPS"},
		{&smtp, 25, "220 ESMTP\r\n", "STARTTLS\r\n", 58, "SMTPS"},
		{&ftpControl, 21, "220 FTP\r\n", "AUTH TLS\r\n", 58, "FTPS"},
		{&jabber, 5222, "", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 58, "Jabber"},
		// These two wait for fewer payloads.
		{&ldap, 389, "", "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037", 170, "LDAP"},
		{&rdp, 3389, "", "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00", 170, "RDP"},
	} {
		t.Run(test.want, func(t *testing.T) {
			overwritten := 0
			q := *test.protocol
			q.Recognise = func(p *classify.Probe) classify.Outcome {
				out := test.protocol.Recognise(p)
				facts, _ := p.Kept().(*tlsFacts)
				if text, ok := p.Kept().(*textToTLS); ok {
					facts = text.facts
				}
				if facts == nil {
					return out
				}
				// The first record's header tells, each time, that this is TLS; a
				// header that is cut is not read.
				stream := p.Stream(classify.Client)[len(test.before):]
				for i := 6; i < len(stream)-len(stream)%6; i++ {
					stream[i] = 0xff
					overwritten++
				}
				return out
			}
			e, err := classify.NewEngine([]*classify.Protocol{&q}, classify.Config{Applications: vocabulary{}})
			if err != nil {
				t.Fatal(err)
			}
			c := e.NewClassifier()
			st := c.NewState()
			var at [2]uint32
			feed := func(from classify.Side, data []byte) {
				if len(data) > 0 {
					c.Feed(st, &classify.Segment{
						Transport: classify.TCP, From: from, Ports: [2]uint16{40000, test.port},
						Data: bytes.Clone(data), Len: len(data), Seq: at[from], SYNSeen: true,
					})
				}
				at[from] += uint32(len(data))
			}
			feed(classify.Server, []byte(test.greeting))
			feed(classify.Client, []byte(test.before))
			for rest := recordsOfOneByte(); len(rest) > 0; {
				n := min(len(rest), test.segment)
				feed(classify.Client, rest[:n])
				rest = rest[n:]
			}
			c.Finish(st)
			info := st.Info()
			if label := e.LabelText(st.Label()); label != test.want || info.ServerName() != "mx.example.net" || overwritten == 0 {
				t.Errorf("%s with the name %q, %d bytes overwritten; want %s with mx.example.net", label, info.ServerName(), overwritten, test.want)
			}
		})
	}
}
