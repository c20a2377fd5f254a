package rows

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Cells returns how many columns of a terminal a text takes: a Chinese character or an emoji takes two, a combining
// mark none. The text must be free of control characters.
func Cells(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return displaywidth.String(s)
		}
	}
	return len(s)
}

// ellipsis stands for what was left out of the middle.
const ellipsis = "…"

// Fit returns a text that takes at most so many columns: where it is wider, without its middle. Of an IPv6 address
// whole groups are left.
func Fit(s string, cells int) string {
	if Cells(s) <= cells {
		return s
	}
	if cells <= 1 {
		return ellipsis[:len(ellipsis)*max(cells, 0)]
	}
	if short, ok := fitAddress(s, cells); ok {
		return short
	}
	var parts []string
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		parts = append(parts, g.Value())
	}
	head, tail := 0, len(parts)
	room, before := cells-1, ""
	after := []string{}
	for room > 0 && head < tail { // in turns, the head first
		w := Cells(parts[head])
		if w > room {
			break
		}
		before, room, head = before+parts[head], room-w, head+1
		if w = Cells(parts[tail-1]); w > room || head == tail {
			break
		}
		after, room, tail = append(after, parts[tail-1]), room-w, tail-1
	}
	slices.Reverse(after)
	return before + ellipsis + strings.Join(after, "")
}

// fitAddress leaves the groups at both ends of an IPv6 address, perhaps in brackets and with a port: fd77:…:6666.
func fitAddress(s string, cells int) (string, bool) {
	address, end := s, len(s)
	if i := strings.LastIndexByte(s, ']'); strings.HasPrefix(s, "[") && i > 0 {
		address, end = s[1:i], i
	}
	if a, err := netip.ParseAddr(address); err != nil || !a.Is6() {
		return "", false
	}
	var heads, tails []int // where a head ends and a tail begins
	for i := range end {
		if s[i] == ':' {
			heads, tails = append(heads, i+1), append(tails, i)
		}
	}
	best := ""
	for _, h := range heads {
		for _, t := range tails {
			n := h + 1 + len(s) - t
			if t > h && n <= cells && (best == "" || n >= Cells(best)) {
				best = s[:h] + ellipsis + s[t:]
			}
		}
	}
	return best, best != ""
}

// Squeeze lowers widths until their sum is at most room: those above their floor first, the one that is farthest
// above it before the others, and then the widest. None gets below 1.
func Squeeze(widths, floors []int, room int) {
	sum := 0
	for _, w := range widths {
		sum += w
	}
	for ; sum > room; sum-- {
		most, at := 0, -1
		for i, w := range widths {
			if over := w - floors[i]; over > most && w > 1 {
				most, at = over, i
			}
		}
		if at < 0 {
			for i, w := range widths {
				if w > 1 && (at < 0 || w > widths[at]) {
					at = i
				}
			}
		}
		if at < 0 {
			return
		}
		widths[at]--
	}
}

// AppendWrapped appends a line, broken at blanks where it is wider than width columns; what follows is indented by so
// many columns. A word that is wider than a line is broken too. Width 0 is any width.
func AppendWrapped(dst []byte, line string, hang, width int) []byte {
	if hang >= width-10 {
		hang = 0
	}
	for width > 0 && Cells(line) > width {
		at := breakAt(line, hang, width)
		dst = append(append(dst, strings.TrimRight(line[:at], " ")...), '\n')
		line = strings.Repeat(" ", hang) + strings.TrimLeft(line[at:], " ")
	}
	return append(append(dst, line...), '\n')
}

// breakAt returns where a line is broken that is wider than width: at the last blank behind its indentation, or in the
// middle of a word.
func breakAt(line string, hang, width int) int {
	indented := len(line) - len(strings.TrimLeft(line, " "))
	blank, cells, at := -1, 0, 0
	for g := displaywidth.StringGraphemes(line); g.Next(); {
		if g.Value() == " " && at > max(indented, min(hang, width/2)) {
			blank = at
		}
		if cells += Cells(g.Value()); cells > width {
			break
		}
		at += len(g.Value())
	}
	if blank > 0 {
		return blank
	}
	return max(at, 1)
}

// Wrapper writes lines to a terminal, and breaks those that are wider. It needs the lines one by one: what comes after
// the last line feed waits for Flush.
type Wrapper struct {
	// Write writes text.
	To interface{ Write([]byte) (int, error) }
	// Width is how many columns there are, Hang how far further lines are indented.
	Width, Hang int

	rest []byte
	line []byte
}

// tabStop is how many columns a tab may take.
const tabStop = 8

// Write implements io.Writer.
func (w *Wrapper) Write(p []byte) (int, error) {
	n := len(p)
	for {
		at := slices.Index(p, '\n')
		if at < 0 {
			w.rest = append(w.rest, p...)
			return n, nil
		}
		w.rest = append(w.rest, p[:at]...)
		p = p[at+1:]
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
}

// flush writes the line at hand.
func (w *Wrapper) flush() error {
	text := strings.ReplaceAll(string(w.rest), "\t", strings.Repeat(" ", tabStop))
	w.rest = w.rest[:0]
	w.line = AppendWrapped(w.line[:0], text, w.Hang+len(text)-len(strings.TrimLeft(text, " ")), w.Width)
	_, err := w.To.Write(w.line)
	return err
}

// Flush writes what is left as a line.
func (w *Wrapper) Flush() error {
	if len(w.rest) == 0 {
		return nil
	}
	return w.flush()
}
