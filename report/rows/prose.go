package rows

import (
	"fmt"
	"strconv"
	"time"

	"servmap/flows/safetext"
)

// Plural is a number of things as prose has it: "1 flow", "3 flows".
func Plural(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Bytes rounds a number of bytes as people read it: "1.3 kB".
func Bytes(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.size {
			return strconv.FormatFloat(float64(n)/float64(u.size), 'f', 1, 64) + " " + u.name
		}
	}
	return strconv.FormatUint(n, 10) + " B"
}

// Span tells from when to when, in UTC, of two times as RFC 3339 has them; the day once where it is the same.
func Span(first, last string) string {
	a, err1 := time.Parse(time.RFC3339, first)
	b, err2 := time.Parse(time.RFC3339, last)
	if err1 != nil || err2 != nil {
		return safetext.String(first + " to " + last)
	}
	from := a.UTC().Format(time.DateTime)
	switch {
	case a.Truncate(time.Second).Equal(b.Truncate(time.Second)):
		return from
	case a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly):
		return from + " to " + b.UTC().Format(time.TimeOnly)
	}
	return from + " to " + b.UTC().Format(time.DateTime)
}
