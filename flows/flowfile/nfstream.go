package flowfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/safetext"
)

// neededColumns are the columns without which a CSV of flows is of no use.
var neededColumns = []string{"src_ip", "dst_ip", "bidirectional_bytes", "application_name"}

// NFStream is the CSV of flows that nfstream's to_csv and the command flows
// write: columns by name, in any order.
var NFStream = Format{Name: "nfstream CSV", Is: isNFStream, Read: readNFStream}

// isNFStream reports whether the first line names the columns src_ip and dst_ip.
func isNFStream(head []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte(byteOrderMark)), []byte{'\n'})
	columns := headerColumns(string(line))
	return slices.Contains(columns, "src_ip") && slices.Contains(columns, "dst_ip")
}

const byteOrderMark = "\xef\xbb\xbf"

func headerColumns(line string) []string {
	record, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil
	}
	return record
}

// readNFStream implements Format.Read. Columns that are missing stay zero, but
// for the few that the map needs. A row of more than maxRow bytes is a bad one.
func readNFStream(name string, r io.Reader, emit func(*flows.Flow) error) error {
	limit := newRowLimit(r)
	in := csv.NewReader(limit)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return rowError(name, 1, err, limit)
	}
	fields, err := bindFields(name, header)
	if err != nil {
		return err
	}
	apart := slices.ContainsFunc(fields, func(c boundField) bool { return c.name == "dst2src_packets" })
	var f flows.Flow
	line := 1
	for {
		record, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return rowError(name, line+1, err, limit)
		}
		line, _ = in.FieldPos(0)
		f = flows.Flow{}
		for _, field := range fields {
			if err := field.set(&f, record[field.at]); err != nil {
				return &RowError{File: name, Line: line, Reason: fmt.Sprintf("%s is %s: %v", field.name, quoteCell(record[field.at]), err)}
			}
		}
		complete(&f, apart)
		if err := emit(&f); err != nil {
			return err
		}
	}
}

// rowError says what encoding/csv, the limit or the system found; line is where
// that was about.
func rowError(name string, line int, err error, limit *rowLimit) error {
	if limit.exceeded {
		return limit.rowError(name)
	}
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		return &RowError{File: name, Line: parse.StartLine, Reason: parse.Err.Error()}
	case err == io.EOF:
		return &RowError{File: name, Line: line, Reason: "no header"}
	}
	return &RowError{File: name, Line: line, Reason: err.Error(), Err: err}
}

// boundField is a column that is there.
type boundField struct {
	name string
	at   int
	set  func(f *flows.Flow, cell string) error
}

func bindFields(file string, header []string) ([]boundField, error) {
	var out []boundField
	var missing []string
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], byteOrderMark)
	}
	for i := range readColumns {
		c := &readColumns[i]
		if at := slices.Index(header, c.name); at >= 0 {
			out = append(out, boundField{c.name, at, c.set})
		} else if slices.Contains(neededColumns, c.name) {
			missing = append(missing, c.name)
		}
	}
	if missing != nil {
		return nil, &HeaderError{file, missing}
	}
	return out, nil
}

// complete fills what follows from the columns that were there; apart says that they count the
// directions apart.
func complete(f *flows.Flow, apart bool) {
	f.HasMAC = f.SrcMAC != [6]byte{} || f.DstMAC != [6]byte{}
	f.Broadcast = f.DstMAC == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if f.Application == "" {
		f.Application = classify.Unknown
	}
	if d := &f.Dst2Src; d.Packets > 0 && d.First == 0 && d.Last == 0 { // the columns are missing
		d.First, d.Last = f.Src2Dst.First, f.Src2Dst.Last
	}
	f.End = f.Last()
	// Such files say who opened a flow, and not what TCP's flags were. Where they do not count the
	// directions apart, nothing tells that nobody answered.
	f.Certain, f.Answered = true, f.Dst2Src.Packets > 0 || !apart
}

// readColumns are the columns that are read, and where each goes.
var readColumns = []struct {
	name string
	set  func(f *flows.Flow, cell string) error
}{
	{"src_ip", func(f *flows.Flow, s string) error { return setAddr(&f.Src, s) }},
	{"dst_ip", func(f *flows.Flow, s string) error { return setAddr(&f.Dst, s) }},
	{"src_mac", func(f *flows.Flow, s string) error { return setMAC(&f.SrcMAC, s) }},
	{"dst_mac", func(f *flows.Flow, s string) error { return setMAC(&f.DstMAC, s) }},
	{"src_port", func(f *flows.Flow, s string) error { return setNumber(&f.SrcPort, s, 16) }},
	{"dst_port", func(f *flows.Flow, s string) error { return setNumber(&f.DstPort, s, 16) }},
	{"protocol", func(f *flows.Flow, s string) error { return setNumber(&f.Protocol, s, 8) }},
	{"vlan_id", func(f *flows.Flow, s string) error { return setNumber(&f.VLAN, s, 16) }},
	{"tunnel_id", func(f *flows.Flow, s string) error { return setNumber(&f.Tunnel, s, 8) }},
	{"expiration_id", func(f *flows.Flow, s string) error {
		f.Expiration = flows.ExpiredIdle
		if s == "1" {
			f.Expiration = flows.ExpiredActive
		}
		return nil
	}},
	{"bidirectional_first_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Src2Dst.First, s) }},
	{"bidirectional_last_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Src2Dst.Last, s) }},
	{"bidirectional_packets", func(f *flows.Flow, s string) error { return setNumber(&f.Src2Dst.Packets, s, 64) }},
	{"bidirectional_bytes", func(f *flows.Flow, s string) error { return setNumber(&f.Src2Dst.Bytes, s, 64) }},
	// What the destination sent is taken out of what both sent.
	{"dst2src_packets", func(f *flows.Flow, s string) error { return setPart(&f.Dst2Src.Packets, &f.Src2Dst.Packets, s) }},
	{"dst2src_bytes", func(f *flows.Flow, s string) error { return setPart(&f.Dst2Src.Bytes, &f.Src2Dst.Bytes, s) }},
	{"src2dst_first_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Src2Dst.First, s) }},
	{"src2dst_last_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Src2Dst.Last, s) }},
	{"dst2src_first_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Dst2Src.First, s) }},
	{"dst2src_last_seen_ms", func(f *flows.Flow, s string) error { return setTime(&f.Dst2Src.Last, s) }},
	{"application_name", func(f *flows.Flow, s string) error {
		if len(s) > maxApplication {
			return fmt.Errorf("longer than %d bytes", maxApplication)
		}
		f.Application = foreignText(s)
		return nil
	}},
	{"application_category_name", func(f *flows.Flow, s string) error { f.Category = foreignText(s); return nil }},
	{"application_confidence", func(f *flows.Flow, s string) error { return setNumber(&f.Confidence, s, 8) }},
	{"requested_server_name", func(f *flows.Flow, s string) error {
		f.Info = classify.Found{ServerName: safetext.Undo(s)}.Info()
		return nil
	}},
}

// foreignText is a cell as the writer had it, and UTF-8, since it goes into a map.
func foreignText(cell string) string {
	return strings.Clone(strings.ToValidUTF8(safetext.Undo(cell), "\ufffd"))
}

func setAddr(to *netip.Addr, s string) error {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return errors.New("no IP address")
	}
	*to = a.WithZone("")
	return nil
}

func setMAC(to *[6]byte, s string) error {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ":")
	if len(parts) != len(to) {
		return errors.New("no hardware address")
	}
	for i, p := range parts {
		b, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return errors.New("no hardware address")
		}
		to[i] = byte(b)
	}
	return nil
}

// setNumber reads a whole number; pandas writes one of a column with gaps as
// "443.0", and a gap as nothing.
func setNumber[T ~uint8 | ~uint16 | ~uint64](to *T, s string, bits int) error {
	s = strings.TrimSuffix(s, ".0")
	if s == "" {
		*to = 0
		return nil
	}
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return fmt.Errorf("no whole number up to %d", uint64(1)<<(bits-1)-1+uint64(1)<<(bits-1))
	}
	*to = T(n)
	return nil
}

// setPart reads a number that is part of a whole, which becomes the rest.
func setPart(part, whole *uint64, s string) error {
	err := setNumber(part, s, 64)
	*part = min(*part, *whole)
	*whole -= *part
	return err
}

// mostMilliseconds is how far from 1970 a time can be that is counted in
// nanoseconds.
const mostMilliseconds = math.MaxInt64 / int64(time.Millisecond)

func setTime(to *int64, s string) error {
	s = strings.TrimSuffix(s, ".0")
	if s == "" {
		return nil
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms > mostMilliseconds || ms < -mostMilliseconds {
		return errors.New("no time in milliseconds")
	}
	*to = time.UnixMilli(ms).UnixNano()
	return nil
}
