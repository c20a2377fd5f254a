package protocols

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
)

// TestHints checks what flows tell about later ones. The endpoints are 192.0.2.1, the client, and
// 198.51.100.1.
func TestHints(t *testing.T) {
	const (
		client, server = classify.Client, classify.Server
		transaction    = "\x21\x12\xa4\x42abcdefghijkl"
	)
	tests := []struct {
		name      string
		recognise func(*classify.Probe) classify.Outcome
		transport classify.Transport
		ports     [2]uint16
		payloads  []classify.Payload
		want      []string
	}{
		{
			"SIP with two streams", recogniseSIP, classify.UDP, [2]uint16{5060, 5060},
			[]classify.Payload{{From: server, Data: []byte("SIP/2.0 100 Trying\r\n\r\n")}, {From: client, Data: []byte("INVITE sip:a@example.com SIP/2.0\r\n\r\nv=0\r\nc=IN IP4 192.0.2.9\r\n" +
				"m=audio 40000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\nm=video 40002/2 RTP/SAVP 96\r\nm=message 9 TCP/MSRP *\r\n")}},
			[]string{"UDP 192.0.2.9:40000 is RTP", "UDP 192.0.2.9:40001 is RTCP", "UDP 192.0.2.9:40002 is SRTP", "UDP 192.0.2.9:40003 is RTCP"},
		},
		{
			"SIP, media of a third host where nobody has answered", recogniseSIP, classify.UDP, [2]uint16{5060, 5060},
			[]classify.Payload{{From: client, Data: []byte("INVITE sip:a@example.com SIP/2.0\r\n\r\nv=0\r\nc=IN IP4 192.0.2.9\r\n" +
				"m=audio 40000 RTP/AVP 0\r\nm=audio 40002 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 53 RTP/AVP 0\r\nm=audio 40004 RTP/AVP 0\r\n")}},
			[]string{"UDP 192.0.2.1:40004 is RTP", "UDP 192.0.2.1:40005 is RTCP"},
		},
		{
			"FTP, always the sender's own address", recogniseFTP, classify.TCP, [2]uint16{40000, 21},
			[]classify.Payload{
				{From: server, Data: []byte("220 FTP\r\n")},
				{From: client, Data: []byte("PORT 203,0,113,7,4,1\r\n")},
			},
			[]string{"TCP 192.0.2.1:1025 is FTP_DATA for 198.51.100.1"},
		},
		{
			"BitTorrent, values nobody asked for", recogniseBitTorrent, classify.UDP, [2]uint16{80, 81},
			[]classify.Payload{{From: server, Data: []byte("d1:rd2:id20:mnopqrstuvwxyz1234566:valuesl6:\xcb\x00\x71\x07\x1a\xe1ee1:t2:aa1:y1:re")}},
			nil,
		},
		{
			"RTSP", recogniseRTSP, classify.TCP, [2]uint16{50000, 554},
			[]classify.Payload{{From: server, Data: []byte("RTSP/1.0 200 OK\r\nCSeq: 2\r\nTransport: RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001\r\n\r\n")}},
			[]string{"UDP 192.0.2.1:5000 is RTP", "UDP 192.0.2.1:5001 is RTCP", "UDP 198.51.100.1:6000 is RTP", "UDP 198.51.100.1:6001 is RTCP"},
		},
		{
			"STUN, a peer and the relay's realm", recogniseSTUN, classify.UDP, [2]uint16{50000, 3478},
			[]classify.Payload{
				{From: server, Data: []byte("\x01\x13\x00\x10" + transaction + "\x00\x14\x00\x0asignal.org\x00\x00")},
				{From: client, Data: []byte("\x00\x08\x00\x0c" + transaction + "\x00\x12\x00\x08\x00\x01\xa1\x47\xea\x12\xd5\x45")},
			},
			[]string{"UDP 192.0.2.1:50000 is SignalVoip", "UDP 203.0.113.7:32853 is SignalVoip"},
		},
		{
			"STUN of nobody known", recogniseSTUN, classify.UDP, [2]uint16{50000, 3478},
			[]classify.Payload{{From: client, Data: []byte("\x00\x08\x00\x0c" + transaction + "\x00\x12\x00\x08\x00\x01\xa1\x47\xea\x12\xd5\x45")}},
			nil,
		},
		{
			"BitTorrent, values of the table", recogniseBitTorrent, classify.UDP, [2]uint16{6881, 6882},
			[]classify.Payload{
				{From: client, Data: []byte("d1:ad2:id20:abcdefghij0123456789e1:q9:get_peers1:t2:aa1:y1:qe")},
				{From: server, Data: []byte("d1:rd2:id20:mnopqrstuvwxyz1234566:valuesl6:\xcb\x00\x71\x07\x1a\xe16:\xcb\x00\x71\x08\x00\x50ee1:t2:aa1:y1:re")},
			},
			[]string{
				"UDP 192.0.2.1:6881 is BitTorrent", "TCP 192.0.2.1:6881 is BitTorrent",
				"UDP 198.51.100.1:6882 is BitTorrent", "TCP 198.51.100.1:6882 is BitTorrent",
				"UDP 203.0.113.7:6881 is BitTorrent", "TCP 203.0.113.7:6881 is BitTorrent",
			},
		},
		{
			"BitTorrent, list of a tracker", recogniseBitTorrent, classify.UDP, [2]uint16{50000, 1337},
			[]classify.Payload{
				{From: client, Data: []byte("connect.\x00\x00\x00\x01same" + "infohash-infohash-in" + "-XX0001-abcdefghijkl" + strings.Repeat("\x00", 42))},
				{From: server, Data: []byte("\x00\x00\x00\x01same\x00\x00\x07\x08\x00\x00\x00\x00\x00\x00\x00\x01\xcb\x00\x71\x07\x1a\xe1")},
			},
			[]string{"UDP 203.0.113.7:6881 is BitTorrent", "TCP 203.0.113.7:6881 is BitTorrent"},
		},
		{
			"BitTorrent, list of a tracker over HTTP", recogniseHTTP, classify.TCP, [2]uint16{50000, 80},
			[]classify.Payload{
				{From: client, Data: []byte("GET /announce?info_hash=a HTTP/1.1\r\n\r\n")},
				{From: server, Data: []byte("HTTP/1.1 200 OK\r\n\r\nd8:intervali1800e5:peers6:\xcb\x00\x71\x07\x1a\xe1e")},
			},
			[]string{"UDP 203.0.113.7:6881 is BitTorrent", "TCP 203.0.113.7:6881 is BitTorrent"},
		},
		{
			"BitTorrent, the port that was called", recogniseBitTorrent, classify.TCP, [2]uint16{50000, 6881},
			[]classify.Payload{{From: client, Data: []byte(btHandshake + "12345678")}},
			[]string{"UDP 198.51.100.1:6881 is BitTorrent", "TCP 198.51.100.1:6881 is BitTorrent"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := classify.NewProbe(test.transport, test.ports[0], test.ports[1], test.payloads...)
			if out := test.recognise(p); out != classify.Match {
				t.Fatalf("the recogniser says %v", out)
			}
			var got []string
			for _, l := range p.Hints() {
				if l.Kind == classify.HostName {
					got = append(got, fmt.Sprintf("%v knows %v as %s", l.Client, l.Addr, l.Name))
					continue
				}
				whose := ""
				if l.Client.IsValid() {
					whose = fmt.Sprintf(" for %v", l.Client)
				}
				got = append(got, fmt.Sprintf("%v %v:%d is %s%s", l.Transport, l.Addr, l.Port, l.Name, whose))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
