package wire

import (
	"reflect"
	"testing"
)

func TestReadISO(t *testing.T) {
	tests := []struct {
		name  string
		in    []byte
		tpkt  TPKT
		cotp  COTP
		state State
	}{
		{name: "empty", state: Cut},
		{name: "other version", in: []byte{4}},
		{name: "reserved byte set", in: []byte{3, 1}},
		{name: "header cut", in: []byte{3, 0, 0}, state: Cut},
		{name: "length below the header's", in: []byte{3, 0, 0, 4, 0}},
		{
			name: "connect request", state: Whole,
			in:   []byte{3, 0, 0, 14, 9, 0xe0, 0, 0, 0x12, 0x34, 0, 0xc0, 1, 10},
			tpkt: TPKT{Len: 14, Body: []byte{9, 0xe0, 0, 0, 0x12, 0x34, 0, 0xc0, 1, 10}},
			cotp: COTP{Type: COTPConnectRequest, Src: 0x1234, Variable: []byte{0xc0, 1, 10}, Data: []byte{}},
		},
		{name: "connect request cut", in: []byte{3, 0, 0, 14, 9, 0xe0, 0, 0}, state: Cut},
		{name: "connect request too short", in: []byte{3, 0, 0, 8, 3, 0xe0, 0, 0}},
		{name: "header longer than the packet", in: []byte{3, 0, 0, 8, 9, 0xe0, 0, 0}},
		{
			name: "data", state: Whole,
			in:   []byte{3, 0, 0, 8, 2, 0xf0, 0x80, 0x32, 1},
			tpkt: TPKT{Len: 8, Body: []byte{2, 0xf0, 0x80, 0x32}},
			cotp: COTP{Type: COTPData, EOT: true, Variable: []byte{}, Data: []byte{0x32}},
		},
		{name: "unknown type", in: []byte{3, 0, 0, 8, 2, 0x30, 0x80, 0x32}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tpkt, cotp, state := ReadISO(tt.in)
			if state != tt.state || !reflect.DeepEqual(tpkt, tt.tpkt) || !reflect.DeepEqual(cotp, tt.cotp) {
				t.Errorf("ReadISO = %+v, %+v, %v; want %+v, %+v, %v", tpkt, cotp, state, tt.tpkt, tt.cotp, tt.state)
			}
		})
	}
}
