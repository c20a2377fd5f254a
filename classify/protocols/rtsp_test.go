package protocols

import (
	"testing"

	"servmap/classify"
)

// TestRTSPInterleaved shows frames of media from the middle of a connection.
func TestRTSPInterleaved(t *testing.T) {
	frame := func(channel, sequence, source byte) string {
		return string([]byte{'$', channel, 0, 16, 0x80, 96, 0, sequence, 0, 0, 0, sequence, 0, 0, 0, source}) + "data"
	}
	tests := []struct {
		name, stream string
		begun        bool
		want         string
	}{
		{"two frames", frame(0, 1, 7) + frame(0, 2, 7), false, "RTSP"},
		{"two frames of two channels between", frame(0, 1, 7) + frame(2, 9, 8) + frame(0, 2, 7), false, "RTSP"},
		{"from another source", frame(0, 1, 7) + frame(0, 2, 8), false, "Unknown"},
		{"on a channel that is none", frame(99, 1, 7) + frame(99, 2, 7), false, "Unknown"},
		{"where a request must stand", frame(0, 1, 7) + frame(0, 2, 7), true, "Unknown"},
	}
	e := newEngine(t)
	c := e.NewClassifier()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := c.NewState()
			defer c.Release(st)
			c.Feed(st, &classify.Segment{
				Transport: classify.TCP, From: classify.Server, Ports: [2]uint16{50000, 8554}, Seq: 1, InitialSeq: 1, SYNSeen: test.begun,
				Addrs: classify.NewProbe(classify.TCP, 50000, 8554).Addrs, Data: []byte(test.stream), Len: len(test.stream),
			})
			if got := e.LabelText(st.Label()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
