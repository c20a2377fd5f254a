package wire

import "testing"

func TestReadDCERPCStream(t *testing.T) {
	bind := []byte{5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0}
	change := func(at int, v byte) []byte {
		b := append([]byte(nil), bind...)
		b[at] = v
		return b
	}
	tests := []struct {
		name  string
		in    []byte
		want  DCERPC
		state State
	}{
		{"bind", bind, DCERPC{Type: 11, Len: 72}, Whole},
		{"cut", bind[:9], DCERPC{}, Cut},
		{"big endian", []byte{5, 0, 2, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, DCERPC{Type: 2, Len: 256}, Whole},
		{"version 4", change(0, 4), DCERPC{}, Malformed},
		{"type 30", change(2, 30), DCERPC{}, Malformed},
		{"reserved byte", change(6, 1), DCERPC{}, Malformed},
		{"length below the header's", change(8, 15), DCERPC{}, Malformed},
		{"authentication longer than the fragment", change(10, 60), DCERPC{}, Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, state := ReadDCERPCStream(tt.in); got != tt.want || state != tt.state {
				t.Errorf("%+v, %v; want %+v, %v", got, state, tt.want, tt.state)
			}
		})
	}
}

func TestReadDCERPCDatagram(t *testing.T) {
	b := make([]byte, 84)
	b[0], b[4], b[74] = 4, 0x10, 4
	copy(b[24:], []byte{1, 0, 0xa0, 0xde, 0x97, 0x6c, 0xd1, 0x11, 0x82, 0x71})
	d, ok := ReadDCERPCDatagram(b, 84)
	want := [16]byte{0xde, 0xa0, 0, 1, 0x6c, 0x97, 0x11, 0xd1, 0x82, 0x71}
	if !ok || d.Interface != want || d.Len != 84 {
		t.Errorf("%+v, %v; want interface %x and length 84", d, ok, want)
	}
	if _, ok := ReadDCERPCDatagram(b, 83); ok {
		t.Error("a body longer than the datagram was accepted")
	}
}
