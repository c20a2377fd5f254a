package classify

import "testing"

// TestRefuted looks at flows that nothing recognised, and whose port suggests a protocol. Payloads that
// plainly are not its leave no guess.
func TestRefuted(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "ECHO", Transport: TCP | UDP, Ports: []uint16{7}, FirstBytes: Bytes("he"), Recognise: echo("hello")},
		&Protocol{Name: "MUTE", Transport: TCP, TCPPorts: []uint16{8}},
		&Protocol{Name: "WEAK", Transport: TCP, TCPPorts: []uint16{9}, Weak: true, Recognise: echo("hello")},
		&Protocol{Name: "OTHER", Transport: TCP, Ports: []uint16{10}, UDPPorts: []uint16{10}, Recognise: echo("hello")},
		&Protocol{Name: "DAMAGED", Transport: TCP, TCPPorts: []uint16{11}, Recognise: echo("hello"), Plausible: func(p *Probe) bool {
			return p.History()[0].Data[0] == '!'
		}},
		&Protocol{Name: "LOW", Transport: UDP, UDPPorts: []uint16{70}},
	)
	for _, test := range []struct {
		name     string
		t        Transport
		src, dst uint16
		cut      int
		midway   bool
		payloads []string
		want     string
	}{
		{"a first byte that it does not have", TCP, 40000, 7, 0, false, []string{"GET /"}, "Unknown"},
		{"its recogniser refused", TCP, 40000, 7, 0, false, []string{"help"}, "Unknown"},
		{"its recogniser refused later", TCP, 40000, 7, 0, false, []string{"hel", "p"}, "Unknown"},
		{"its recogniser wants more", TCP, 40000, 7, 0, false, []string{"hel"}, "ECHO"},
		{"met midstream", TCP, 40000, 7, 0, true, []string{"GET /"}, "ECHO"},
		{"cut by the capture", TCP, 40000, 7, 1, false, []string{"GET /"}, "ECHO"},
		{"no recogniser", TCP, 40000, 8, 0, false, []string{"GET /"}, "MUTE"},
		{"a weak recogniser", TCP, 40000, 9, 0, false, []string{"GET /"}, "WEAK"},
		{"no recogniser on this transport", UDP, 40000, 10, 0, false, []string{"GET /"}, "OTHER"},
		{"perhaps a damaged message", TCP, 40000, 11, 0, false, []string{"!!!"}, "DAMAGED"},
		{"not even that", TCP, 40000, 11, 0, false, []string{"???"}, "Unknown"},
		{"the source's port", TCP, 7, 40000, 0, false, []string{"GET /"}, "Unknown"},
		{"the port that is not guessed by", TCP, 7, 8, 0, false, []string{"GET /"}, "MUTE"},
		{"a server alone", TCP, 40000, 7, 0, false, []string{"", "GET /"}, "ECHO"},
		{"datagrams", UDP, 40000, 7, 0, false, []string{"GET /"}, "Unknown"},
		{"a datagram that opens a path", UDP, 40000, 7, 0, false, []string{"\x00\x00"}, "ECHO"},
		{"empty lines", UDP, 40000, 7, 0, false, []string{"\r\n", "\r\n\r\n"}, "ECHO"},
		{"the source's port comes first", UDP, 70, 7000, 0, false, []string{"GET /"}, "LOW"},
	} {
		c := e.NewClassifier()
		st := c.NewState()
		seq := uint32(1)
		for i, data := range test.payloads {
			n, from := len(data), Client
			if i > 0 && test.payloads[0] == "" { // the client says nothing
				from = Server
			}
			c.Feed(st, &Segment{
				From: from, Transport: test.t, Ports: [2]uint16{test.src, test.dst}, Data: []byte(data[:n-test.cut]), Len: n,
				Seq: seq, InitialSeq: 1, SYNSeen: !test.midway,
			})
			seq += uint32(n)
		}
		c.Finish(st)
		got := e.Resolve(&Evidence{Label: st.Label(), Transport: test.t, SrcPort: test.src, DstPort: test.dst, Unread: true, Certain: test.t == TCP}).Label
		if e.LabelText(got) != test.want || got.Confidence.Guessed() != (test.want != "Unknown") {
			t.Errorf("%s: %s by %d, want %s", test.name, e.LabelText(got), got.Confidence, test.want)
		}
	}
}

// TestRepeatedWarmUp shows a message behind short datagrams that are all the same.
func TestRepeatedWarmUp(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "ECHO", Transport: UDP, Recognise: echo("hello")},
		&Protocol{Name: "WEAK", Transport: UDP, Weak: true, Recognise: func(*Probe) Outcome { return NeedMore }},
	)
	for n, want := range map[int]string{3: "ECHO", maxRepeated: "ECHO", maxRepeated + 3: "Unknown"} {
		c := e.NewClassifier()
		st := c.NewState()
		for range n {
			c.Feed(st, &Segment{Transport: UDP, Data: []byte("jaK\x00"), Len: 4})
		}
		c.Feed(st, &Segment{Transport: UDP, Data: []byte("hello"), Len: 5})
		if got := e.LabelText(st.Label()); got != want {
			t.Errorf("behind %d: %s, want %s", n, got, want)
		}
	}
}
