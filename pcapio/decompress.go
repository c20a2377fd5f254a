package pcapio

import (
	"bufio"
	"io"
)

// Decompress returns a reader of what r holds: decompressed where it begins as one
// of the compressions does that captures may have, else as it is. Limit and Ratio of the
// options bound what comes out. An error of the compression is one line.
func Decompress(r io.Reader, opt Options) io.Reader {
	raw := &rawReader{src: r}
	br := bufio.NewReaderSize(raw, mostSkipped)
	c := codecAt(func(b []byte, offset int64) int {
		if offset >= int64(br.Size()) {
			return 0
		}
		head, _ := br.Peek(min(int(offset)+len(b), br.Size()))
		return copy(b, head[min(int(offset), len(head)):])
	})
	if c == nil {
		return br
	}
	return &expander{codec: c, in: raw, br: br, limit: opt.limit(), ratio: opt.ratio()}
}
