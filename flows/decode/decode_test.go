package decode

import "testing"

func tcpFrame() []byte {
	return []byte{
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 43, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1,
		0x30, 0x39, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0,
	}
}

func TestOrdinary(t *testing.T) {
	frame := tcpFrame()
	d := Decoder{Tunnels: true}
	var got Packet
	d.Decode(1, frame, len(frame), 5, &got)
	if got.Kind != IP || got.SrcPort != 12345 || got.DstPort != 443 || string(got.Payload) != "abc" || got.PayloadLen != 3 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkTCP(b *testing.B) {
	frame := tcpFrame()
	d := Decoder{Tunnels: true}
	p := new(Packet)
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(1, frame, len(frame), 5, p)
	}
}
