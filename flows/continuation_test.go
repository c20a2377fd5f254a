package flows

import (
	"testing"

	"servmap/flows/table"
)

// TestRecentIsBounded forgets the oldest of too many flows that timed out.
func TestRecentIsBounded(t *testing.T) {
	var s recent
	key := func(i int) *table.Key { return &table.Key{uint64(i)} }
	for i := range 1000 {
		s.remember(key(i), carryOver{end: int64(i) * second, anyPacket: true}, 100)
	}
	if len(s.byKey) != 100 || len(s.queue)-s.gone != 100 {
		t.Errorf("%d flows remembered in a queue of %d, want 100", len(s.byKey), len(s.queue)-s.gone)
	}
	if _, ok := s.find(key(899)); ok {
		t.Error("an old flow is still remembered")
	}
	if _, ok := s.find(key(900)); !ok {
		t.Error("a new flow is forgotten")
	}
	s.forget(950*second + rememberFor + grace + 1)
	if len(s.byKey) != 49 {
		t.Errorf("%d flows remembered after an hour, want 49", len(s.byKey))
	}
}
