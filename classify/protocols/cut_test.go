package protocols

import (
	"strings"
	"testing"

	"servmap/classify"
)

// TestCutByCapture shows first segments of which the capture kept only the beginning: what says
// too little is Unknown, and so is what is only short.
func TestCutByCapture(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	hello := "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x5a", 17)
	answer := "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + strings.Repeat("\x5a", 17)
	for _, test := range []struct {
		name, data string
		size       int
		want       string
	}{
		{"ClientHello", hello, 517, "TLS"},
		{"ClientHello, the rest in another segment", "\x16\x03\x01\x06\xff\x01\x00\x06\xfb\x03\x03" + hello[11:], 1448, "TLS"},
		{"ClientHello that is not cut", hello, len(hello), "Unknown"},
		{"ClientHello whose lengths do not agree", "\x16\x03\x01\x02\x00\x01\x00\x01\xfb" + hello[9:], 517, "Unknown"},
		{"ClientHello in a segment of another length", hello, 518, "Unknown"},
		{"ServerHello", answer, 1300, "TLS"},
		{"ServerHello longer than its record", strings.Replace(answer, "\x00\x00\x76", "\x00\x00\x77", 1), 1300, "Unknown"},
		{"request", "GET /index.html?a", 400, "HTTP"},
		{"request that is not cut", "GET /index.html?a", 17, "Unknown"},
		{"request for nothing", "GET /", 400, "Unknown"},
		{"AMQP frame", "\x01\x00\x01\x00\x00\x00\x17\x00\x3c\x00\x28\x00\x00", 31, "AMQP"},
		{"AMQP frame in a segment of another length", "\x01\x00\x01\x00\x00\x00\x17\x00\x3c\x00\x28\x00\x00", 32, "Unknown"},
		{"RTSP request", "SETUP rtsp://192.0.2.1:85", 113, "RTSP"},
		{"RTSP request that is not cut", "SETUP rtsp://192.0.2.1:85", 25, "Unknown"},
		{"request of another method", "LOOK /index.html?a", 400, "Unknown"},
	} {
		st := c.NewState()
		c.Feed(st, &classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, 8765}, Data: []byte(test.data), Len: test.size, Seq: 1000, InitialSeq: 1000, SYNSeen: true})
		if got := e.LabelText(st.Label()); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		c.Release(st)
	}
}
