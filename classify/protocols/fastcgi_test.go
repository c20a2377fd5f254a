package protocols

import (
	"testing"

	"servmap/classify"
)

// TestFastCGIMiddle meets a connection at the end of a request: the answer tells.
func TestFastCGIMiddle(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	stdin := "\x01\x05\x00\x01\x00\x00\x00\x00"
	head := "Status: 200 OK\r\n\r\n"
	answer := "\x01\x06\x00\x01\x00\x12\x06\x00" + head + "\x00\x00\x00\x00\x00\x00"
	for begun, want := range map[bool]string{false: "FastCGI", true: "Unknown"} {
		st := c.NewState()
		for i, data := range []string{stdin, stdin, answer} {
			s := classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, 9000}, Data: []byte(data), Len: len(data), Seq: 1000 + uint32(8*i), InitialSeq: 1000, SYNSeen: begun}
			if i == 2 {
				s.From, s.Seq, s.InitialSeq = classify.Server, 7000, 7000
			}
			c.Feed(st, &s)
		}
		if got := e.LabelText(st.Label()); got != want {
			t.Errorf("beginning seen %t: %s, want %s", begun, got, want)
		}
		c.Release(st)
	}
}
