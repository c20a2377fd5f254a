package xz

const (
	pageBits = 16
	pageSize = 1 << pageBits
)

// window is the dictionary: the bytes decoded last. It takes memory as it is
// filled, a page at a time, and not as its size is claimed; the pages serve
// one block after the other.
type window struct {
	pages [][]byte
	// size is the claimed size in bytes, most the number of pages of it.
	size uint32
	most int
	// total counts the bytes since the dictionary was reset.
	total uint64
	// page and off are where the next byte goes.
	page, off int
}

// begin empties the window and sets its size.
func (w *window) begin(size uint32) {
	w.size = size
	w.most = int((uint64(size) + pageSize - 1) / pageSize)
	w.reset()
}

// reset forgets all bytes.
func (w *window) reset() {
	w.total, w.page, w.off = 0, 0, 0
	if len(w.pages) == 0 {
		w.pages = append(w.pages, make([]byte, pageSize))
	}
}

// turn goes over to the next page.
func (w *window) turn() {
	w.off = 0
	w.page++
	switch {
	case w.page == w.most:
		w.page = 0
	case w.page == len(w.pages):
		w.pages = append(w.pages, make([]byte, pageSize))
	}
}

func (w *window) put(b byte) {
	w.pages[w.page][w.off] = b
	w.off++
	w.total++
	if w.off == pageSize {
		w.turn()
	}
}

// write puts bytes into the window.
func (w *window) write(b []byte) {
	w.total += uint64(len(b))
	for len(b) > 0 {
		k := copy(w.pages[w.page][w.off:], b)
		b = b[k:]
		if w.off += k; w.off == pageSize {
			w.turn()
		}
	}
}

// back returns where the byte is that stands distance+1 before the next.
func (w *window) back(distance uint32) (page, off int) {
	at := w.page<<pageBits + w.off - int(distance) - 1
	if at < 0 {
		at += w.most << pageBits
	}
	return at >> pageBits, at & (pageSize - 1)
}

// has reports whether there is such a byte.
func (w *window) has(distance uint32) bool {
	return uint64(distance) < w.total && distance < w.size
}

// at returns the byte that stands distance+1 before the next, 0 where there is
// none.
func (w *window) at(distance uint32) byte {
	if !w.has(distance) {
		return 0
	}
	page, off := w.back(distance)
	return w.pages[page][off]
}

// copy puts again n bytes that begin distance+1 before the next. It reports
// whether there are any.
func (w *window) copy(distance uint32, n int) bool {
	if !w.has(distance) {
		return false
	}
	w.total += uint64(n)
	page, off := w.back(distance)
	for n > 0 {
		from, to := w.pages[page][off:], w.pages[w.page][w.off:]
		k := min(n, len(from), len(to))
		if page == w.page && off < w.off && off+k > w.off {
			// What is copied comes about while it is copied.
			for i := range k {
				to[i] = from[i]
			}
		} else {
			copy(to[:k], from[:k])
		}
		n -= k
		if off += k; off == pageSize {
			off = 0
			if page++; page == w.most {
				page = 0
			}
		}
		if w.off += k; w.off == pageSize {
			w.turn()
		}
	}
	return true
}

// last copies the bytes put last to b, which is at most a page long.
func (w *window) last(b []byte) {
	if len(b) == 0 {
		return
	}
	page, off := w.back(uint32(len(b) - 1))
	k := copy(b, w.pages[page][off:])
	if k < len(b) {
		if page++; page == w.most {
			page = 0
		}
		copy(b[k:], w.pages[page])
	}
}
