package pcapio

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
)

// ng begins a pcapng with one Ethernet interface.
func ng(o order) *ngBuilder { return (&ngBuilder{}).section(o).iface(1, 0) }

func TestPcapngForms(t *testing.T) {
	const ms = 1_700_000_000_000
	one := rec{ms * 1e6, "abcde", 5, LinkEthernet}
	res := func(n *ngBuilder, v byte) []byte { return n.option(optResolution, []byte{v}) }
	withRes := func(v byte, units uint64) []byte {
		n := (&ngBuilder{}).section(big)
		return n.iface(1, 0, n.option(optName, []byte("eth0")), res(n, v)).packet(0, units, "abcde").b
	}
	offset := func(seconds int64) []byte {
		n := (&ngBuilder{}).section(little)
		return n.iface(1, 0, n.option(optOffset, little.AppendUint64(nil, uint64(seconds)))).packet(0, ms*1000, "abcde").b
	}
	tests := []struct {
		name string
		data []byte
		want []rec
	}{
		{"little-endian", ng(little).packet(0, ms*1000, "abcde").b, []rec{one}},
		{"big-endian", ng(big).packet(0, ms*1000, "abcde").b, []rec{one}},
		{"no packet", ng(big).b, nil},
		{"header alone", (&ngBuilder{}).section(little).b, nil},
		{"snapped", ng(little).enhanced(0, ms*1000, 5, 1500, "abcde").b, []rec{{one.Time, "abcde", 1500, 1}}},
		{"captured longer than original", ng(little).enhanced(0, ms*1000, 5, 2, "abcde").b, []rec{one}},
		{"obsolete", ng(little).obsolete(0, ms*1000, 9, "abcde").b, []rec{{one.Time, "abcde", 9, 1}}},
		{"simple gets the time before it", ng(little).simple(5, "abcde").packet(0, ms*1000, "abcde").simple(5, "abcde").b,
			[]rec{{0, "abcde", 5, 1}, one, one}},
		{"simple with snap length", (&ngBuilder{}).section(big).iface(1, 3).simple(5, "abc").b, []rec{{0, "abc", 5, 1}}},
		{"unknown blocks", ng(little).block(0x7777, []byte("what?")).block(blockNames, make([]byte, 300_000)).
			packet(0, ms*1000, "abcde").block(blockStats, make([]byte, 8)).block(blockCustom, nil).b, []rec{one}},
		{"several interfaces", ng(little).iface(113, 0).iface(276, 0).packet(2, ms*1000, "abcde").packet(1, ms*1000, "abcde").packet(0, ms*1000, "abcde").b,
			[]rec{{one.Time, "abcde", 5, LinkSLL2}, {one.Time, "abcde", 5, LinkSLL}, one}},
		{"several sections", ng(little).packet(0, ms*1000, "abcde").section(big).iface(101, 0).packet(0, ms*1000, "abcde").
			section(little).iface(1, 0).packet(0, ms*1000, "abcde").b, []rec{one, {one.Time, "abcde", 5, LinkRaw}, one}},
		{"seconds", withRes(0, ms/1000), []rec{one}},
		{"milliseconds", withRes(3, ms), []rec{one}},
		{"nanoseconds", withRes(9, ms*1e6), []rec{one}},
		{"10^-10 s", withRes(10, ms*1e7), []rec{one}},
		{"10^-12 s", withRes(12, 7_000_999), []rec{{7_000, "abcde", 5, 1}}},
		{"10^-28 s", withRes(28, 10_000_000_000_000_000_005), []rec{{1, "abcde", 5, 1}}},
		{"10^-29 s", withRes(29, math.MaxUint64), []rec{{0, "abcde", 5, 1}}},
		{"10^-127 s", withRes(127, 5), []rec{{0, "abcde", 5, 1}}},
		{"2^-0 s", withRes(0x80, ms/1000), []rec{one}},
		{"2^-1 s", withRes(0x81, ms/500), []rec{one}},
		{"2^-10 s", withRes(0x8a, 1024+512), []rec{{1.5e9, "abcde", 5, 1}}},
		{"2^-32 s", withRes(0xa0, 3<<32+1<<30), []rec{{3.25e9, "abcde", 5, 1}}},
		{"2^-63 s", withRes(0xbf, 3<<62), []rec{{1.5e9, "abcde", 5, 1}}},
		{"2^-64 s", withRes(0xc0, 3<<62), []rec{{0.75e9, "abcde", 5, 1}}},
		{"2^-65 s", withRes(0xc1, 3<<62), []rec{{0.375e9, "abcde", 5, 1}}},
		{"2^-127 s", withRes(0xff, math.MaxUint64), []rec{{0, "abcde", 5, 1}}},
		{"time that does not fit", withRes(0, math.MaxUint64), []rec{{math.MaxInt64, "abcde", 5, 1}}},
		{"offset", offset(3600), []rec{{one.Time + 3600e9, "abcde", 5, 1}}},
		{"negative offset", offset(-3600), []rec{{one.Time - 3600e9, "abcde", 5, 1}}},
		{"offset before the resolution", func() []byte {
			n := (&ngBuilder{}).section(little)
			return n.iface(1, 0, n.option(optOffset, little.AppendUint64(nil, 60)), res(n, 3)).packet(0, ms, "abcde").b
		}(), []rec{{one.Time + 60e9, "abcde", 5, 1}}},
		{"offset that does not fit", offset(math.MaxInt64), []rec{{math.MaxInt64, "abcde", 5, 1}}},
		{"negative offset that does not fit", offset(math.MinInt64), []rec{{math.MinInt64, "abcde", 5, 1}}},
		{"long packet", ng(little).packet(0, ms*1000, strings.Repeat("x", 3<<20)).packet(0, ms*1000, "abcde").b,
			[]rec{{one.Time, strings.Repeat("x", maxKept), 3 << 20, 1}, one}},
		{"long simple and obsolete packets", ng(little).packet(0, ms*1000, "abcde").simple(3<<20, strings.Repeat("x", 3<<20)).obsolete(0, ms*1000, 4<<20, strings.Repeat("y", 3<<20)).b,
			[]rec{one, {one.Time, strings.Repeat("x", maxKept), 3 << 20, 1}, {one.Time, strings.Repeat("y", maxKept), 4 << 20, 1}}},
		{"options longer than what is held", func() []byte {
			n := ng(little)
			body := append(make([]byte, 8), 0, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0)
			little.PutUint32(body[4:], uint32(ms*1000>>32))
			little.PutUint32(body[8:], uint32(ms*1000&math.MaxUint32))
			body = append(body, "abcde\x00\x00\x00"...)
			return n.block(blockEnhanced, append(body, bytes.Repeat(n.option(1, make([]byte, 60_000)), 20)...)).b
		}(), []rec{one}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, damage := readAll(t, Options{}, write(t, "capture", test.data))
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("packets %.300v, want %.300v", got, test.want)
			}
			if damage != nil {
				t.Errorf("damage %q", damage)
			}
		})
	}
}

// TestPcapngUnpadded reads blocks of writers that do not count the padding, or
// leave it out.
func TestPcapngUnpadded(t *testing.T) {
	want := []rec{{1000, "abcde", 5, 1}, {2000, "abcd", 4, 1}}
	for _, padding := range []int{0, 3} {
		n := ng(little)
		body := make([]byte, 20)
		little.PutUint32(body[8:], 1)
		little.PutUint32(body[12:], 5)
		little.PutUint32(body[16:], 5)
		body = append(body, "abcde"...)
		total := uint32(12 + len(body))
		n.b = little.AppendUint32(n.b, blockEnhanced)
		n.b = little.AppendUint32(n.b, total)
		n.b = append(n.b, body...)
		n.b = append(n.b, make([]byte, padding)...)
		n.b = little.AppendUint32(n.b, total)
		n.packet(0, 2, "abcd")
		got, damage := readAll(t, Options{}, write(t, "capture", n.b))
		if !reflect.DeepEqual(got, want) || damage != nil {
			t.Errorf("padding %d: packets %v, damage %q", padding, got, damage)
		}
	}
}

func TestPcapngDamage(t *testing.T) {
	good := rec{1000, "abcd", 4, 1}
	// patch changes the 4 bytes at offset at from the end of what is there, and
	// adds a good packet.
	patch := func(n *ngBuilder, at int, v uint32) []byte {
		little.PutUint32(n.b[len(n.b)-at:], v)
		return n.packet(0, 1, "abcd").b
	}
	one := func() *ngBuilder { return ng(little).packet(0, 1, "abcd") }
	bad := func() *ngBuilder { return one().packet(0, 1, "abcd") } // the second has 36 bytes, from byte 84
	tests := []struct {
		name string
		data []byte
		want []rec
		says []string
	}{
		{"cut inside the section header", one().b[:27], nil,
			[]string{"packet 1, byte 0: expected a block of 28 bytes, but the file ends after 27 of them"}},
		{"cut inside a block", bad().b[:84+35], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 36 bytes, but the file ends after 35 of them"}},
		{"cut inside a block header", bad().b[:84+5], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 12 bytes, but the file ends after 5 of them"}},
		{"cut inside a block of no interest", one().block(4, make([]byte, 100)).b[:84+50], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 112 bytes, but the file ends after 50 of them"}},
		{"cut inside its last length", one().block(4, make([]byte, 100)).b[:84+110], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 112 bytes, but the file ends after 110 of them"}},
		{"lengths that differ", patch(bad(), 4, 40), []rec{good, good},
			[]string{"packet 2, byte 84: expected the block's length 36 again at its end, found 40"}},
		{"lengths that differ, of no interest", patch(one().block(4, make([]byte, 24)), 4, 40), []rec{good, good},
			[]string{"packet 2, byte 84: expected the block's length 36 again at its end, found 40"}},
		{"lengths that differ before a section", func() []byte {
			n := bad()
			little.PutUint32(n.b[len(n.b)-4:], 40)
			return n.section(big).iface(1, 0).packet(0, 1, "abcd").b
		}(), []rec{good, good}, []string{"packet 2, byte 84: expected the block's length 36 again at its end, found 40"}},
		{"length that leads nowhere", patch(bad(), 32, 40), []rec{good},
			[]string{"packet 2, byte 84: expected the block's length 40 again at its end, found 6"}},
		{"length below 12", patch(bad(), 32, 8), []rec{good},
			[]string{"packet 2, byte 84: expected a block of at least 12 bytes, found a length of 8"}},
		{"length out of bounds", patch(bad(), 32, 0xfffffff0), []rec{good},
			[]string{"packet 2, byte 84: expected a block of at most 68157440 bytes, found a length of 4294967280"}},
		{"lengths that differ, of a long packet", patch(one().packet(0, 1, strings.Repeat("x", 1<<20)), 4, 40), []rec{good, good},
			[]string{"packet 2, byte 84: expected the block's length 1048608 again at its end, found 40"}},
		{"cut inside a long packet", one().packet(0, 1, strings.Repeat("x", 1<<20)).b[:84+500_000], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 1048608 bytes, but the file ends after 500000 of them"}},
		{"cut early inside a long packet", one().packet(0, 1, strings.Repeat("x", 1<<20)).b[:84+50], []rec{good},
			[]string{"packet 2, byte 84: expected a block of 1048608 bytes, but the file ends after 50 of them"}},
		{"long interface description", one().iface(1, 0, make([]byte, 1<<20)).packet(1, 1, "abcd").b, []rec{good, good},
			[]string{"packet 2, byte 84: expected an interface description of at most 327680 bytes, found 1048596"}},
		{"captured longer than the block", patch(bad(), 16, 5), []rec{good, good},
			[]string{"packet 2, byte 84: expected a packet of 5 bytes, found 4 in its block"}},
		{"captured far longer", patch(bad(), 16, 0xffffffff), []rec{good, good},
			[]string{"packet 2, byte 84: expected a packet of 4294967295 bytes, found 4 in its block"}},
		{"interface that is not there", patch(bad(), 28, 7), []rec{good, good},
			[]string{"packet 2, byte 84: expected a packet of one of 1 interfaces, found interface 7"}},
		{"interface of the section before", one().section(little).packet(0, 1, "abcd").iface(1, 0).packet(0, 1, "abcd").b, []rec{good, good},
			[]string{"packet 2, byte 112: expected a packet of one of 0 interfaces, found interface 0"}},
		{"short packet block", one().block(blockEnhanced, make([]byte, 16)).block(blockObsolete, make([]byte, 16)).block(blockSimple, nil).packet(0, 1, "abcd").b,
			[]rec{good, good}, []string{
				"packet 2, byte 84: expected 20 bytes of an enhanced packet block, found 16",
				"packet 2, byte 112: expected 20 bytes of a packet block, found 16",
				"packet 2, byte 140: expected 4 bytes of a simple packet block, found 0"}},
		{"simple without an interface", (&ngBuilder{}).section(little).simple(4, "abcd").b, nil,
			[]string{"packet 1, byte 28: expected an interface description before a simple packet block"}},
		{"simple longer than its block", ng(little).simple(5, "abcd").packet(0, 1, "abcd").b, []rec{good},
			[]string{"packet 1, byte 48: expected a packet of 5 bytes, found 4 in its block"}},
		{"short interface", ng(little).block(blockInterface, make([]byte, 4)).packet(0, 1, "abcd").b, []rec{good},
			[]string{"packet 1, byte 48: expected 8 bytes of an interface description, found 4"}},
		{"option longer than its block", (&ngBuilder{}).section(little).iface(1, 0, []byte{2, 0, 99, 0, 'e', 't', 'h', '0'}).packet(0, 1, "abcd").b, []rec{good},
			[]string{"packet 1, byte 28: expected an option of 99 bytes, found 4"}},
		{"short section header", one().block(blockSection, little.AppendUint32(nil, byteOrderMagic)).packet(0, 1, "abcd").b, []rec{good, good},
			[]string{"packet 2, byte 84: expected 16 bytes of a section header, found 4"}},
		{"section without byte order", one().block(blockSection, make([]byte, 16)).b, []rec{good},
			[]string{"packet 2, byte 84: expected a section header's byte-order magic 1a2b3c4d"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "capture", test.data)
			got, damage := readAll(t, Options{}, path)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("packets %v, want %v", got, test.want)
			}
			var want []string
			for _, says := range test.says {
				want = append(want, path+": damaged at "+says)
			}
			if !reflect.DeepEqual(damage, want) {
				t.Errorf("damage %q\nwant   %q", damage, want)
			}
		})
	}
}

func TestPcapngInterfaces(t *testing.T) {
	n := (&ngBuilder{}).section(little)
	n.iface(1, 96, n.option(optName, []byte("eth0")), n.option(optDescription, []byte("uplink")), n.option(optResolution, []byte{9}),
		n.option(optFCSLen, []byte{4}), n.option(0, nil), n.option(optName, []byte("after the end")))
	n.iface(127, 0, n.option(optName, bytes.Repeat([]byte("x"), 5000)), n.option(optResolution, []byte{0x94}))
	r, err := Open([]string{write(t, "capture", n.block(5, nil).b)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	drain(t, r)
	got := r.Files()[0]
	want := File{
		Path: got.Path, Name: "capture", Container: "pcapng", Size: got.Size, Read: got.Size, SnapLen: 96, Skipped: 1, InterfaceCount: 2,
		Interfaces: []Interface{
			{Name: "eth0", Description: "uplink", Link: 1, SnapLen: 96, Resolution: "10^-9 s", FCSLen: 4},
			{Name: strings.Repeat("x", maxName), Link: 127, Resolution: "2^-20 s", FCSLen: -1},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("file %+v\nwant %+v", got, want)
	}
}

// TestManyDamages counts all damages and lists the first.
func TestManyDamages(t *testing.T) {
	n := ng(little)
	for range 100 {
		n.packet(9, 1, "abcd")
	}
	r, err := Open([]string{write(t, "capture", n.packet(0, 1, "abcd").b)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := len(drain(t, r)); got != 1 {
		t.Errorf("%d packets", got)
	}
	if got := r.Files()[0].Damaged; got != 100 || len(r.Damage()) != maxListed {
		t.Errorf("%d damages, %d listed", got, len(r.Damage()))
	}
}
