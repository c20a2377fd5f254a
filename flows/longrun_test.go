package flows

import (
	"context"
	"encoding/binary"
	"io"
	"testing"

	"servmap/pcapio"
)

// hours is a source of connections that come for hours. Each is opened, used, and closed, reset or
// left alone, from an address that does not come again. look is called each hour.
type hours struct {
	packets [][]byte
	n, most int
	rate    int // packets a second
	look    func()
}

func (h *hours) Next(p *pcapio.Packet) error {
	if h.n > 0 && h.n%(3600*h.rate) == 0 {
		h.look()
	}
	if h.n == h.most {
		return io.EOF
	}
	conversation, step := h.n/4, h.n%4
	data := h.packets[conversation%3*4+step]
	from := []int{12, 16}[step%2]
	binary.BigEndian.PutUint32(data[from:], 10<<24|uint32(conversation)&0xffffff)
	h.n++
	*p = pcapio.Packet{Time: 1e18 + int64(h.n)*second/int64(h.rate), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw}
	return nil
}

// TestHoursDoNotGrow runs six hours of short connections. The last hour takes no more work, memory
// or entries of any table than the second, but for a quarter that chance may add.
func TestHoursDoNotGrow(t *testing.T) {
	h := &hours{rate: 20}
	for _, last := range []string{"FA", "R", "A"} {
		for step, flags := range []string{"S", "SA", "A", last} {
			ends := []string{there, back}[step%2]
			h.packets = append(h.packets, packetOf(t, ends, flags, uint32(step), []string{"", "", "HELLO", ""}[step]))
		}
	}
	h.most = 6*3600*h.rate + 1
	opt := defaults()
	e := testEngine(t)
	in := newCapture(&opt, e, newMerger(e, func(*Flow) error { return nil }))
	s := in.router.(*serial).shard
	type state struct{ work, heap, records, index, recent, undecided, extras, left int }
	var last state
	var each []state // what came in each hour, or was there at its end
	h.look = func() {
		now := state{work: s.totalWork(), heap: int(heap()), extras: s.memory.Extras(), left: len(s.left)}
		for _, p := range s.parts {
			if p != nil {
				size := p.table.Size()
				now.records += size.Records + size.Compacts
				now.index += size.IndexWords
				now.recent += len(p.recent.byKey)
				now.undecided += len(p.undecided)
			}
		}
		hour := now
		hour.work -= last.work
		each = append(each, hour)
		last = now
	}
	if _, err := in.run(context.Background(), h, in.merge()); err != nil {
		t.Fatal(err)
	}
	if len(each) != 6 {
		t.Fatalf("%d hours, want 6", len(each))
	}
	second, sixth := each[1], each[5]
	t.Logf("second hour %+v, sixth %+v", second, sixth)
	for _, c := range []struct {
		name         string
		second, last int
	}{
		{"work", second.work, sixth.work},
		{"heap", second.heap, sixth.heap},
		{"records", second.records, sixth.records},
		{"index", second.index, sixth.index},
		{"recent", second.recent, sixth.recent},
		{"undecided", second.undecided, sixth.undecided},
		{"extras", second.extras, sixth.extras},
		{"left", second.left, sixth.left},
	} {
		if float64(c.last) > 1.25*float64(c.second) {
			t.Errorf("%s: %d in the second hour, %d in the sixth", c.name, c.second, c.last)
		}
	}
}
