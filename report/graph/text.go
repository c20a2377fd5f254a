package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"servmap/flows/safetext"
)

// Widths of characters in thousandths of the font's size, as wide fonts have them: a text is at most as wide as is
// reckoned here. What is not ASCII is fitted into its box by textLength.
const (
	narrowChar = 400
	middleChar = 520
	digitChar  = 640
	wideChar   = 1000
	capital    = 740
	otherChar  = 640
	notASCII   = 1000
)

func charWidth(r rune) float64 {
	switch {
	case r >= utf8.RuneSelf:
		return notASCII
	case strings.ContainsRune("iljI.,:;'|! ", r):
		return narrowChar
	case strings.ContainsRune("ftr()[]/-\"", r):
		return middleChar
	case strings.ContainsRune("mwMW@%", r):
		return wideChar
	case r >= 'A' && r <= 'Z':
		return capital
	case r >= '0' && r <= '9':
		return digitChar
	}
	return otherChar
}

// boldFactor is how much wider bold characters are.
const boldFactor = 1.14

// textWidth is how wide a text is at most.
func textWidth(s string, size float64, bold bool) float64 {
	w := 0.0
	for _, r := range s {
		switch r {
		case '…', '·', '–', '×', '→', '≈':
			w += wideChar
		default:
			w += charWidth(r)
		}
	}
	if w *= size / 1000; bold {
		w *= boldFactor
	}
	return w
}

// fitted shortens a text in its middle so that it is at most so wide.
func fitted(s string, size, width float64, bold bool) string {
	if textWidth(s, size, bold) <= width {
		return s
	}
	runes := []rune(s)
	if len(runes) > 400 { // no label is that long
		runes = slices.Concat(runes[:200], runes[len(runes)-200:])
	}
	for n := len(runes) - 1; n > 2; n-- {
		head := (n + 1) / 2
		short := string(runes[:head]) + "…" + string(runes[len(runes)-(n-head):])
		if textWidth(short, size, bold) <= width {
			return short
		}
	}
	return "…"
}

// bytesText rounds a number of bytes as people read it.
func bytesText(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.size {
			v := float64(n) / float64(u.size)
			if v < 9.95 {
				return strconv.FormatFloat(v, 'f', 1, 64) + " " + u.name
			}
			return strconv.FormatFloat(v, 'f', 0, 64) + " " + u.name
		}
	}
	return strconv.FormatUint(n, 10) + " B"
}

// size is the bytes of a line for its label; nothing where none were counted.
func (l *Line) size() string {
	switch {
	case l.Bytes == 0:
		return ""
	case l.About:
		return "≈ " + bytesText(l.Bytes)
	}
	return bytesText(l.Bytes)
}

// word is what people call a host that is no address.
var words = map[string]string{
	"remote": "outside", "multicast": "multicast groups", "broadcast": "all hosts", "attempts local": "tried, inside",
	"attempts remote": "tried, outside", "attempts group": "tried, groups",
}

// Label is what a host is called.
func (h *Host) Label() string {
	if h.Name != "" {
		return safetext.String(h.Name)
	}
	key := safetext.String(h.Key.String())
	if w := words[key]; w != "" {
		return w
	}
	return key
}

// sub is the second line of a host's label: its address where it has a name, its roles, its vendor.
func (h *Host) sub() string { return strings.Join(h.subParts(), " · ") }

func (h *Host) subParts() []string {
	if n := len(h.Members); n > 1 {
		if role := h.role(); role == roleClients || role == roleServers {
			return []string{fmt.Sprintf("%d %s", n, role)}
		}
		return []string{fmt.Sprintf("%d × %s", n, h.role())}
	}
	var parts []string
	if h.Name != "" && h.Key.IsAddress() {
		parts = append(parts, h.Key.String())
	}
	parts = append(parts, h.Roles...)
	if h.Vendor != "" && len(parts) < 2 {
		parts = append(parts, safetext.String(h.Vendor))
	}
	return parts
}

// fittedParts joins parts as far as they fit; the first is shortened where it is too long by itself.
func fittedParts(parts []string, size, width float64) string {
	for n := len(parts); n > 1; n-- {
		if s := strings.Join(parts[:n], " · "); textWidth(s, size, false) <= width {
			return s
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fitted(parts[0], size, width, false)
}

// serviceWords puts services together by protocol: "TLS (NetFlix, Spotify)", "DNS", "tcp/7788".
func serviceWords(services []Service) []string {
	var order []string
	apps := map[string][]string{}
	plain := map[string]bool{}
	for i := range services {
		name := safetext.String(unprefixed(services[i].Name))
		protocol, app, found := strings.Cut(name, ".")
		if _, ok := apps[protocol]; !ok {
			order = append(order, protocol)
			apps[protocol] = nil
		}
		if found {
			apps[protocol] = append(apps[protocol], app)
		} else {
			plain[protocol] = true
		}
	}
	out := make([]string, 0, len(order))
	for _, p := range order {
		a := apps[p]
		if plain[p] {
			out = append(out, p)
		}
		switch len(a) {
		case 0:
		case 1:
			out = append(out, p+"."+a[0])
		default:
			out = append(out, p+" ("+strings.Join(a, ", ")+")")
		}
	}
	return out
}

// mostNamed is how many services of a line a label may name; the others are counted.
const mostNamed = 40

// labelOf breaks the services of a line into at most so many lines of a width; what does not fit is counted.
func labelOf(services []Service, size, width float64, most int) []string {
	named := services[:min(len(services), mostNamed)]
	return wrapped(serviceWords(named), len(services)-len(named), size, width, most)
}

// wrapped breaks a list of words into at most so many lines of a width. What does not fit is counted; left are not in the
// list.
func wrapped(list []string, left int, size, width float64, most int) []string {
	text := strings.Join(list, ", ")
	var lines []string
	for text != "" {
		if left == 0 && textWidth(text, size, false) <= width {
			return append(lines, text)
		}
		if len(lines) == most-1 {
			return append(lines, cutList(text, left, size, width))
		}
		at := breakAt(text, size, width)
		lines = append(lines, strings.TrimRight(text[:at], " "))
		text = strings.TrimLeft(text[at:], " ")
	}
	return lines
}

// breakAt is where a text is broken: behind the last blank that fits, or in a word that is too long.
func breakAt(text string, size, width float64) int {
	w, at := 0.0, 0
	for i, r := range text {
		if w += textWidth(string(r), size, false); w > width {
			if at == 0 {
				return max(i, utf8.RuneLen(r))
			}
			return at
		}
		if r == ' ' {
			at = i + 1
		}
	}
	return len(text)
}

// cutList ends a list where it must be cut, with the number of what is left out: left more than it has.
func cutList(text string, left int, size, width float64) string {
	parts := strings.Split(text, ", ")
	if len(parts) > mostNamed {
		left += len(parts) - mostNamed
		parts = parts[:mostNamed]
	}
	most := len(parts)
	if left == 0 {
		most--
	}
	for n := most; n > 0; n-- {
		head := strings.Join(parts[:n], ", ")
		if strings.Count(head, "(") > strings.Count(head, ")") {
			head += ", …)"
		}
		s := fmt.Sprintf("%s +%d", head, len(parts)-n+left)
		if textWidth(s, size, false) <= width {
			return s
		}
	}
	tail := ""
	if len(parts) > 1 || left > 0 {
		tail = fmt.Sprintf(" +%d", len(parts)-1+left)
	}
	return fitted(parts[0], size, width-textWidth(tail, size, false), false) + tail
}
