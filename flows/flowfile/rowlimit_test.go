package flowfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"servmap/flows"
)

const csvHead = "src_ip,dst_ip,bidirectional_bytes,application_name\n"

const csvRow = "10.0.0.1,192.0.2.1,99,TLS\n"

// endless gives its beginning and then the same text again and again, size bytes
// in all.
func endless(begin, text string, size int64) io.Reader {
	return io.LimitReader(io.MultiReader(strings.NewReader(begin), &repeat{text: text}), size)
}

type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.at = (r.at + k) % len(r.text)
	}
	return len(p), nil
}

// TestRowsTakeNoMemory refuses a row of any length, by its line, before it is in memory; the
// rows before it count.
func TestRowsTakeNoMemory(t *testing.T) {
	const huge = 300 << 20
	for _, tt := range []struct {
		name, begin, text string
		line, rows        int
	}{
		{"commas", csvHead + csvRow, ",", 3, 1},
		{"commas in the header", "src_ip,", ",", 1, 0},
		{"one quoted field", csvHead + csvRow + csvRow + `"`, "x", 4, 2},
		{"a quoted field of many lines", csvHead + csvRow + `10.0.0.1,"`, "x\n", 3, 1},
		{"a quoted field of quotes", csvHead + csvRow + `"`, `""`, 3, 1},
		{"one bare field", csvHead + csvRow, "x", 3, 1},
		{"carriage returns", csvHead + csvRow, "\r", 3, 1},
		{"zero bytes", csvHead + csvRow, "\x00", 3, 1},
		{"many short fields in quotes", csvHead + csvRow, `"",`, 3, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := 0
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := NFStream.Read("f.csv", endless(tt.begin, tt.text, huge), func(*flows.Flow) error { rows++; return nil })
			runtime.ReadMemStats(&after)
			want := fmt.Sprintf("f.csv:%d: the row is longer than 262144 bytes", tt.line)
			var row *RowError
			if !errors.As(err, &row) || err.Error() != want || rows != tt.rows {
				t.Errorf("%.200v after %d rows, want %s after %d", err, rows, want, tt.rows)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
				t.Errorf("%d bytes allocated", took)
			}
		})
	}
}

// TestLongestRow reads a row of just the length that is allowed, whatever the size of reads.
func TestLongestRow(t *testing.T) {
	pad := maxRow - len(csvRow) - len(`,""`)
	row := strings.TrimSuffix(csvRow, "\n") + `,"` + strings.Repeat("\n", pad) + "\"\n"
	for _, extra := range []string{"", " "} {
		text := strings.TrimSuffix(csvHead, "\n") + ",x\n" + row + strings.Replace(row, "TLS", "TLS"+extra, 1)
		for name, r := range map[string]io.Reader{
			"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
			"in halves": iotest.HalfReader(bufio.NewReaderSize(strings.NewReader(text), 1<<16)),
		} {
			rows := 0
			err := NFStream.Read("f.csv", r, func(*flows.Flow) error { rows++; return nil })
			if extra == "" && (err != nil || rows != 2) || extra != "" && (err == nil || rows != 1) {
				t.Errorf("%s, %q too much: %d rows, %v", name, extra, rows, err)
			}
		}
	}
}

// TestLongCells tells long cells in one short line.
func TestLongCells(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, tt := range []struct{ name, row, want string }{
		{"an address", long + ",192.0.2.1,99,TLS\n", `f.csv:2: src_ip is "` + long[:64] + `"...: no IP address`},
		{"an application", "10.0.0.1,192.0.2.1,99," + long + "\n", `f.csv:2: application_name is "` + long[:64] + `"...: longer than 256 bytes`},
	} {
		if _, err := rowsOf(csvHead + tt.row); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %.300v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// TestRowsGrowth counts what reading n rows and 2n allocates, of ordinary rows and of
// those that cost most.
func TestRowsGrowth(t *testing.T) {
	wide := strings.TrimSuffix(csvHead, "\n") + strings.Repeat(",", 1000) + "\n"
	for _, tt := range []struct{ name, head, row string }{
		{"rows", csvHead, csvRow},
		{"names that differ", csvHead, "10.0.0.1,192.0.2.1,99,A%d\n"},
		{"wide rows", wide, strings.TrimSuffix(csvRow, "\n") + strings.Repeat(",", 1000) + "\n"},
		{"lines within quotes", strings.TrimSuffix(csvHead, "\n") + ",x\n", strings.TrimSuffix(csvRow, "\n") + ",\"" + strings.Repeat("\n", 500) + "\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			work := func(n int) uint64 {
				text := bytes.NewBufferString(tt.head)
				for i := range n {
					if strings.Contains(tt.row, "%d") {
						fmt.Fprintf(text, tt.row, i)
					} else {
						text.WriteString(tt.row)
					}
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				rows := 0
				if err := NFStream.Read("f.csv", text, func(*flows.Flow) error { rows++; return nil }); err != nil || rows != n {
					t.Fatalf("%d rows of %d, %v", rows, n, err)
				}
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			if one, two := work(1000), work(2000); float64(two) > 2.6*float64(one) {
				t.Errorf("%d bytes for n rows, %d for 2n", one, two)
			}
		})
	}
}
