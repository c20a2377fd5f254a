package pcapio

import (
	"reflect"
	"strings"
	"testing"
)

func TestPcapForms(t *testing.T) {
	const sec = 1_700_000_000
	micro := rec{sec*1e9 + 5_000, "abcd", 4, LinkEthernet}
	nano := rec{sec*1e9 + 5, "abcd", 4, LinkEthernet}
	two := func(o order, magic uint32) []byte {
		return newPcap(o, magic, 2, 4, 0, 1).packet(sec, 5, "abcd").packet(sec, 5, "abcd").b
	}
	tests := []struct {
		name string
		data []byte
		want []rec
		// form is what File says of the container.
		form string
		big  bool
	}{
		{"microseconds, little-endian", two(little, magicMicro), []rec{micro, micro}, "pcap", false},
		{"microseconds, big-endian", two(big, magicMicro), []rec{micro, micro}, "pcap", true},
		{"nanoseconds, little-endian", two(little, magicNano), []rec{nano, nano}, "pcap (nanoseconds)", false},
		{"nanoseconds, big-endian", two(big, magicNano), []rec{nano, nano}, "pcap (nanoseconds)", true},
		{"modified, little-endian", two(little, magicModified), []rec{micro, micro}, "pcap (modified)", false},
		{"modified, big-endian", two(big, magicModified), []rec{micro, micro}, "pcap (modified)", true},
		{"NAVTEL", two(little, magicNavtel), []rec{micro, micro}, "pcap", false},
		{"no packet", newPcap(little, magicMicro, 2, 4, 0, 1).b, nil, "pcap", false},
		{"packet without bytes", newPcap(little, magicMicro, 2, 4, 0, 1).record(sec, 5, 0, 4, "").record(sec, 5, 0, 0, "").b,
			[]rec{{micro.Time, "", 4, 1}, {micro.Time, "", 0, 1}}, "pcap", false},
		{"captured longer than original", newPcap(little, magicMicro, 2, 4, 0, 1).record(sec, 5, 4, 2, "abcd").b,
			[]rec{micro}, "pcap", false},
		{"captured longer than snap length", newPcap(little, magicMicro, 2, 4, 2, 1).packet(sec, 5, "abcd").b,
			[]rec{micro}, "pcap", false},
		{"fraction above a second", newPcap(little, magicMicro, 2, 4, 0, 1).packet(sec, 3_000_000, "abcd").b,
			[]rec{{(sec + 3) * 1e9, "abcd", 4, 1}}, "pcap", false},
		{"time beyond 2038", newPcap(little, magicMicro, 2, 4, 0, 1).packet(1<<32-1, 0, "abcd").b,
			[]rec{{(1<<32 - 1) * 1e9, "abcd", 4, 1}}, "pcap", false},
		{"FCS length in the link type", newPcap(little, magicMicro, 2, 4, 0, 0x24000001).packet(sec, 5, "abcd").b,
			[]rec{micro}, "pcap", false},
		{"link type above 255", newPcap(big, magicMicro, 2, 4, 0, 276).packet(sec, 5, "abcd").b,
			[]rec{{micro.Time, "abcd", 4, LinkSLL2}}, "pcap", true},
		{"raw IP as 12", newPcap(little, magicMicro, 2, 4, 0, 12).packet(sec, 5, "abcd").b,
			[]rec{{micro.Time, "abcd", 4, LinkRaw}}, "pcap", false},
		{"raw IP as 14", newPcap(little, magicMicro, 2, 4, 0, 14).packet(sec, 5, "abcd").b,
			[]rec{{micro.Time, "abcd", 4, LinkRaw}}, "pcap", false},
		{"version 2.2 has the original length first", newPcap(little, magicMicro, 2, 2, 0, 1).record(sec, 5, 9, 4, "abcd").b,
			[]rec{{micro.Time, "abcd", 9, 1}}, "pcap", false},
		{"version 2.3 has either first", newPcap(big, magicMicro, 2, 3, 0, 1).record(sec, 5, 9, 4, "abcd").record(sec, 5, 4, 9, "abcd").b,
			[]rec{{micro.Time, "abcd", 9, 1}, {micro.Time, "abcd", 9, 1}}, "pcap", true},
		{"one capture behind the other", append(append(two(little, magicMicro), two(big, magicNano)...), newPcap(little, magicMicro, 2, 4, 0, 101).b...),
			[]rec{micro, micro, nano, nano}, "pcap", false},
		{"long record that the header announces", newPcap(little, magicMicro, 2, 4, 1<<20, 1).packet(sec, 5, strings.Repeat("x", 1<<20)).packet(sec, 5, "abcd").b,
			[]rec{{micro.Time, strings.Repeat("x", maxKept), 1 << 20, 1}, micro}, "pcap", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Open([]string{write(t, "capture", test.data)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got := drain(t, r); !reflect.DeepEqual(got, test.want) {
				t.Errorf("packets %.200v, want %.200v", got, test.want)
			}
			if got := damages(r); got != nil {
				t.Errorf("damage %q", got)
			}
			if f := r.Files()[0]; f.Container != test.form || f.BigEndian != test.big {
				t.Errorf("container %q, big-endian %v, want %q, %v", f.Container, f.BigEndian, test.form, test.big)
			}
		})
	}
}

func TestPcapDamage(t *testing.T) {
	const sec = 1_700_000_000
	good := rec{sec * 1e9, "abcd", 4, 1}
	start := func(snapLen uint32) *pcapBuilder {
		return newPcap(little, magicMicro, 2, 4, snapLen, 1).packet(sec, 0, "abcd")
	}
	long := strings.Repeat("x", maxPlain+1)
	tests := []struct {
		name string
		data []byte
		want []rec
		says string
	}{
		{"cut inside the magic", []byte{0xd4, 0xc3}, nil,
			"packet 1, byte 0: expected a capture's magic number of 4 bytes, but the file ends after 2 of them"},
		{"cut inside the header", start(0).b[:23], nil,
			"packet 1, byte 0: expected the file header of 24 bytes, but the file ends after 23 of them"},
		{"cut inside a record header", start(0).packet(sec, 0, "abcd").b[:24+20+15], []rec{good},
			"packet 2, byte 44: expected a record header of 16 bytes, but the file ends after 15 of them"},
		{"cut inside a record", start(0).packet(sec, 0, "abcd").b[:24+20+19], []rec{good},
			"packet 2, byte 44: expected a record of 20 bytes, but the file ends after 19 of them"},
		{"length out of bounds", start(0).record(sec, 0, 0xffffffff, 0xffffffff, "abcd").packet(sec, 0, "abcd").b, []rec{good},
			"packet 2, byte 44: expected a record of at most 262144 bytes, found a length of 4294967295"},
		{"length above what the header announces", start(0).packet(sec, 0, long).b, []rec{good},
			"packet 2, byte 44: expected a record of at most 262144 bytes, found a length of 262145"},
		{"length above what is ever read", start(0xffffffff).record(sec, 0, maxRecord+1, maxRecord+1, "abcd").b, []rec{good},
			"packet 2, byte 44: expected a record of at most 67108864 bytes, found a length of 67108865"},
		{"long and captured more than there was", start(1<<20).record(sec, 0, maxPlain+1, 4, long).b, []rec{good},
			"packet 2, byte 44: expected a record of at most 1048576 bytes, found a length of 262145"},
		{"cut inside a long record", start(1<<20).packet(sec, 0, strings.Repeat("x", 1<<20)).b[:44+16+maxKept+9], []rec{good},
			"packet 2, byte 44: expected a record of 1048592 bytes, but the file ends after 262169 of them"},
		{"cut early inside a long record", start(1<<20).packet(sec, 0, strings.Repeat("x", 1<<20)).b[:44+16+9], []rec{good},
			"packet 2, byte 44: expected a record of 1048592 bytes, but the file ends after 25 of them"},
		{"length that the file has not", start(0).record(sec, 0, 70_000, 70_000, "abcd").b, []rec{good},
			"packet 2, byte 44: expected a record of 70016 bytes, but the file ends after 20 of them"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "capture", test.data)
			got, damage := readAll(t, Options{}, path)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("packets %v, want %v", got, test.want)
			}
			if want := []string{path + ": damaged at " + test.says}; !reflect.DeepEqual(damage, want) {
				t.Errorf("damage %q\nwant   %q", damage, want)
			}
		})
	}
}

// TestLengthTakesNoMemory reads a record that claims 64 MiB and has 4 bytes.
func TestLengthTakesNoMemory(t *testing.T) {
	path := write(t, "capture", newPcap(little, magicMicro, 2, 4, maxRecord, 1).record(0, 0, maxRecord, maxRecord, "abcd").b)
	readAll(t, Options{}, path) // what is kept for later use comes about
	if got, _ := allocated(func() { readAll(t, Options{}, path) }); got > 1<<20 {
		t.Errorf("%d bytes allocated", got)
	}
}
