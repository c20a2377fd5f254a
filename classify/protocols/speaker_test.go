package protocols

import (
	"net/netip"
	"strings"
	"testing"

	"servmap/classify"
)

// TestSpeakers asks who sends the messages of the vectors. No answer may be wrong, and each protocol that
// can tell has a vector where it does.
func TestSpeakers(t *testing.T) {
	tells := map[string]int{}
	for _, v := range readVectors(t) {
		for _, p := range All {
			if p.Speaker == nil || !strings.HasPrefix(v.label+".", p.Name+".") {
				continue
			}
			var streams [2][]byte
			for _, one := range v.payloads {
				streams[one.From] = append(streams[one.From], one.Data...)
			}
			for s, b := range streams {
				for cut := 1; cut <= len(b); cut++ {
					who := p.Speaker(v.transport, b[:cut:cut])
					if who == classify.AnySpeaker {
						continue
					}
					tells[p.Name]++
					if (who == classify.ServerSpeaks) != (s == int(classify.Server)) {
						t.Errorf("%s/%s: the first %d bytes of side %d are said to be of the other", v.file, v.title, cut, s)
						break
					}
				}
			}
		}
	}
	for _, p := range All {
		if p.Speaker != nil && tells[p.Name] == 0 {
			t.Errorf("%s: no vector in which a message tells who sends it", p.Name)
		}
	}
}

// TestTurnedRound shows each conversation as if its first packet had come from the server: where a
// message tells the client, the flow is turned round.
func TestTurnedRound(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	turned := 0
	for _, v := range readVectors(t) {
		for _, p := range All {
			if p.Speaker == nil || v.label != p.Name || len(v.payloads) == 0 {
				continue
			}
			first := v.payloads[0]
			if p.Speaker(v.transport, first.Data) == classify.AnySpeaker {
				continue
			}
			st := c.NewState()
			s := classify.Segment{
				Transport: v.transport, From: first.From.Other(), Addrs: [2]netip.Addr{testAddrs[1], testAddrs[0]},
				Ports: [2]uint16{v.ports[1], v.ports[0]}, Data: first.Data, Len: first.Len,
			}
			c.Feed(st, &s)
			if got := e.LabelText(st.Label()); got == v.label {
				turned++
				if !st.Swapped() {
					t.Errorf("%s/%s: the flow is not turned round", v.file, v.title)
				}
			}
			c.Release(st)
		}
	}
	if turned < 60 {
		t.Errorf("only %d flows were turned round", turned)
	}
}
