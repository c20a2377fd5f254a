package wire

import "testing"

// TestCRC16 uses the check values that catalogues of checksums give for the
// digits 1 to 9.
func TestCRC16(t *testing.T) {
	digits := []byte("123456789")
	tests := []struct {
		name      string
		got, want uint16
	}{
		{"DNP", CRC16DNP(digits), 0xea82},
		{"X-25", CRC16X25(digits), 0x906e},
		{"Modbus", CRC16Modbus(digits), 0x4b37},
		{"CCITT from 0", CRC16CCITT(digits, 0), 0x31c3},
		{"CCITT from 0xffff", CRC16CCITT(digits, 0xffff), 0x29b1},
		{"empty DNP", CRC16DNP(nil), 0xffff},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("%#04x, want %#04x", tt.got, tt.want)
			}
		})
	}
}
