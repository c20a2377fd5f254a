package flows

import (
	"context"
	"reflect"
	"testing"

	"servmap/pcapio"
)

// FuzzSightings reads frames for what they tell of hosts: nothing panics, times go with the packets', and
// the number of workers changes nothing.
func FuzzSightings(f *testing.F) {
	engine := allProtocols(f)
	f.Add(arpFrame(1, 1, 1, 2))
	f.Add(frame(2, 7, "\x88\x92", "x"))
	f.Add(frame(2, 3, "\x08\x00", "\x45\x00\x00\x48\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x03\x0a\x00\x00\x09\x14\xe9\x14\xe9\x00\x34\x00\x00",
		"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x02tv\x05local\x00\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var packets []pcapio.Packet
		for n := range int64(3) {
			packets = append(packets, sighted(n, data), sighted(n, arpFrame(2, 1, 1, 2)))
		}
		var got [2][]Sighting
		for i, workers := range []int{1, 3} {
			opt := defaults()
			opt.Workers = workers
			opt.Sight = func(s *Sighting) {
				if s.Kind != From && (s.Time < 0 || s.Time > 2*second) {
					t.Errorf("a sighting at %d", s.Time)
				}
				got[i] = append(got[i], *s)
			}
			if _, err := Run(context.Background(), &memory{packets: packets}, engine, opt, func(*Flow) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if len(got[0]) == 0 || !reflect.DeepEqual(got[0], got[1]) {
			t.Errorf("one worker sees %v, three see %v", got[0], got[1])
		}
	})
}
