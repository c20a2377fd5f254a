package wire

import (
	"encoding/hex"
	"reflect"
	"testing"
)

func TestParseSTUN(t *testing.T) {
	const id = "2112a442 0102030405060708090a0b0c"
	type result struct {
		ok     bool
		method uint16
		class  uint8
		modern bool
		size   int
		kinds  []uint16
	}
	tests := []struct {
		name, in string
		more     int
		want     result
	}{
		{"binding request", "0001 0000" + id, 0, result{true, 1, 0, true, 20, nil}},
		{"allocate error", "0113 0008" + id + "0009 0004 00000401", 0, result{true, 3, 3, true, 28, []uint16{9}}},
		{"send indication", "0016 0000" + id, 0, result{true, 6, 1, true, 20, nil}},
		{"method with high bits", "0801 0000" + id, 0, result{true, 0x201, 0, true, 20, nil}},
		{"padded attribute", "0101 0010" + id + "8022 0002 41420000 0014 0004 61616161", 0, result{true, 1, 2, true, 36, []uint16{0x8022, 0x14}}},
		{"old form", "0001 0008 000102030405060708090a0b0c0d0e0f 0003 0004 00000000", 0, result{true, 1, 0, false, 28, []uint16{3}}},
		{"length that is not aligned, with the cookie", "0003 0006" + id + "4000 0002 0102", 0, result{true, 3, 0, true, 26, []uint16{0x4000}}},
		{"length that is not aligned, old form", "0003 0006 000102030405060708090a0b0c0d0e0f 4000 0002 0102", 0, result{}},
		{"cut by the capture", "0101 0010" + id + "8022 0002", 12, result{true, 1, 2, true, 36, nil}},
		{"attribute longer than the message", "0101 0008" + id + "8022 0009 41424344", 0, result{}},
		{"length longer than the datagram", "0101 0010" + id, 0, result{}},
		{"first bits set", "8001 0000" + id, 0, result{}},
		{"short", "0001 0000 2112a442", 0, result{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := unhex(t, test.in)
			m, ok := ParseSTUN(b, len(b)+test.more)
			got := result{ok: ok}
			if ok {
				got = result{ok, m.Method, m.Class, m.Modern, m.Size, nil}
				m.Attributes(func(kind uint16, _ []byte) bool {
					got.kinds = append(got.kinds, kind)
					return true
				})
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestSTUNAddr(t *testing.T) {
	m, ok := ParseSTUN(unhex(t, "0101 0000 2112a442 0102030405060708090a0b0c"), 20)
	if !ok {
		t.Fatal("not parsed")
	}
	for in, want := range map[string]string{
		"0001 a147 e112a643":                            "192.0.2.1:32853",
		"0002 a147 0113a9fa 01020304 05060708 090a0b0d": "[2001:db8::1]:32853",
		"0002 a147 e112a643":                            "invalid",
		"0001 a147 0113a9fa 01020304 05060708 090a0b0d": "invalid",
		"0001": "invalid",
	} {
		got, text := m, "invalid"
		if addr, ok := got.Addr(unhex(t, in)); ok {
			text = addr.String()
		}
		if text != want {
			t.Errorf("%s: got %s, want %s", in, text, want)
		}
	}
}

func TestTURNChannelData(t *testing.T) {
	for in, want := range map[string]string{
		"4001 0004 01020304":     "01020304",
		"4fff 0003 010203 00":    "010203",
		"4001 0003 010203":       "010203",
		"4001 0005 01020304":     "-",
		"4001 0003 010203 00 00": "-",
		"5001 0004 01020304":     "-",
		"4001":                   "-",
	} {
		text := "-"
		b := unhex(t, in)
		if data, ok := TURNChannelData(b, len(b)); ok {
			text = hex.EncodeToString(data)
		}
		if text != want {
			t.Errorf("%s: got %s, want %s", in, text, want)
		}
	}
}

func FuzzParseSTUN(f *testing.F) {
	f.Add([]byte("\x01\x01\x00\x0c\x21\x12\xa4\x42abcdefghijkl\x00\x20\x00\x08\x00\x01\x12\x34\xe1\xba\xa5\x43"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := ParseSTUN(b, len(b))
		if !ok {
			return
		}
		if m.Size > len(b) {
			t.Errorf("a message of %d bytes in %d", m.Size, len(b))
		}
		m.Attributes(func(_ uint16, value []byte) bool { m.Addr(value); return true })
	})
}
