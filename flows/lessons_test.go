package flows

import (
	"fmt"
	"net/netip"
	"testing"

	"servmap/classify"
)

// TestLessons hands out what was taught last before a packet, of what is
// kept.
func TestLessons(t *testing.T) {
	host := netip.MustParseAddr("192.0.2.9")
	me, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	var s lessons
	teach := func(number uint64, client netip.Addr, name string) {
		s.add(lesson{number, classify.Lesson{Kind: classify.LessonName, Client: client, Addr: host, Name: name}})
	}
	teach(10, me, "a.example")
	teach(20, me, "b.example")
	s.add(lesson{30, classify.Lesson{Kind: classify.LessonExpect, Addr: host, Port: 20, Transport: classify.TCP, Name: "FTP_DATA"}})
	tests := []struct {
		client netip.Addr
		before uint64
		want   string
	}{
		{me, 10, ""}, {me, 11, "a.example"}, {me, 20, "a.example"}, {me, 21, "b.example"}, {me, 1000, "b.example"}, {other, 1000, ""},
	}
	for _, tc := range tests {
		if got := s.name(tc.client, host, tc.before); got != tc.want {
			t.Errorf("name for %v before packet %d: %q, want %q", tc.client, tc.before, got, tc.want)
		}
	}
	if got := s.expected(classify.TCP, host, 20, 31); got != "FTP_DATA" {
		t.Errorf("expected %q", got)
	}
	if got := s.expected(classify.UDP, host, 20, 31); got != "" {
		t.Errorf("expected %q on another transport", got)
	}
	for i := range uint64(2 * maxVersions) {
		teach(100+i, me, fmt.Sprintf("c%d.example", i))
	}
	if n := len(s.of[subject{client: me, addr: host}]); n != maxVersions {
		t.Errorf("%d names are kept of one address, want %d", n, maxVersions)
	}
	if got, want := s.name(me, host, 1000), fmt.Sprintf("c%d.example", 2*maxVersions-1); got != want {
		t.Errorf("newest name %q, want %q", got, want)
	}
}
