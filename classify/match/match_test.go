package match

import (
	"testing"

	"servmap/classify"
)

// magic judges a protocol whose messages begin with "AB".
func magic(b []byte) classify.Outcome { return Prefix(b, "AB") }

func judge(_ classify.Side, b []byte) classify.Outcome { return magic(b) }

// TestSides asks about the same conversations by every rule.
func TestSides(t *testing.T) {
	const (
		c, s = classify.Client, classify.Server
		no   = classify.Never
		more = classify.NeedMore
		yes  = classify.Match
	)
	from := func(side classify.Side, data string) classify.Payload {
		return classify.Payload{From: side, Data: []byte(data)}
	}
	for _, test := range []struct {
		name                 string
		payloads             []classify.Payload
		both, either, sender classify.Outcome
	}{
		{"one side fits", []classify.Payload{from(c, "ABC")}, yes, yes, yes},
		{"one side may fit", []classify.Payload{from(c, "A")}, more, more, more},
		{"one side does not fit", []classify.Payload{from(c, "X")}, no, no, no},
		{"one side may fit, the other does not", []classify.Payload{from(c, "A"), from(s, "X")}, no, more, no},
		{"one side fits, the other does not", []classify.Payload{from(c, "X"), from(s, "AB")}, yes, yes, yes},
		{"the sender does not fit, the other does", []classify.Payload{from(s, "AB"), from(c, "X")}, yes, yes, no},
		{"in two segments", []classify.Payload{from(c, "A"), from(c, "B")}, yes, yes, yes},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := classify.NewProbe(classify.TCP, 40000, 80, test.payloads...)
			got := [3]classify.Outcome{Both(p, judge), Either(p, magic), Sender(p, magic)}
			if want := [3]classify.Outcome{test.both, test.either, test.sender}; got != want {
				t.Errorf("Both, Either and Sender answer %v, want %v", got, want)
			}
		})
	}
}

// TestMidstream shows a side whose beginning was not captured: a later segment may begin a message, if it is no text.
func TestMidstream(t *testing.T) {
	rules := map[string]func(*classify.Probe) classify.Outcome{
		"Both":   func(p *classify.Probe) classify.Outcome { return Both(p, judgeBinary) },
		"Either": func(p *classify.Probe) classify.Outcome { return Either(p, binary) },
	}
	for name, rule := range rules {
		for _, test := range []struct {
			name     string
			synSeen  bool
			segments []string
			want     string
		}{
			{"the second segment begins a message", false, []string{"\x02tail", "\x00\x01message"}, "TEST"},
			{"the flow's beginning was seen", true, []string{"\x02tail", "\x00\x01message"}, "Unknown"},
			{"no message within Patience", false, []string{"\x02", "\x03", "\x04", "\x05", "\x06", "\x07", "\x08", "\x00\x01message"}, "Unknown"},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				e, err := classify.NewEngine([]*classify.Protocol{{Name: "TEST", Category: "Web", Transport: classify.TCP, Recognise: rule}}, classify.Config{})
				if err != nil {
					t.Fatal(err)
				}
				c := e.NewClassifier()
				st, at := c.NewState(), uint32(0)
				for _, data := range test.segments {
					c.Feed(st, &classify.Segment{Transport: classify.TCP, Data: []byte(data), Len: len(data), Seq: at, SYNSeen: test.synSeen})
					at += uint32(len(data))
				}
				if got := e.LabelText(st.Label()); got != test.want {
					t.Errorf("%s, want %s", got, test.want)
				}
			})
		}
	}
}

func binary(b []byte) classify.Outcome { return Prefix(b, "\x00\x01") }

func judgeBinary(_ classify.Side, b []byte) classify.Outcome { return binary(b) }

// TestClient tells which side is the client where the flow was met midstream.
func TestClient(t *testing.T) {
	for _, test := range []struct {
		name    string
		synSeen bool
		from    classify.Side
		want    string
		swapped bool
	}{
		{"the client asks", true, classify.Client, "TEST", false},
		{"the server asks", true, classify.Server, "Unknown", false},
		{"midstream, what was taken for the server asks", false, classify.Server, "TEST", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := classify.Protocol{Name: "TEST", Category: "Web", Transport: classify.TCP, Recognise: func(p *classify.Probe) classify.Outcome {
				return Client(p, func(client, _ []byte) classify.Outcome { return magic(client) })
			}}
			e, err := classify.NewEngine([]*classify.Protocol{&p}, classify.Config{})
			if err != nil {
				t.Fatal(err)
			}
			c := e.NewClassifier()
			st := c.NewState()
			c.Feed(st, &classify.Segment{Transport: classify.TCP, From: test.from.Other(), Data: []byte("X"), Len: 1, SYNSeen: test.synSeen})
			c.Feed(st, &classify.Segment{Transport: classify.TCP, From: test.from, Data: []byte("ABC"), Len: 3, SYNSeen: test.synSeen})
			if got := e.LabelText(st.Label()); got != test.want || st.Swapped() != test.swapped {
				t.Errorf("%s, swapped %t; want %s, %t", got, st.Swapped(), test.want, test.swapped)
			}
		})
	}
}

func TestDigits(t *testing.T) {
	for text, want := range map[string][2]int{
		"12\r\nrest": {12, 4}, "12\r": {12, -1}, "12": {12, -1}, "": {0, -1}, "\r\n": {0, 0}, "12x": {0, 0}, "1234\r\n": {0, 0}, "x": {0, 0},
	} {
		if value, size := Digits([]byte(text), 3, "\r\n"); [2]int{value, size} != want {
			t.Errorf("%q: %d, %d; want %v", text, value, size, want)
		}
	}
}

func TestTLVs(t *testing.T) {
	known := func(typ int) bool { return typ < 10 }
	for _, test := range []struct {
		name, b  string
		extra, n int
		exact    bool
	}{
		{"two that fill it", "\x00\x01\x00\x01a\x00\x02\x00\x00", 0, 2, true},
		{"lengths with the header", "\x00\x01\x00\x05a\x00\x02\x00\x04", 4, 2, true},
		{"a length below the header's", "\x00\x01\x00\x03", 4, 0, false},
		{"a length beyond the end", "\x00\x01\x00\x09a", 0, 0, false},
		{"a type that is not known", "\x00\x01\x00\x00\x00\x0a\x00\x00", 0, 1, false},
		{"a header that is cut", "\x00\x01\x00\x00\x00\x02", 0, 1, false},
	} {
		if n, exact := TLVs([]byte(test.b), len(test.b), test.extra, known); n != test.n || exact != test.exact {
			t.Errorf("%s: %d, %t; want %d, %t", test.name, n, exact, test.n, test.exact)
		}
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct {
		b, s                   string
		prefix, maybe, contain bool
	}{
		{"ehlo x", "EHLO ", true, true, true},
		{"eh", "EHLO ", false, true, false},
		{"", "EHLO ", false, true, false},
		{"a EhLo b", "EHLO ", false, false, true},
		{"ehl0 x", "EHLO ", false, false, false},
	} {
		got := [3]bool{HasPrefixFold([]byte(test.b), test.s), MaybePrefixFold([]byte(test.b), test.s), ContainsFold([]byte(test.b), test.s)}
		if want := [3]bool{test.prefix, test.maybe, test.contain}; got != want {
			t.Errorf("%q in %q: prefix, maybe, contained %v, want %v", test.s, test.b, got, want)
		}
	}
}

func TestReplyCode(t *testing.T) {
	for text, want := range map[string]struct {
		code int
		out  classify.Outcome
	}{
		"220 a": {220, classify.Match}, "221-": {221, classify.Match}, "331\r": {331, classify.Match},
		"22": {0, classify.NeedMore}, "": {0, classify.NeedMore}, "620 a": {0, classify.Never}, "2a0 a": {0, classify.Never}, "2200": {0, classify.Never},
	} {
		if code, out := ReplyCode([]byte(text)); code != want.code || out != want.out {
			t.Errorf("%q: %d, %v; want %d, %v", text, code, out, want.code, want.out)
		}
	}
}
