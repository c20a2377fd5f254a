package report

import (
	"io"
	"strconv"
	"strings"

	"servmap/report/rows"
	"servmap/servmap"
)

// What a terminal shows of flows: a line each, in the columns of the lines that a pipe gets as far as there is room.

// screenCell is a cell of a line on a terminal.
type screenCell struct {
	text string
	// least is how wide the cell is at least, and how far it is shortened before others are.
	least int
	right bool
	// level, where it is not empty, colours the cell; after stands behind it.
	level, after string
}

// appendScreen appends a line of cells that takes at most width columns.
func appendScreen(dst []byte, cells []screenCell, style *Style) []byte {
	widths, floors, room := make([]int, len(cells)), make([]int, len(cells)), style.width()
	for i, c := range cells {
		widths[i], floors[i] = max(rows.Cells(c.text), c.least), c.least
		room -= rows.Cells(c.after)
	}
	rows.Squeeze(widths, floors, room)
	for i, c := range cells {
		text := rows.Fit(c.text, widths[i])
		blanks := strings.Repeat(" ", max(0, widths[i]-rows.Cells(text)))
		begin, end := style.Colour(c.level)
		if c.right {
			dst = append(dst, blanks...)
		}
		dst = append(append(append(dst, begin...), text...), end...)
		if !c.right && (i < len(cells)-1 || c.after != "") {
			dst = append(dst, blanks...)
		}
		dst = append(dst, c.after...)
	}
	return append(dst, '\n')
}

// wholeLine is how wide a terminal is in which the usual line has room, with a number of six digits.
const wholeLine = 91

// checkScreen shows judgements on a terminal.
type checkScreen struct {
	w     io.Writer
	style *Style
	line  []byte
}

// Write writes the line that checkText would, where it has room; on a narrow terminal the verdict is brief.
func (t *checkScreen) Write(j *servmap.Judgement) error {
	verdict := t.style.of(j.Verdict)
	if t.style.width() < wholeLine {
		verdict = t.style.brief(j.Verdict)
	}
	cells := []screenCell{
		{text: strconv.FormatUint(j.N, 10), least: 3, right: true, after: ". "},
		{text: hostText(j.SrcKey), least: 15, after: " --> "},
		{text: hostText(j.DstKey), least: 15, after: " , "},
		{text: rows.Name(j.Flow.Application), least: 20, after: " | "},
		{text: verdict, least: 13, level: j.Level},
	}
	if t.style.files() {
		cells[3].least, cells[4].after = 12, " | "
		cells = append(cells, screenCell{text: rows.Name(j.Capture), least: 12})
	}
	t.line = appendScreen(t.line[:0], cells, t.style)
	_, err := t.w.Write(t.line)
	return err
}

// Close implements Writer.
func (t *checkScreen) Close() error { return nil }

func hostText(h servmap.Host) string { return string(appendHost(nil, h)) }

// flowScreen shows flows on a terminal.
type flowScreen struct {
	w     io.Writer
	style *Style
	line  []byte
}

// Write writes the line that flowText would, where it has room; on a narrow terminal counts are short.
func (t *flowScreen) Write(row FlowRow) error {
	f := row.Flow
	counts := strconv.FormatUint(f.Packets(), 10) + " packets, " + strconv.FormatUint(f.Bytes(), 10) + " bytes"
	ends, application, transport := 21, 20, 6
	if t.style.width() < 120 {
		ends, application, transport = 17, 12, 4
		counts = strconv.FormatUint(f.Packets(), 10) + " p, " + rows.Bytes(f.Bytes())
	}
	if name := f.Info.ServerName(); name != "" {
		counts += ", " + rows.Name(name)
	}
	t.line = appendScreen(t.line[:0], []screenCell{
		{text: strconv.FormatUint(row.N, 10), least: 3, right: true, after: ". "},
		{text: string(rows.AppendTransport(nil, f.Protocol)), least: transport, after: " "},
		{text: string(appendEndpoint(nil, f.Src, f.SrcPort)), least: ends, after: " --> "},
		{text: string(appendEndpoint(nil, f.Dst, f.DstPort)), least: ends, after: " , "},
		{text: rows.Name(f.Application), least: application, after: " | "},
		{text: counts, least: 13},
	}, t.style)
	_, err := t.w.Write(t.line)
	return err
}

// Close implements Writer.
func (t *flowScreen) Close() error { return nil }

// screenTable is the columns of a streamed table that a terminal has room for.
type screenTable struct {
	w     io.Writer
	style *Style
	// shown are the indices of the columns that are shown, widths how wide they are.
	shown  []int
	widths []rows.Width
	line   []byte
}

// newScreenTable leaves out columns in the order of leave, by their index, until the rest has room; then it narrows
// the widest.
func newScreenTable(w io.Writer, style *Style, columns []rows.Width, leave []int) *screenTable {
	t := &screenTable{w: w, style: style}
	gone := map[int]bool{}
	total := func() (sum int) {
		for i, c := range columns {
			if !gone[i] {
				sum += c.Cells + 2
			}
		}
		return sum - 2
	}
	for _, i := range leave {
		if total() <= style.width() {
			break
		}
		gone[i] = true
	}
	var widths, floors []int
	for i, c := range columns {
		if !gone[i] {
			t.shown, t.widths = append(t.shown, i), append(t.widths, c)
			widths, floors = append(widths, c.Cells), append(floors, min(c.Cells, 10))
		}
	}
	rows.Squeeze(widths, floors, style.width()-2*(len(widths)-1))
	for i := range widths {
		t.widths[i].Cells = widths[i]
	}
	return t
}

// heading writes the names and a rule.
func (t *screenTable) heading() error {
	names, rules := map[int]screenCell{}, map[int]screenCell{}
	for k, i := range t.shown {
		names[i] = screenCell{text: t.widths[k].Name}
		rules[i] = screenCell{text: strings.Repeat("-", t.widths[k].Cells)}
	}
	if err := t.row(names); err != nil {
		return err
	}
	return t.row(rules)
}

// row writes a row of the cells that are shown, by their columns.
func (t *screenTable) row(cells map[int]screenCell) error {
	var out []screenCell
	for k, i := range t.shown {
		c, w := cells[i], t.widths[k]
		c.text, c.least, c.right = rows.Fit(c.text, w.Cells), w.Cells, w.Right
		if k < len(t.shown)-1 {
			c.after = "  "
		}
		out = append(out, c)
	}
	t.line = appendScreen(t.line[:0], out, t.style)
	_, err := t.w.Write(t.line)
	return err
}

// Close implements Writer.
func (t *screenTable) Close() error { return nil }

// The columns of checkTableWidths and flowTableWidths in the order in which a narrow terminal does without them.
var (
	checkTableLeaves = []int{5, 4, 7}
	flowTableLeaves  = []int{1, 6, 7, 8}
)

// checkTableVerdict is the index of the verdict in checkTableWidths.
const checkTableVerdict = 6

type checkScreenTable struct{ *screenTable }

func newCheckScreenTable(w io.Writer, style *Style) (Writer[*servmap.Judgement], error) {
	widths := append([]rows.Width{}, checkTableColumns(style)...)
	if style.width() < 121 {
		widths[checkTableVerdict].Cells = 13
	}
	t := checkScreenTable{newScreenTable(w, style, widths, checkTableLeaves)}
	if style.continued() {
		return t, nil
	}
	return t, t.heading()
}

// Write writes a judgement as a row.
func (t checkScreenTable) Write(j *servmap.Judgement) error {
	verdict := j.Verdict.String()
	if rows.Cells(verdict) > 13 && t.style.width() < 121 {
		verdict = j.Verdict.Brief()
	}
	return t.row(map[int]screenCell{
		0: {text: strconv.FormatUint(j.N, 10)}, 1: {text: hostText(j.SrcKey)}, 2: {text: hostText(j.DstKey)},
		3: {text: rows.Name(j.Flow.Application)}, 4: {text: strconv.FormatUint(j.Flow.Bytes(), 10)},
		5: {text: strconv.FormatUint(j.Flow.Packets(), 10)}, checkTableVerdict: {text: verdict, level: j.Level},
		7: {text: j.Severity.String()}, 8: {text: rows.Name(j.Capture)},
	})
}

type flowScreenTable struct{ *screenTable }

func newFlowScreenTable(w io.Writer, style *Style) (Writer[FlowRow], error) {
	t := flowScreenTable{newScreenTable(w, style, flowTableWidths, flowTableLeaves)}
	return t, t.heading()
}

// Write writes a flow as a row.
func (t flowScreenTable) Write(row FlowRow) error {
	f := row.Flow
	return t.row(map[int]screenCell{
		0: {text: strconv.FormatUint(row.N, 10)}, 1: {text: string(rows.AppendTime(nil, f.First()))},
		2: {text: string(rows.AppendTransport(nil, f.Protocol))},
		3: {text: string(appendEndpoint(nil, f.Src, f.SrcPort))}, 4: {text: string(appendEndpoint(nil, f.Dst, f.DstPort))},
		5: {text: rows.Name(f.Application)}, 6: {text: strconv.FormatUint(f.Packets(), 10)},
		7: {text: strconv.FormatUint(f.Bytes(), 10)}, 8: {text: rows.Name(f.Info.ServerName())},
	})
}
