package pcapio

import (
	"bytes"
	"errors"
	"io"
	"math"
	bignum "math/big"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// fuzzDoor feeds data and asks: no panic; the same twice, also with the pump
// between; and what comes before a cut is the same without what comes behind.
func fuzzDoor(t *testing.T, data []byte, cut uint16) {
	path := filepath.Join(t.TempDir(), "capture")
	read := func(data []byte, opt Options) ([]rec, []string) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open([]string{path}, opt)
		if err != nil {
			var in *InputError
			if !errors.As(err, &in) {
				t.Fatalf("Open: %v", err)
			}
			return nil, []string{err.Error()}
		}
		defer r.Close()
		all := drain(t, r)
		f := r.Files()[0]
		if f.Packets != uint64(len(all)) || (f.Damaged == 0) != (r.Damage() == nil) {
			t.Fatalf("%d packets, file %+v", len(all), f)
		}
		return all, damages(r)
	}
	limit := Options{Limit: 1 << 20}
	first, damage := read(data, limit)
	limit.Hash = true
	again, damageAgain := read(data, limit)
	if !reflect.DeepEqual(first, again) || !reflect.DeepEqual(damage, damageAgain) {
		t.Fatalf("%d packets, damage %q; then %d packets, damage %q", len(first), damage, len(again), damageAgain)
	}
	steps := []byte{byte(cut), byte(cut >> 8), byte(len(data))}
	if streamed, damageStreamed, err := readStream(t, path, &pieces{data, steps, 0}, limit); err == nil &&
		(!reflect.DeepEqual(first, streamed) || !reflect.DeepEqual(damage, damageStreamed)) {
		t.Fatalf("%d packets, damage %q; in pieces %d packets, damage %q", len(first), damage, len(streamed), damageStreamed)
	} else if err != nil && first != nil {
		t.Fatalf("%d packets; in pieces %v", len(first), err)
	}
	before, _ := read(data[:min(len(data), int(cut))], limit)
	if len(before) > len(first) || len(before) > 0 && !reflect.DeepEqual(before, first[:len(before)]) {
		t.Fatalf("cut at %d: %v, whole %v", cut, before, first)
	}
	size := 0
	for _, p := range first {
		size += len(p.Data)
		if p.OrigLen < len(p.Data) {
			t.Fatalf("%d bytes captured of %d", len(p.Data), p.OrigLen)
		}
	}
	if codecOf(data[:min(len(data), 6)]) == nil && size > len(data) {
		t.Fatalf("%d bytes of packets in %d bytes", size, len(data))
	}
}

// readStream reads what a pipe gives, in the pieces in which it gives it.
func readStream(t *testing.T, path string, src io.Reader, opt Options) ([]rec, []string, error) {
	r := &Reader{opt: opt, stop: make(chan struct{})}
	in := &input{r: r, stream: true, file: newFile(path, nil)}
	in.raw.src = src
	in.win.wait.stream = true
	r.inputs = []*input{in}
	defer r.Close()
	if err := in.openStream(); err != nil {
		return nil, nil, err
	}
	if err := in.start(); err != nil {
		return nil, nil, err
	}
	all := drain(t, r)
	return all, damages(r), nil
}

// FuzzNumbers writes times, lengths, resolutions and offsets of any size into records of all
// kinds, and compares the times with those of numbers without bounds.
func FuzzNumbers(f *testing.F) {
	for _, v := range []uint32{0, 1, 4, 5, 1 << 18, 1<<18 + 1, 1 << 26, 1<<26 + 1, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		f.Add(v, v, v, v, uint64(v)<<32|uint64(v), int64(v)<<32, byte(v), v)
		f.Add(v, ^v, uint32(4), v, ^uint64(v), -int64(v), byte(0x80|v), ^v)
	}
	f.Fuzz(func(t *testing.T, sec, frac, captured, original uint32, units uint64, offset int64, resolution byte, snapLen uint32) {
		for _, magic := range []uint32{magicMicro, magicNano, magicModified} {
			scale := int64(1000)
			if magic == magicNano {
				scale = 1
			}
			p := newPcap(big, magic, 2, 4, snapLen, 1).record(sec, frac, captured, original, "abcd")
			for _, got := range readBytes(t, p.b)[:min(1, len(readBytes(t, p.b)))] {
				if want := int64(sec)*1e9 + int64(frac)*scale; got.Time != want || got.OrigLen != int(max(captured, original)) {
					t.Fatalf("%+v, time %d", got, want)
				}
			}
		}
		n := (&ngBuilder{}).section(big)
		n.iface(1, snapLen, n.option(optResolution, []byte{resolution}), n.option(optOffset, big.AppendUint64(nil, uint64(offset))))
		n.enhanced(0, units, captured, original, "abcd").obsolete(0, units, original, "abcd").simple(original, "abcd")
		for _, got := range readBytes(t, n.b) {
			if got.Time != exactTime(units, resolution, offset) || got.OrigLen < len(got.Data) {
				t.Fatalf("%+v, time %d", got, exactTime(units, resolution, offset))
			}
		}
	})
}

func readBytes(t *testing.T, data []byte) []rec {
	all, _, err := readStream(t, "capture", bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// exactTime computes a packet's time as clock does, in numbers of any size: units first, then
// the offset, each held within 64 bits.
func exactTime(units uint64, resolution byte, offset int64) int64 {
	ns := new(number).SetUint64(units)
	ns.Mul(ns, new(number).SetUint64(1e9))
	n := int64(resolution & 0x7f)
	per := new(number).Exp(new(number).SetInt64(10), new(number).SetInt64(n), nil)
	if resolution&0x80 != 0 {
		per.Lsh(new(number).SetInt64(1), uint(n))
	}
	ns = within(ns.Quo(ns, per))
	return within(ns.Add(ns, new(number).Mul(new(number).SetInt64(offset), new(number).SetInt64(1e9)))).Int64()
}

type number = bignum.Int

func within(v *number) *number {
	most, least := new(number).SetInt64(math.MaxInt64), new(number).SetInt64(math.MinInt64)
	if v.Cmp(most) > 0 {
		return most
	}
	if v.Cmp(least) < 0 {
		return least
	}
	return v
}

func FuzzPcap(f *testing.F) {
	for _, o := range []order{little, big} {
		for _, magic := range []uint32{magicMicro, magicNano, magicModified} {
			f.Add(newPcap(o, magic, 2, 4, 0, 1).packet(1, 2, "abcd").record(3, 4, 2, 9, "ef").b, uint16(47))
		}
	}
	f.Add(newPcap(little, magicMicro, 2, 3, 1<<20, 276).packet(1, 2, "abcd").b, uint16(30))
	f.Fuzz(fuzzDoor)
}

func FuzzPcapng(f *testing.F) {
	for _, o := range []order{little, big} {
		n := (&ngBuilder{}).section(o)
		n.iface(1, 0, n.option(optResolution, []byte{0x8a}), n.option(optOffset, make([]byte, 8))).packet(0, 1, "abcd").
			simple(4, "abcd").obsolete(0, 5, 9, "abcd").block(5, make([]byte, 8)).section(big).iface(101, 2).simple(4, "ab")
		f.Add(n.b, uint16(100))
	}
	f.Fuzz(fuzzDoor)
}

func FuzzCompressed(f *testing.F) {
	data, _ := tiny()
	for _, name := range codecNames {
		f.Add(pack(f, name, data), uint16(60))
	}
	f.Fuzz(fuzzDoor)
}

// keptBytes are bytes of a block that is held, and what they must be.
type keptBytes struct {
	block     *Block
	got, want []byte
}

func (k *keptBytes) giveBack(t *testing.T) {
	if !bytes.Equal(k.got, k.want) {
		t.Error("bytes of a block that was held have changed")
	}
	k.block.Release()
}

// FuzzWindow reads a stream in pieces of any size through both kinds of window
// and gets what went in.
func FuzzWindow(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 0, 255, 255, 7}, uint32(300_000))
	f.Add([]byte{255, 255, 254}, uint32(1_000_000))
	f.Fuzz(func(t *testing.T, steps []byte, length uint32) {
		data := make([]byte, length%(1<<20))
		for i := range data {
			data[i] = byte(i ^ i>>8 ^ i>>16)
		}
		pumped := window{pump: startPump(&pieces{data, steps, 0}, func() {})}
		defer pumped.pump.stop()
		var plain window
		plain.direct(&pieces{data, steps, 0}, 64)
		var kept []keptBytes
		defer func() {
			for _, k := range kept {
				k.giveBack(t)
			}
		}()
		for name, w := range map[string]*window{"pumped": &pumped, "plain": &plain} {
			at := 0
			for i := 0; len(steps) > 0 && i < 10_000; i++ {
				n := int(steps[i%len(steps)]) * int(steps[i%len(steps)]) * 3
				if n == 0 {
					n = 1
				}
				err := w.want(n)
				if (err == nil) != (at+n <= len(data)) || err != nil && err != io.EOF {
					t.Fatalf("%s: want(%d) at %d of %d: %v", name, n, at, len(data), err)
				}
				if w.offset() != int64(at) {
					t.Fatalf("%s: offset %d, want %d", name, w.offset(), at)
				}
				if err != nil {
					n = len(data) - at
				}
				if !bytes.Equal(w.buf[w.r:w.r+n], data[at:at+n]) {
					t.Fatalf("%s: wrong bytes at %d", name, at)
				}
				if err != nil {
					break
				}
				if w.own != nil && i%3 == 0 {
					w.own.Hold()
					kept = append(kept, keptBytes{w.own, w.buf[w.r : w.r+n], data[at : at+n]})
				}
				if len(kept) > 4 {
					kept[0].giveBack(t)
					kept = kept[1:]
				}
				// Some of what was wanted is left, so that long rests come about.
				if i%2 == 1 {
					n /= 3
				}
				w.r += n
				at += n
			}
		}
	})
}

// pieces is a reader that gives as much as its steps say.
type pieces struct {
	data  []byte
	steps []byte
	i     int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := 1
	if len(p.steps) > 0 {
		p.i++
		n += int(p.steps[(p.i*7)%len(p.steps)]) * 100
	}
	n = copy(b[:min(n, len(b))], p.data)
	p.data = p.data[n:]
	return n, nil
}

// TestWindowShrinks goes back to blocks of the usual size, which are used again, once a long
// record is past.
func TestWindowShrinks(t *testing.T) {
	var w window
	w.direct(bytes.NewReader(make([]byte, 3*directSize)), directSize)
	if err := w.want(directSize + 1); err != nil || len(w.buf) <= directSize {
		t.Fatalf("a block of %d bytes for a record of %d: %v", len(w.buf), directSize+1, err)
	}
	w.own.Hold()
	w.r = w.w - 10
	if err := w.want(100); err != nil || len(w.buf) != directSize {
		t.Errorf("then a block of %d bytes, want %d: %v", len(w.buf), directSize, err)
	}
}
