package flags

import "testing"

func TestParseSize(t *testing.T) {
	tests := []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"512", 512, true}, {"5k", 5 << 10, true}, {"500M", 500 << 20, true}, {"20G", 20 << 30, true},
		{"8388607T", 8388607 << 40, true}, {"8388608T", 0, false}, {"", 0, false}, {"k", 0, false}, {"-1", 0, false}, {"5K", 0, false}, {"5 M", 0, false},
	}
	for _, tc := range tests {
		got, err := parseSize(tc.text)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("%q is %d, %v; want %d", tc.text, got, err, tc.want)
		}
	}
}

func TestParseDays(t *testing.T) {
	for text, want := range map[string]int{"1d": 1, "90d": 90, "12w": 84, "100000d": 100000, "0d": 0, "90": 0, "": 0, "d": 0, "-1d": 0, "1.5d": 0, "90D": 0, "100001d": 0, "14286w": 0, "90dd": 0, "2160h": 0} {
		if got, err := parseDays(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
