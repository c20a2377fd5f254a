package flowfile

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
)

// rowsOf reads a CSV of flows and copies them.
func rowsOf(text string) ([]flows.Flow, error) {
	var out []flows.Flow
	err := NFStream.Read("f.csv", strings.NewReader(text), func(f *flows.Flow) error {
		c := *f
		c.Info = classify.Found{ServerName: strings.Clone(f.Info.ServerName())}.Info()
		out = append(out, c)
		return nil
	})
	return out, err
}

// seen is what the map needs of a flow.
type seen struct {
	src, dst        netip.Addr
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
	return seen{f.Src, f.Dst, f.Application, f.Packets(), f.Bytes(), f.First() / int64(time.Millisecond), f.Last() / int64(time.Millisecond), f.Protocol,
		f.Confidence, f.Info.ServerName(), f.SrcPort, f.DstPort, f.VLAN, f.Tunnel, uint8(f.Expiration)}
}

func TestForeignCSVs(t *testing.T) {
	want := []seen{{src: netip.MustParseAddr("10.0.0.1"), dst: netip.MustParseAddr("192.0.2.1"), app: "TLS", bytes: 99}}
	for _, tt := range []struct{ name, text string }{
		{"the needed columns alone", "src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,192.0.2.1,99,TLS\n"},
		{"pandas' index, other order, other columns", ",application_name,x,dst_ip,bidirectional_bytes,src_ip\n0,TLS,?,192.0.2.1,99,10.0.0.1\n"},
		{"byte order mark and carriage returns", "\xef\xbb\xbfsrc_ip,dst_ip,bidirectional_bytes,application_name\r\n10.0.0.1,192.0.2.1,99,TLS\r\n"},
		{"floats of a column with gaps", "src_ip,dst_ip,bidirectional_bytes,application_name,src_port,bidirectional_packets\n10.0.0.1,192.0.2.1,99.0,TLS,,\n"},
		{"no end of line at the end", "src_ip,dst_ip,bidirectional_bytes,application_name\n10.0.0.1,192.0.2.1,99,TLS"},
		{"quotes", "\"src_ip\",\"dst_ip\",\"bidirectional_bytes\",\"application_name\"\n\"10.0.0.1\",\"192.0.2.1\",\"99\",\"TLS\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !NFStream.Is([]byte(tt.text)) {
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
	if err != nil || len(rows) != 1 || rows[0].Application != classify.Unknown {
		t.Errorf("%+v, %v: want one flow that is Unknown", rows, err)
	}
}

func TestIs(t *testing.T) {
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
		if got := NFStream.Is([]byte(tt.head)); got != tt.want {
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
	err := NFStream.Read("f", strings.NewReader("src_ip,dst_ip,bidirectional_bytes,application_name\n"+row+row), func(*flows.Flow) error {
		n++
		return enough
	})
	if err != enough || n != 1 {
		t.Errorf("error %v after %d rows, want %v after 1", err, n, enough)
	}
}

func FuzzNFStream(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("..", "..", "report", "testdata", "flows.csv"))
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

// TestDirections reads what each side sent, where the columns are there.
func TestDirections(t *testing.T) {
	const head = "src_ip,dst_ip,bidirectional_packets,bidirectional_bytes,application_name,bidirectional_first_seen_ms,bidirectional_last_seen_ms"
	const ms = int64(time.Millisecond)
	for _, tt := range []struct {
		name, header, cells string
		out, in             flows.Direction
		answered            bool
	}{
		{"no directions", "", "", flows.Direction{First: 100 * ms, Last: 900 * ms, Packets: 7, Bytes: 700}, flows.Direction{}, true},
		{"packets and bytes", ",dst2src_packets,dst2src_bytes", ",3,500", flows.Direction{First: 100 * ms, Last: 900 * ms, Packets: 4, Bytes: 200},
			flows.Direction{First: 100 * ms, Last: 900 * ms, Packets: 3, Bytes: 500}, true},
		{"times", ",dst2src_packets,dst2src_bytes,src2dst_first_seen_ms,src2dst_last_seen_ms,dst2src_first_seen_ms,dst2src_last_seen_ms", ",3,500,100,800,200,900",
			flows.Direction{First: 100 * ms, Last: 800 * ms, Packets: 4, Bytes: 200}, flows.Direction{First: 200 * ms, Last: 900 * ms, Packets: 3, Bytes: 500}, true},
		{"nothing came back", ",dst2src_packets,dst2src_bytes", ",0,0", flows.Direction{First: 100 * ms, Last: 900 * ms, Packets: 7, Bytes: 700}, flows.Direction{}, false},
		{"more than the whole", ",dst2src_packets,dst2src_bytes", ",9,900", flows.Direction{First: 100 * ms, Last: 900 * ms},
			flows.Direction{First: 100 * ms, Last: 900 * ms, Packets: 7, Bytes: 700}, true},
	} {
		rows, err := rowsOf(head + tt.header + "\n10.0.0.1,192.0.2.1,7,700,TLS,100,900" + tt.cells + "\n")
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %+v, %v", tt.name, rows, err)
		}
		if f := rows[0]; f.Src2Dst != tt.out || f.Dst2Src != tt.in || f.Answered != tt.answered || f.Packets() != 7 || f.Bytes() != 700 {
			t.Errorf("%s: %+v, %+v, answered %v; want %+v, %+v, %v", tt.name, f.Src2Dst, f.Dst2Src, f.Answered, tt.out, tt.in, tt.answered)
		}
	}
}
