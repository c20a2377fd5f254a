package classify

import (
	"slices"
	"strings"
	"testing"
)

// TestBlankLines has empty lines before the first message of a stream.
func TestBlankLines(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "ECHO", Transport: TCP, Recognise: echo("hello, everybody")},
		&Protocol{Name: "BLANK", Transport: TCP, Recognise: echo("\r\n\r\n\x00")})
	for _, tt := range []struct {
		name   string
		pieces []piece
		want   string
	}{
		{"in the same segment", []piece{{0, "\r\nhello, everybody"}}, "ECHO"},
		{"in one of their own", []piece{{0, "\r\n"}, {2, "hello, everybody"}}, "ECHO"},
		{"in many", []piece{{0, "\r\n"}, {2, "\n"}, {3, "\r\n\r\nhello, "}, {14, "everybody"}}, "ECHO"},
		{"out of order", []piece{{2, "hello, everybody"}, {0, "\r\n"}}, "ECHO"},
		{"what begins with them", []piece{{0, "\r\n\r\n\x00"}}, "BLANK"},
		{"what begins with them, in two segments", []piece{{0, "\r\n"}, {2, "\r\n\x00"}}, "BLANK"},
		{"too many", []piece{{0, strings.Repeat("\r\n", maxBlank)}, {2 * maxBlank, "hello, everybody"}}, "Unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if label, _, _ := feed(e, true, tt.pieces...); label != tt.want {
				t.Errorf("%s, want %s", label, tt.want)
			}
		})
	}
}

// TestWarmUp has short datagrams before the first message.
func TestWarmUp(t *testing.T) {
	const message = "hello, everybody out there"
	patient := &Protocol{Name: "PATIENT", Transport: UDP, Recognise: func(p *Probe) Outcome {
		// It wants "a", then "b", whatever comes between.
		switch h := p.History(); {
		case string(h[0].Data) != "a":
			return Never
		case string(p.Payload) == "b":
			return Match
		}
		return NeedMore
	}}
	waits := &Protocol{Name: "WAITS", Transport: UDP, Recognise: func(p *Probe) Outcome {
		if len(p.History()) < 6 {
			return NeedMore
		}
		return Never
	}}
	e := engineOf(t, nil, &Protocol{Name: "ECHO", Transport: UDP, Recognise: echo(message)}, patient, waits)
	for _, tt := range []struct {
		name      string
		datagrams []string
		want      string
	}{
		{"none", []string{message}, "ECHO"},
		{"one", []string{"punch", message}, "ECHO"},
		{"zeros and empty lines", []string{"\x00", "\r\n\r\n", "\x00", message}, "ECHO"},
		{"zeros for long, whoever waits", append(slices.Repeat([]string{"\x00\x00"}, maxRepeated), message), "ECHO"},
		{"too many", []string{"1", "2", "3", "4", message}, "Unknown"},
		{"a long one is a message", []string{strings.Repeat("x", maxWarmUp+1), message}, "Unknown"},
		{"who waits goes on waiting", []string{"a", "c", "b"}, "PATIENT"},
		{"but not in the way of a match", []string{"a", message}, "ECHO"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := e.NewClassifier()
			st := c.NewState()
			for _, d := range tt.datagrams {
				if c.Feed(st, &Segment{Transport: UDP, Data: []byte(d), Len: len(d)}) {
					break
				}
			}
			if label := e.LabelText(st.Label()); label != tt.want {
				t.Errorf("%s, want %s", label, tt.want)
			}
		})
	}
}
