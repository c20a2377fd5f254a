package servmap

import (
	"testing"

	"servmap/flows"
)

// TestTraffic counts one-sided flows and hardware addresses.
func TestTraffic(t *testing.T) {
	tcp := func(out, in uint64, bytes uint64) *flows.Flow {
		return &flows.Flow{Protocol: protoTCP, Src2Dst: flows.Direction{Packets: out, Bytes: bytes}, Dst2Src: flows.Direction{Packets: in}}
	}
	var traffic Traffic
	for range 7 {
		traffic.add(tcp(3, 3, 1000))
	}
	for range 3 {
		traffic.add(tcp(3, 0, 1000))
	}
	traffic.add(tcp(3, 0, 200)) // tries, and has no data
	traffic.add(&flows.Flow{Protocol: protoUDP, Src2Dst: flows.Direction{Packets: 1, Bytes: 1000}})
	if traffic.HalfATap() || traffic.Data != 10 || traffic.OneSided != 3 || !traffic.WithoutMACs() {
		t.Errorf("%+v: not over 30 %%, and no hardware addresses", traffic)
	}
	traffic.add(tcp(0, 5, 1000))
	one := tcp(5, 5, 1000)
	one.HasMAC = true
	traffic.add(one)
	if !traffic.HalfATap() || traffic.WithoutMACs() {
		t.Errorf("%+v: over 30 %%, and hardware addresses", traffic)
	}
	if none := (Traffic{}); none.HalfATap() || none.WithoutMACs() {
		t.Error("no traffic tells nothing")
	}
}
