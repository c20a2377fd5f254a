package flows

import (
	"slices"
	"testing"
)

func TestClock(t *testing.T) {
	const hour = 3600
	tests := []struct {
		name  string
		times []int64 // seconds
		want  []int64
	}{
		{"follows the largest time", []int64{10, 12, 11, 15}, []int64{10, 12, 12, 15}},
		{"an hour ahead counts at once", []int64{10, 10 + hour}, []int64{10, 10 + hour}},
		{"more than an hour needs a second packet", []int64{10, 11 + hour, 12 + hour}, []int64{10, 10, 12 + hour}},
		{"the second may be a little older", []int64{10, 20 + 9*hour, 15 + 9*hour, 16}, []int64{10, 10, 20 + 9*hour, 20 + 9*hour}},
		{"one that is alone does not count", []int64{10, 9 * hour, 11, 12}, []int64{10, 10, 11, 12}},
		{"two that disagree do not count", []int64{10, 9 * hour, 99 * hour, 11}, []int64{10, 10, 10, 11}},
		{"a first packet from 1970", []int64{0, 400000 * hour, 400000*hour + 1}, []int64{0, 0, 400000*hour + 1}},
		{"before 1970", []int64{-50, -40, -45}, []int64{-50, -40, -40}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var c clock
			var got []int64
			for _, s := range tc.times {
				got = append(got, c.tick(s*second)/second)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
