package wire

import "testing"

func TestParseRTP(t *testing.T) {
	tests := []struct {
		name, in string
		want     RTP
		ok       bool
	}{
		{"sound", "8000 1000 00000100 deadbeef 7f7f", RTP{0, false, 0x1000, 0x100, 0xdeadbeef}, true},
		{"mark and type", "80e0 0001 00000002 00000003", RTP{96, true, 1, 2, 3}, true},
		{"extension", "9060 0001 00000002 00000003 bede0001 10aa0000", RTP{96, false, 1, 2, 3}, true},
		{"extension that is too long", "9060 0001 00000002 00000003 bede0002 10aa0000", RTP{}, false},
		{"sources", "8160 0001 00000002 00000003 00000004", RTP{96, false, 1, 2, 3}, true},
		{"sources that are not there", "8260 0001 00000002 00000003 00000004", RTP{}, false},
		{"another version", "4060 0001 00000002 00000003", RTP{}, false},
		{"report", "80c8 0006 deadbeef 00000000 00000000", RTP{}, false},
		{"short", "8060 0001 00000002", RTP{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := unhex(t, test.in)
			if got, ok := ParseRTP(b, len(b)); got != test.want || ok != test.ok {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestRTPFollows(t *testing.T) {
	before := RTP{PayloadType: 96, Sequence: 0xfffe, Timestamp: 0xffffff00, SSRC: 7}
	tests := []struct {
		name string
		next RTP
		want bool
	}{
		{"next, both numbers wrapped", RTP{96, true, 0, 0x60, 7}, true},
		{"some lost", RTP{96, false, 30, 0x60, 7}, true},
		{"many lost", RTP{96, false, 100, 0x60, 7}, false},
		{"the same", RTP{96, false, 0xfffe, 0xffffff00, 7}, false},
		{"another source", RTP{96, false, 0xffff, 0x60, 8}, false},
		{"another type", RTP{97, false, 0xffff, 0x60, 7}, false},
		{"another time", RTP{96, false, 0xffff, 0x70000000, 7}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.next.Follows(&before); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParseRTCP(t *testing.T) {
	tests := []struct {
		name, in string
		want     RTCP
		ok       bool
	}{
		{"receiver's report", "80c9 0001 deadbeef", RTCP{201, 0xdeadbeef, 1, true}, true},
		{"compound", "80c9 0001 deadbeef 81ca 0002 deadbeef 01026162", RTCP{201, 0xdeadbeef, 2, true}, true},
		{"encrypted", "80c9 0001 deadbeef 80000001 0123456789abcdef0123", RTCP{201, 0xdeadbeef, 1, false}, true},
		{"feedback", "81ce 0002 deadbeef 00000001", RTCP{206, 0xdeadbeef, 1, true}, true},
		{"blocks that are not there", "82c9 0001 deadbeef", RTCP{201, 0xdeadbeef, 0, false}, false},
		{"sender's report that is too short", "80c8 0001 deadbeef", RTCP{200, 0xdeadbeef, 0, false}, false},
		{"packet longer than its datagram", "80c9 0003 deadbeef", RTCP{201, 0xdeadbeef, 0, false}, false},
		{"packet of RTP", "8060 0001 00000002 00000003", RTCP{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := unhex(t, test.in)
			if got, ok := ParseRTCP(b, len(b)); got != test.want || ok != test.ok {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}
