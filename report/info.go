package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"servmap/flows"
	"servmap/pcapio"
	"servmap/report/rows"
	"servmap/servmap/mapjson"
)

// Info is what `servmap info` tells of captures taken as one traffic.
type Info struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	// Filtered counts those of the packets that --filter left out; all else
	// is about the whole capture.
	Filtered uint64 `json:"filtered_packets"`
	// First and Last are packet times in RFC 3339; empty where there is no
	// packet.
	First    string  `json:"first"`
	Last     string  `json:"last"`
	Duration float64 `json:"duration_seconds"`
	// IP counts packets with an IP header, IPShare in per cent of all.
	IP      uint64  `json:"ip_packets"`
	IPShare float64 `json:"ip_percent"`
	IPv4    uint64  `json:"ipv4_packets"`
	IPv6    uint64  `json:"ipv6_packets"`
	// NotIP and the others are the rest, by kind.
	NotIP       []Count `json:"not_ip"`
	Unsupported []Count `json:"unsupported_link_types"`
	Damaged     []Count `json:"damaged_headers"`
	Cut         []Count `json:"cut_headers"`
	// Fragments counts IP fragments, Orphans those without a first one.
	Fragments uint64     `json:"fragments"`
	Orphans   uint64     `json:"orphan_fragments"`
	Tunnels   []Tunnel   `json:"tunnels"`
	Files     []InfoFile `json:"files"`
	Damage    []string   `json:"damage"`
}

// InfoFile is one of the captures.
type InfoFile struct {
	Name        string          `json:"name"`
	Container   string          `json:"container"`
	Compression string          `json:"compression"`
	SHA256      string          `json:"sha256"`
	Size        int64           `json:"size"`
	SnapLen     int             `json:"snap_length"`
	Packets     uint64          `json:"packets"`
	Bytes       uint64          `json:"bytes"`
	Captured    uint64          `json:"captured_bytes"`
	First       string          `json:"first"`
	Last        string          `json:"last"`
	LinkTypes   []string        `json:"link_types"`
	Interfaces  []InfoInterface `json:"interfaces"`
	Damaged     uint64          `json:"damaged_places"`
}

// InfoInterface is one of the interfaces that a capture describes.
type InfoInterface struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Link        string `json:"link_type"`
	SnapLen     int    `json:"snap_length"`
	Resolution  string `json:"time_resolution"`
}

// NewInfo puts together what was found out about captures.
func NewInfo(s *flows.Stats, files []pcapio.File, damage []string) *Info {
	d := &s.Decode
	i := &Info{
		Packets: s.Packets, Bytes: s.Bytes, Filtered: s.Filtered,
		IP: d.IPv4 + d.IPv6, IPv4: d.IPv4, IPv6: d.IPv6,
		NotIP: NotIP(d), Unsupported: Unsupported(d), Fragments: d.Fragments, Orphans: d.Orphans,
		Tunnels: Tunnels(d), Files: []InfoFile{}, Damage: damage,
	}
	if damage == nil {
		i.Damage = []string{}
	}
	i.Damaged, i.Cut = Damaged(d)
	if s.Packets > 0 {
		i.First, i.Last = preciseTime(s.First), preciseTime(s.Last)
		i.Duration = float64(s.Last-s.First) / 1e9
		i.IPShare = 100 * float64(i.IP) / float64(s.Packets)
	}
	for k := range files {
		i.Files = append(i.Files, infoFile(&files[k]))
	}
	return i
}

func infoFile(f *pcapio.File) InfoFile {
	out := InfoFile{
		Name: rows.Name(f.Name), Container: f.Container, Compression: f.Compression, SHA256: f.SHA256, Size: f.Size,
		SnapLen: f.SnapLen, Packets: f.Packets, Bytes: f.Bytes, Captured: f.Captured, Damaged: f.Damaged,
		LinkTypes: []string{}, Interfaces: []InfoInterface{},
	}
	if f.Packets > 0 {
		out.First, out.Last = preciseTime(f.First), preciseTime(f.Last)
	}
	seen := map[pcapio.LinkType]bool{}
	for _, in := range f.Interfaces {
		out.Interfaces = append(out.Interfaces, InfoInterface{rows.Name(in.Name), rows.Name(in.Description), in.Link.String(), in.SnapLen, in.Resolution})
		if !seen[in.Link] {
			seen[in.Link] = true
			out.LinkTypes = append(out.LinkTypes, in.Link.String())
		}
	}
	return out
}

// preciseTime is a packet time to the nanosecond.
func preciseTime(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

// InfoFormats are the formats of `servmap info`, the default first.
var InfoFormats = []Format[*Info]{
	{Name: "text", New: single(wrapped(writeInfoText))},
	{Name: "json", New: single(writeInfoJSON)},
	{Name: "csv", New: single(writeInfoCSV)},
}

func writeInfoJSON(w io.Writer, _ *Style, i *Info) error {
	out, err := mapjson.Indented(i, "")
	if err == nil {
		_, err = w.Write(append(out, '\n'))
	}
	return err
}

func writeInfoText(w io.Writer, _ *Style, i *Info) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-22s %s\n", name+":", fmt.Sprintf(format, args...))
	}
	for k := range i.Files {
		i.Files[k].text(line)
		b.WriteByte('\n')
	}
	line("packets", "%d", i.Packets)
	line("bytes", "%d", i.Bytes)
	if i.Filtered > 0 {
		line("left out by the filter", "%d packets", i.Filtered)
	}
	if i.Packets > 0 {
		line("first", "%s", i.First)
		line("last", "%s", i.Last)
		line("duration", "%.6f s", i.Duration)
	}
	line("IP", "%d (%.1f %%): %d IPv4, %d IPv6", i.IP, i.IPShare, i.IPv4, i.IPv6)
	for _, group := range []struct {
		name   string
		counts []Count
	}{{"not IP", i.NotIP}, {"unsupported link type", i.Unsupported}, {"damaged headers", i.Damaged}, {"cut headers", i.Cut}} {
		if len(group.counts) > 0 {
			line(group.name, "%s", Counted(group.counts))
		}
	}
	if i.Fragments > 0 {
		line("fragments", "%d, %d without their first", i.Fragments, i.Orphans)
	}
	for _, t := range i.Tunnels {
		line("tunnel", "%s between %s and %s, %d packets", t.Kind, t.A, t.B, t.Packets)
	}
	for _, d := range i.Damage {
		line("damage", "%s", rows.Name(d))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *InfoFile) text(line func(name, format string, args ...any)) {
	line("file", "%s", f.Name)
	container := f.Container
	if f.Compression != "" {
		container += ", " + f.Compression
	}
	line("container", "%s", container)
	if f.Size >= 0 {
		line("size", "%d", f.Size)
	}
	if f.SHA256 != "" {
		line("SHA-256", "%s", f.SHA256)
	}
	line("link types", "%s", strings.Join(f.LinkTypes, ", "))
	for _, in := range f.Interfaces {
		text := fmt.Sprintf("%s, snap length %d, times in %s", in.Link, in.SnapLen, in.Resolution)
		for _, n := range []string{in.Name, in.Description} {
			if n != "" {
				text += ", " + n
			}
		}
		line("interface", "%s", text)
	}
	line("packets", "%d", f.Packets)
	line("bytes", "%d, %d of them captured", f.Bytes, f.Captured)
	if f.Packets > 0 {
		line("first", "%s", f.First)
		line("last", "%s", f.Last)
	}
	if f.Damaged > 0 {
		line("damaged places", "%d", f.Damaged)
	}
}

// writeInfoCSV writes a row a file.
func writeInfoCSV(w io.Writer, style *Style, i *Info) error {
	l := Listing{Fields: []string{"name", "container", "compression", "sha256", "size", "link_types", "interfaces", "snap_length",
		"packets", "bytes", "captured_bytes", "first", "last", "damaged_places"}}
	for k := range i.Files {
		f := &i.Files[k]
		l.Rows = append(l.Rows, []any{f.Name, f.Container, f.Compression, f.SHA256, f.Size, f.LinkTypes, len(f.Interfaces), f.SnapLen,
			f.Packets, f.Bytes, f.Captured, f.First, f.Last, f.Damaged})
	}
	return writeListingCSV(w, style, &l)
}
