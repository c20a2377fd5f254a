package classify

import (
	"bytes"
	"testing"
)

// TestText puts every byte at every place of texts around the length of a word, which is eight bytes.
func TestText(t *testing.T) {
	for size := 1; size <= 17; size++ {
		for at := range size {
			for c := range 256 {
				b := bytes.Repeat([]byte("~"), size)
				b[at] = byte(c)
				printable := c >= ' ' && c <= '~'
				text := printable || c == '\t' || c == '\n' || c == '\r' || c >= 0x80
				if IsText(b) != text || IsPrintable(b) != printable {
					t.Fatalf("byte %#x at %d of %d: text %t, printable %t; want %t, %t", c, at, size, IsText(b), IsPrintable(b), text, printable)
				}
			}
		}
	}
}
