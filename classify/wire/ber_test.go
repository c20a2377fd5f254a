package wire

import (
	"bytes"
	"reflect"
	"testing"
)

func TestBER(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 300)
	tests := []struct {
		name  string
		in    []byte
		want  Element
		state State
	}{
		{"empty", nil, Element{}, Cut},
		{"tag alone", []byte{0x30}, Element{}, Cut},
		{"short form", []byte{0x02, 1, 5, 9}, Element{Tag: 2, Number: 2, Head: 2, Len: 1, Body: []byte{5}}, Whole},
		{"content not all there", []byte{0x30, 3, 1}, Element{Tag: 0x30, Number: 16, Head: 2, Len: 3, Body: []byte{1}}, Whole},
		{"length octets not all there", []byte{0x30, 0x82, 1}, Element{}, Cut},
		{"long form", append([]byte{0x60, 0x82, 1, 0x2c}, long...), Element{Tag: 0x60, Number: 0, Head: 4, Len: 300, Body: long}, Whole},
		{"indefinite", []byte{0x30, 0x80, 0, 0}, Element{Tag: 0x30, Number: 16, Head: 2, Len: -1, Body: []byte{0, 0}}, Whole},
		{"indefinite primitive", []byte{0x04, 0x80, 0, 0}, Element{}, Malformed},
		{"five length octets", []byte{0x30, 0x85, 0, 0, 0, 0, 1}, Element{}, Malformed},
		{"length over 2 GiB", []byte{0x30, 0x84, 0x80, 0, 0, 0}, Element{}, Malformed},
		{"high tag", []byte{0xbf, 0x81, 0x01, 1, 0}, Element{Tag: 0xbf, Number: 129, Head: 4, Len: 1, Body: []byte{0}}, Whole},
		{"high tag cut", []byte{0xbf, 0x81}, Element{}, Cut},
		{"high tag without end", []byte{0xbf, 0x81, 0x81, 0x81, 0x81, 0x81}, Element{}, Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, state := BER(tt.in)
			if state != tt.state || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("BER = %+v, %v; want %+v, %v", got, state, tt.want, tt.state)
			}
		})
	}
}

func TestElementUint(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want uint64
		ok   bool
	}{
		{"one octet", []byte{2, 1, 5}, 5, true},
		{"padded", []byte{2, 5, 0, 0xff, 0xff, 0xff, 0xff}, 0xffffffff, true},
		{"64 bits", []byte{2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255}, 1<<64 - 1, true},
		{"65 bits", []byte{2, 9, 1, 255, 255, 255, 255, 255, 255, 255, 255}, 0, false},
		{"negative", []byte{2, 1, 0x80}, 0, false},
		{"empty", []byte{2, 0}, 0, false},
		{"cut", []byte{2, 2, 1}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := BER(tt.in)
			if got, ok := e.Uint(); got != tt.want || ok != tt.ok {
				t.Errorf("Uint = %d, %v; want %d, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestNextBER(t *testing.T) {
	e, rest, ok := NextBER([]byte{2, 1, 5, 4, 0})
	if !ok || e.Len != 1 || !bytes.Equal(rest, []byte{4, 0}) {
		t.Errorf("first: %+v, %v, %v", e, rest, ok)
	}
	if _, _, ok := NextBER([]byte{2, 2, 5}); ok {
		t.Error("a cut element was taken for complete")
	}
	if _, _, ok := NextBER([]byte{0x30, 0x80, 0, 0}); ok {
		t.Error("an element of indefinite length was taken for complete")
	}
}
