package pcapio

import (
	"io"
	"sync/atomic"
	"time"
)

// A pump reads ahead in a goroutine of its own, so that a reader that waits
// can be interrupted and decompression has a processor to itself. The blocks
// go round between the two; none is copied.
const (
	// headroom is the room in front of a block's data for the beginning of a
	// record that ends in it: a full-size packet and its headers.
	headroom  = 72 << 10
	blockSize = 256 << 10
	blocks    = 3
	// lastWords is how long an interrupted stream may still deliver: a
	// tcpdump that got the same signal writes out its buffer before it ends.
	lastWords = 300 * time.Millisecond
)

type filled struct {
	buf []byte
	n   int
	err error
}

type pump struct {
	full chan filled
	free chan []byte
	quit chan struct{}
	// drop tells the goroutine that nobody wants the data any more.
	drop atomic.Bool
}

// startPump starts to read src. At the end of src, or when the data is no
// longer wanted, it calls finish before it hands over the last block.
func startPump(src io.Reader, finish func()) *pump {
	p := &pump{full: make(chan filled, blocks), free: make(chan []byte, blocks), quit: make(chan struct{})}
	for range blocks {
		p.free <- nil
	}
	go p.run(src, finish)
	return p
}

func (p *pump) run(src io.Reader, finish func()) {
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		case <-p.quit:
			return
		}
		if buf == nil {
			buf = make([]byte, headroom+blockSize)
		}
		n, err := 0, io.EOF
		if !p.drop.Load() {
			n, err = src.Read(buf[headroom:])
		}
		if err != nil {
			finish()
		}
		select {
		case p.full <- filled{buf, n, err}:
		case <-p.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// next waits for the next block.
func (p *pump) next(w *waiting) (filled, error) {
	if w.stopped() {
		return p.last(w)
	}
	select {
	case f := <-p.full:
		return f, nil
	default:
	}
	var tick <-chan time.Time
	if w.idle > 0 {
		if w.timer == nil {
			w.timer = time.NewTimer(w.idle)
		} else {
			w.timer.Reset(w.idle)
		}
		defer w.timer.Stop()
		tick = w.timer.C
	}
	select {
	case f := <-p.full:
		return f, nil
	case <-tick:
		return filled{}, ErrIdle
	case <-w.done:
	case <-w.stop:
	}
	return p.last(w)
}

// last waits for what an interrupted stream still has to say; a file is left
// at once.
func (p *pump) last(w *waiting) (filled, error) {
	if w.grace.IsZero() {
		w.grace = time.Now()
		if w.stream {
			w.grace = w.grace.Add(lastWords)
		}
	}
	if !time.Now().Before(w.grace) {
		return filled{}, ErrInterrupted
	}
	left := time.NewTimer(time.Until(w.grace))
	defer left.Stop()
	select {
	case f := <-p.full:
		return f, nil
	case <-left.C:
		return filled{}, ErrInterrupted
	}
}

// release gives a block back.
func (p *pump) release(buf []byte) {
	if buf != nil {
		p.free <- buf
	}
}

// drain throws away what is still to come and returns when the goroutine has
// seen the end of its source.
func (p *pump) drain(w *waiting) error {
	p.drop.Store(true)
	for {
		f, err := p.next(w)
		if err == ErrIdle {
			continue
		}
		if err != nil {
			return err
		}
		p.release(f.buf)
		if f.err != nil {
			return nil
		}
	}
}

// stop ends the goroutine, at the latest when its read returns.
func (p *pump) stop() { close(p.quit) }
