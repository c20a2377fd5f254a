package report

import (
	"bytes"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/pcapio"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var update = flag.Bool("update", false, "write the goldens again")

// golden compares what write writes with testdata/name.
func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got.Bytes(), want)
	}
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.UTC).UnixNano()

// someFlows hold every kind of value that the formats treat in their own way.
func someFlows() []*flows.Flow {
	dns := &flows.Flow{
		Number: 1, Src: netip.MustParseAddr("10.42.0.130"), Dst: netip.MustParseAddr("10.42.0.1"), SrcPort: 40000, DstPort: 53,
		Protocol: 17, Certain: true, Answered: true, HasMAC: true, SrcMAC: [6]byte{0x02, 0x42, 0, 0xab, 0xcd, 0xef}, DstMAC: [6]byte{0, 0x0c, 0x29, 1, 2, 3},
		Src2Dst:     flows.Direction{First: start, Last: start, Packets: 1, Bytes: 77},
		Dst2Src:     flows.Direction{First: start + 20_700_000, Last: start + 20_700_000, Packets: 1, Bytes: 141},
		Application: "DNS.NetFlix", Category: "Video", Confidence: classify.ByPayload, Info: classify.Found{ServerName: "www.netflix.com"}.Info(),
	}
	web := &flows.Flow{
		Number: 3, Src: netip.MustParseAddr("10.42.0.130"), Dst: netip.MustParseAddr("203.0.113.80"), SrcPort: 40001, DstPort: 80,
		Protocol: 6, VLAN: 12, Certain: true, Answered: true, Expiration: flows.ExpiredActive,
		Src2Dst:     flows.Direction{First: start + 1e9, Last: start + 61e9, Packets: 500, Bytes: 40_000},
		Dst2Src:     flows.Direction{First: start + 1e9 + 1, Last: start + 60e9, Packets: 900, Bytes: 1_200_000},
		Application: "HTTP", Category: "Web", Confidence: classify.ByPayload,
		Info: classify.Found{ServerName: "evil\x1b[2J\r\n.example,\"x\"", UserAgent: "=cmd|' /C calc'!A0", ContentType: "text/html; \u202egnp.exe", ClientFingerprint: "\xff\x00"}.Info(),
	}
	six := &flows.Flow{
		Number: 9, Src: netip.MustParseAddr("fe80::abcd:1234:5678:9abc"), Dst: netip.MustParseAddr("ff02::fb"), SrcPort: 5353, DstPort: 5353,
		Protocol: 17, Tunnel: 1, Src2Dst: flows.Direction{First: start + 2e9, Last: start + 5e9, Packets: 4, Bytes: 400},
		Application: "MDNS", Category: "Network", Confidence: classify.ByPort, Info: classify.Info{},
	}
	ping := &flows.Flow{
		Number: 11, Src: netip.MustParseAddr("198.51.100.7"), Dst: netip.MustParseAddr("10.42.0.130"), Protocol: 1,
		Src2Dst:     flows.Direction{First: start + 3e9, Last: start + 4e9, Packets: 2, Bytes: 196},
		Application: "Unknown", Category: "Unspecified", Info: classify.Info{},
	}
	odd := &flows.Flow{
		Number: 12, Src: netip.MustParseAddr("10.42.0.130"), Dst: netip.MustParseAddr("10.42.0.255"), Protocol: 253, Broadcast: true,
		Src2Dst:     flows.Direction{First: -1, Last: -1, Packets: 1, Bytes: 60},
		Application: "Unknown", Category: "Unspecified", Info: classify.Info{},
	}
	return []*flows.Flow{dns, web, six, ping, odd}
}

// someJudgements judge someFlows, a verdict of each kind among them, and return the findings.
func someJudgements(t *testing.T, each func(*servmap.Judgement)) []*findings.Finding {
	t.Helper()
	m, err := servmap.Parse("map", []byte(`{
		"10.42.0.130": {"10.42.0.1": [1, "DNS"], "remote": [1, "TLS"], "broadcast": [1, "DHCP"]},
		"fe80::abcd:1234:5678:9abc": {"multicast": [1, "Unknown:udp/5353"]},
		"@servmap": {"format": 2, "evidence": {"uses": {
			"10.42.0.130": {"10.42.0.1": {"DNS": {}}, "remote": {"TLS": {}}, "broadcast": {"DHCP": {}}},
			"fe80::abcd:1234:5678:9abc": {"multicast": {"Unknown:udp/5353": {}}}
		}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	c := servmap.NewChecker(m, servmap.NewPerimeter(servmap.Settings{}))
	collector := findings.NewCollector(c, false)
	all := someFlows()
	ssh := *all[1]
	ssh.Application, ssh.Dst = "SSH", netip.MustParseAddr("10.42.0.96")
	for _, f := range append(all, &ssh) {
		var found servmap.Judgement
		c.Check(f, &found)
		found.Capture = "suspect.pcap"
		if id, level := collector.Add(&found); id != "" {
			found.Finding, found.Level = id, level.String()
		}
		each(&found)
	}
	return collector.Finish([]string{"suspect.pcap"})
}

// goldens writes the same values in every format of a table, each against its
// golden. A format that appears whole must write nothing before it is closed.
func goldens[T any](t *testing.T, prefix string, formats []Format[T], each func(write func(T))) {
	for _, format := range formats {
		t.Run(format.Name, func(t *testing.T) {
			golden(t, prefix+"."+format.Name, func(w io.Writer) error {
				var got bytes.Buffer
				out, err := format.New(&got, nil)
				if err != nil {
					return err
				}
				each(func(value T) {
					if err := out.Write(value); err != nil {
						t.Error(err)
					}
				})
				if format.Whole && got.Len() > 0 {
					t.Errorf("%d bytes were written before the end", got.Len())
				}
				if err := out.Close(); err != nil {
					return err
				}
				_, err = w.Write(got.Bytes())
				return err
			})
		})
	}
}

// one passes on a single value.
func one[T any](value T) func(func(T)) { return func(write func(T)) { write(value) } }

func TestFlowFormats(t *testing.T) {
	goldens(t, "flows", FlowFormats, func(write func(FlowRow)) {
		for i, f := range someFlows() {
			write(FlowRow{uint64(i + 1), f})
		}
	})
}

func TestCheckFormats(t *testing.T) {
	goldens(t, "check", CheckFormats, func(write func(*servmap.Judgement)) { someJudgements(t, write) })
}

func someFindings(t *testing.T) *findings.Set {
	t.Helper()
	g := &findings.Set{}
	found := someJudgements(t, g.Add)
	g.Extra = findings.NewExtra(found, g.Flows, []string{"suspect.pcap"}, findings.MapFile{File: "services_map.json", SHA256: "ab"})
	return g
}

func TestFindingsFormats(t *testing.T) { goldens(t, "report", FindingsFormats, one(someFindings(t))) }

func TestWordingIsForTextAlone(t *testing.T) {
	words := &Style{Wording: Wording{servmap.UnknownSource: "WHO IS THAT?\x1b[m", servmap.None: "fine"}}
	golden(t, "wording.text", func(w io.Writer) error {
		out, err := Named(CheckFormats, "text").New(w, words)
		if err != nil {
			return err
		}
		someJudgements(t, func(f *servmap.Judgement) {
			if err := out.Write(f); err != nil {
				t.Error(err)
			}
		})
		return Print(FindingsFormats, "text", w, words, someFindings(t))
	})
	for _, format := range FindingsFormats {
		var with, without bytes.Buffer
		g := someFindings(t)
		if err := format.writeOnce(&with, words, g); err != nil {
			t.Fatal(err)
		}
		if err := format.writeOnce(&without, nil, g); err != nil {
			t.Fatal(err)
		}
		if same := bytes.Equal(with.Bytes(), without.Bytes()); same == (format.Name == "text") {
			t.Errorf("the wording changed %s: %v", format.Name, !same)
		}
	}
}

func TestListingFormats(t *testing.T) {
	l := &Listing{Fields: []string{"name", "number", "found_by"}, Rows: [][]any{
		{"DNS", 53, []string{"payload", "port"}},
		{"a \x1b[31m, \"b\"", 0, []string{}},
	}}
	goldens(t, "listing", ListingFormats, one(l))
}

func TestInfoFormats(t *testing.T) {
	s := &flows.Stats{Packets: 20, Bytes: 3000, First: start, Last: start + 5_000_000_001}
	s.Decode = decode.Stats{Packets: 20, IPv4: 10, IPv6: 2, Fragments: 3, Orphans: 1,
		EtherTypes: map[uint16]uint64{0x1234: 1, 0x88b5: 2}, Links: map[uint16]uint64{147: 4}}
	s.Decode.Others[decode.OtherARP] = 3
	s.Decode.Damaged[decode.LayerTCP] = 1
	s.Decode.Cut[decode.LayerIPv6] = 2
	files := []pcapio.File{{
		Path: "/x/a\x1b.pcapng.gz", Name: "a\x1b.pcapng.gz", Container: "pcapng", Compression: "gz", SHA256: "00ff", Size: 1234,
		SnapLen: 65535, Packets: 20, Bytes: 3000, Captured: 2900, First: start, Last: start + 5_000_000_001, Damaged: 1,
		Interfaces: []pcapio.Interface{
			{Name: "eth0", Description: "up\nlink", Link: pcapio.LinkEthernet, SnapLen: 65535, Resolution: "10^-6 s"},
			{Link: 147, Resolution: "10^-9 s"},
			{Link: pcapio.LinkEthernet, Resolution: "10^-6 s"},
		},
	}}
	goldens(t, "info", InfoFormats, one(NewInfo(s, files, []string{"a: damaged at packet 21"})))
}

func TestTunnelKinds(t *testing.T) {
	var s decode.Stats
	s.Tunnels[decode.TunnelGRE] = 3
	s.Tunnels[decode.TunnelVXLAN] = 12
	if got, want := Counted(TunnelKinds(&s)), "12 VXLAN, 3 GRE"; got != want {
		t.Errorf("tunnels %q, want %q", got, want)
	}
}
