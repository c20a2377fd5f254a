package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap"
)

// rowsOf reads a CSV of flows and copies them.
func rowsOf(text string) ([]flows.Flow, error) {
	var out []flows.Flow
	err := ReadFlows("f.csv", strings.NewReader(text), func(f *flows.Flow) error {
		c := *f
		c.Info = classify.Found{ServerName: strings.Clone(f.Info.ServerName())}.Info()
		out = append(out, c)
		return nil
	})
	return out, err
}

// seen is what the map needs of a flow.
type seen struct {
	src, dst        servmap.Host
	app             string
	packets, bytes  uint64
	first, last     int64
	protocol        uint8
	confidence      classify.Confidence
	server          string
	sport, dport    uint16
	vlan            uint16
	tunnel, expires uint8
}

func see(f *flows.Flow) seen {
	src, dst := servmap.NewFolder(servmap.Settings{}).Ends(f)
	return seen{src, dst, f.Application, f.Packets(), f.Bytes(), milliseconds(f.First()), milliseconds(f.Last()), f.Protocol,
		f.Confidence, f.Info.ServerName(), f.SrcPort, f.DstPort, f.VLAN, f.Tunnel, uint8(f.Expiration)}
}

func TestFlowsAreReadAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	w, err := NewFlowWriter("csv", &b)
	if err != nil {
		t.Fatal(err)
	}
	all := someFlows()
	all[4].DstMAC, all[4].HasMAC = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true
	all[1].Info = classify.Found{ServerName: "plain.example"}.Info()
	all[2].Application, all[2].Info = "=La\\x41b\x1b.\u202e", classify.Found{ServerName: " ＠evil\x9b,\"x\"\\U\U000e0041"}.Info()
	for i, f := range all {
		if err := w.Write(uint64(i+1), f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := rowsOf(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(all) {
		t.Fatalf("%d flows read, %d written", len(got), len(all))
	}
	for i := range got {
		if g, w := see(&got[i]), see(all[i]); g != w {
			t.Errorf("flow %d is read as %+v, written %+v", i, g, w)
		}
	}
}

func TestForeignCSVs(t *testing.T) {
	want := []seen{{src: servmap.HostNamed("10.0.0.1"), dst: servmap.Remote, app: "TLS", bytes: 99}}
	for _, tt := range []struct{ name, text string }{
		{"the needed columns alone", "src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,192.0.2.1,99,TLS\n"},
		{"pandas' index, other order, other columns", ",application_name,x,dst_ip,bidirectional_bytes,src_ip\n0,TLS,?,192.0.2.1,99,10.0.0.1\n"},
		{"byte order mark and carriage returns", "\xef\xbb\xbfsrc_ip,dst_ip,bidirectional_bytes,application_name\r\n10.0.0.1,192.0.2.1,99,TLS\r\n"},
		{"floats of a column with gaps", "src_ip,dst_ip,bidirectional_bytes,application_name,src_port,bidirectional_packets\n10.0.0.1,192.0.2.1,99.0,TLS,,\n"},
		{"no end of line at the end", "src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,192.0.2.1,99,TLS"},
		{"quotes", "\"src_ip\",\"dst_ip\",\"bidirectional_bytes\",\"application_name\"\n\"10.0.0.1\",\"192.0.2.1\",\"99\",\"TLS\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !LooksLikeFlows([]byte(tt.text)) {
				t.Error("not taken for a CSV of flows")
			}
			rows, err := rowsOf(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []seen
			for i := range rows {
				got = append(got, see(&rows[i]))
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read %+v, want %+v", got, want)
			}
		})
	}
}

func TestAnEmptyLabelIsUnknown(t *testing.T) {
	rows, err := rowsOf("src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,192.0.2.1,99,\n")
	if err != nil || len(rows) != 1 || rows[0].Application != servmap.Unknown {
		t.Errorf("%+v, %v: want one flow that is Unknown", rows, err)
	}
}

func TestLooksLikeFlows(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		want       bool
	}{
		{"nothing", "", false},
		{"a pcap", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", false},
		{"some CSV", "a,b,c\n1,2,3\n", false},
		{"the words outside the first line", "x\nsrc_ip,dst_ip\n", false},
		{"our check's CSV, which lacks what the map needs", "n,first_seen,src_ip,src_port,dst_ip\n", true},
	} {
		if got := LooksLikeFlows([]byte(tt.head)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestBadCSVs(t *testing.T) {
	const head = "src_ip,dst_ip,src_port,bidirectional_bytes,application_name,bidirectional_first_seen_ms,dst_mac\n"
	const good = "10.0.0.1,192.0.2.1,1,99,TLS,1,\n"
	for _, tt := range []struct {
		name, text, want string
		rows             int
	}{
		{"empty", "", "f.csv:1: no header", 0},
		{"columns missing", "src_ip,dst_ip\n", "f.csv: CSV of flows without the column bidirectional_bytes, application_name", 0},
		{"cut row", head + good + "10.0.0.1,192.0", "f.csv:3: wrong number of fields", 1},
		{"cut in quotes", head + good + "10.0.0.1,\"192.0", "f.csv:3: extraneous or missing \" in quoted-field", 1},
		{"quote in a field", head + "A\"0", "f.csv:2: bare \" in non-quoted-field", 0},
		{"no address", head + good + good + "10.0.0,192.0.2.1,1,99,TLS,1,\n", `f.csv:4: src_ip is "10.0.0": no IP address`, 2},
		{"port too large", head + "10.0.0.1,192.0.2.1,65536,99,TLS,1,\n", `f.csv:2: src_port is "65536": no whole number up to 65535`, 0},
		{"negative bytes", head + "10.0.0.1,192.0.2.1,1,-1,TLS,1,\n", `f.csv:2: bidirectional_bytes is "-1": no whole number up to 18446744073709551615`, 0},
		{"no time", head + "10.0.0.1,192.0.2.1,1,1,TLS,99999999999999999,\n", `f.csv:2: bidirectional_first_seen_ms is "99999999999999999": no time in milliseconds`, 0},
		{"no hardware address", head + "10.0.0.1,192.0.2.1,1,1,TLS,1,x\x1b\n", `f.csv:2: dst_mac is "x\x1b": no hardware address`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := rowsOf(tt.text)
			if err == nil || err.Error() != tt.want {
				t.Errorf("\ngot  %v\nwant %s", err, tt.want)
			}
			if len(rows) != tt.rows {
				t.Errorf("%d rows before the damage, want %d", len(rows), tt.rows)
			}
		})
	}
}

func TestAnErrorOfEmitEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	row := "10.0.0.1,192.0.2.1,99,TLS\n"
	err := ReadFlows("f", strings.NewReader("src_ip,dst_ip,bidirectional_bytes,application_name\n"+row+row), func(*flows.Flow) error {
		n++
		return enough
	})
	if err != enough || n != 1 {
		t.Errorf("error %v after %d rows, want %v after 1", err, n, enough)
	}
}

func TestReportRoundTrip(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := Parse("report.json", first)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := g.WriteJSON(&again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), first) {
		t.Errorf("read and written again:\n%s\nwant\n%s", &again, first)
	}
	for _, format := range GroupedFormats {
		var got, want bytes.Buffer
		if err := errors.Join(g.Write(format, &got, nil), grouped(t).Write(format, &want, nil)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("read and written as %s:\n%s\nwant\n%s", format, &got, &want)
		}
	}
}

func TestGroupedKeepsTheOrderFirstSeen(t *testing.T) {
	text := `{"tot_flows": 4, "tot_anom": 0, "NONE": {"10.0.0.9": {"tot_bytes": 6, "remote": [1, "B", "A"], "10.0.0.1": [5, "C"]}, "10.0.0.2": {"tot_bytes": 0}}}`
	g, err := Parse("r", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := g.Write("text", &got, nil); err != nil {
		t.Fatal(err)
	}
	want := "+++++++ NONE anomaly flows +++++++\n" +
		"+ 10.0.0.9        exchange         6 bytes with: \n" +
		"\t - remote         ,         1 bytes (16.67%) using ['B', 'A']\n" +
		"\t - 10.0.0.1       ,         5 bytes (83.33%) using ['C']\n" +
		"+ 10.0.0.2        exchange         0 bytes with: \n\n"
	if !strings.HasPrefix(got.String(), want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", &got, want)
	}
}

func TestBadReports(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "r.json:1:1: expected a report: { and tot_flows, found the end of the file"},
		{"empty object", "{}", "r.json:1:2: expected tot_flows, tot_anom and the verdicts, found an empty object"},
		{"a map", `{"10.0.0.1": {}}`, `r.json:1:2: expected tot_flows, tot_anom or a verdict, found "10.0.0.1"`},
		{"number of flows", `{"tot_flows": "x"}`, `r.json:1:15: expected the number of flows, found "\"x\"}"`},
		{"bytes", "{\"NONE\": {\n\"a\": {\"tot_bytes\": -1}}}", `r.json:2:20: expected the number of bytes, found "-1}}}"`},
		{"pair", `{"NONE": {"a": {"b": 1}}}`, `r.json:1:22: expected an array of bytes and applications, found "1}}}"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse("r.json", []byte(tt.text)); err == nil || err.Error() != tt.want {
				t.Errorf("\ngot  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := g.WriteJSON(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again", first.Bytes())
		if err != nil {
			t.Fatalf("its own writing is refused: %v\n%s", err, &first)
		}
		if err := again.WriteJSON(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("first\n%s\nthen\n%s", &first, &second)
		}
	})
}

func FuzzReadFlows(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("testdata", "flows.csv"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(seed))
	f.Add("src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,::1,99,TLS\n")
	f.Fuzz(func(t *testing.T, text string) {
		first, errA := rowsOf(text)
		second, errB := rowsOf(text)
		if !reflect.DeepEqual(first, second) || (errA == nil) != (errB == nil) {
			t.Fatal("read twice, and not the same")
		}
		for i := range first {
			if !first[i].Src.IsValid() || !first[i].Dst.IsValid() || first[i].Application == "" {
				t.Fatalf("flow %d is incomplete: %+v", i, first[i])
			}
		}
	})
}

// TestALargeReportIsWrittenInParts has a source whose destinations are more than is written at once.
func TestALargeReportIsWrittenInParts(t *testing.T) {
	var text strings.Builder
	text.WriteString(`{"tot_flows": 1, "tot_anom": 1, "UNKNOWN DESTINATION IP": {"10.0.0.1": {"tot_bytes": 5`)
	const destinations = 10_000
	for i := range destinations {
		fmt.Fprintf(&text, `, "10.1.%d.%d": [%d, "TLS"]`, i>>8, i&255, i)
	}
	g, err := Parse("r", []byte(text.String()+"}}}"))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range GroupedFormats {
		var first, second bytes.Buffer
		if err := g.Write(format, &first, nil); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(first.String(), "10.1."); n != destinations {
			t.Errorf("%s: %d destinations, want %d", format, n, destinations)
		}
		if format != "json" {
			continue
		}
		again, err := Parse("r", first.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.WriteJSON(&second); err != nil || first.String() != second.String() {
			t.Errorf("read and written again it is another report, %v", err)
		}
	}
}
