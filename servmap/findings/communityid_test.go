package findings

import (
	"net/netip"
	"testing"

	"servmap/flows"
)

// TestCommunityID compares with values that are published with the specification.
func TestCommunityID(t *testing.T) {
	for _, tt := range []struct {
		src, dst string
		protocol uint8
		want     string
	}{
		{"128.232.110.120:34855", "66.35.250.204:80", 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"66.35.250.204:80", "128.232.110.120:34855", 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"192.168.1.52:54585", "8.8.8.8:53", 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"192.168.170.8:7", "192.168.170.56:80", 132, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="},
		{"10.0.0.1:0", "10.0.0.2:0", 1, ""},
	} {
		src, dst := netip.MustParseAddrPort(tt.src), netip.MustParseAddrPort(tt.dst)
		f := &flows.Flow{Src: src.Addr(), Dst: dst.Addr(), SrcPort: src.Port(), DstPort: dst.Port(), Protocol: tt.protocol}
		if got := CommunityID(f); got != tt.want {
			t.Errorf("%s to %s by %d: %q, want %q", tt.src, tt.dst, tt.protocol, got, tt.want)
		}
	}
}
