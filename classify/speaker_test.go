package classify

import "testing"

// TestSpeaker tells the client by the first message of either side that only one side sends, and of a
// stream met midstream by a later one.
func TestSpeaker(t *testing.T) {
	e := engineOf(t, nil, &Protocol{
		Name: "ASK", Transport: TCP, Midstream: true,
		Recognise: func(p *Probe) Outcome {
			if len(p.History()) < 2 {
				return NeedMore
			}
			return Match
		},
		Speaker: func(tr Transport, b []byte) Speaker {
			switch {
			case tr != TCP || len(b) == 0:
				t.Errorf("asked about %v %q", tr, b)
			case b[0] == '?':
				return ClientSpeaks
			case b[0] == '!':
				return ServerSpeaks
			}
			return AnySpeaker
		},
	})
	for _, test := range []struct {
		name    string
		begun   bool
		from    []Side
		data    []string
		swapped bool
	}{
		{"the client asks", true, []Side{Client, Server}, []string{"?", "x"}, false},
		{"the server asks", true, []Side{Client, Server}, []string{"x", "?"}, true},
		{"the client answers", true, []Side{Client, Client}, []string{"!", "x"}, true},
		{"nobody tells", true, []Side{Client, Server}, []string{"x", "x"}, false},
		{"later in a stream that was seen from its beginning", true, []Side{Client, Client}, []string{"x", "!"}, false},
		{"later in one that was not", false, []Side{Client, Client}, []string{"x", "!"}, true},
	} {
		c := e.NewClassifier()
		st := c.NewState()
		seq := [2]uint32{1, 1}
		for i, data := range test.data {
			from := test.from[i]
			c.Feed(st, &Segment{Transport: TCP, From: from, Data: []byte(data), Len: len(data), Seq: seq[from], InitialSeq: 1, SYNSeen: test.begun})
			seq[from] += uint32(len(data))
		}
		if e.LabelText(st.Label()) != "ASK" || st.Swapped() != test.swapped {
			t.Errorf("%s: %s, turned round %v, want %v", test.name, e.LabelText(st.Label()), st.Swapped(), test.swapped)
		}
	}
}
