package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/servmap"
	"servmap/servmap/findings"
)

// network returns the report of a network of so many hosts: clients, servers, printers, a scanner, a stranger, and names
// that somebody chose to do harm.
func network(hosts int) *findings.Set {
	s := &findings.Set{}
	address := func(i int) servmap.Host {
		return servmap.HostNamed(fmt.Sprintf("10.%d.%d.%d", i/40_000, i/200, i%200+2))
	}
	services := []string{
		"TLS.NetFlix", "TLS.Microsoft", "TLS.GoogleServices", "TLS.AmazonAWS", "HTTP", "HTTP.Microsoft", "QUIC.YouTube", "NTP", "SSH", "Kerberos", "LDAP", "IMAPS",
		"SMBv23", "RDP", "SNMP", "SIP", "RTP", "MQTT", "Modbus", "Unknown", "PostgreSQL", "MySQL", "Redis", "NFS", "RTSP", "BACnet", "OPC-UA", "Syslog", "TFTP", "FTP_CONTROL",
		"IRC", "XMPP", "STUN", "WireGuard", "ANameThatIsMuchLongerThanAnyThatAProtocolHasEverHad.AndAnApplicationThatIsNoShorter",
	}
	for i := range hosts {
		src := address(i)
		known := s.Of(servmap.None)
		known.Add(src, servmap.Remote, uint64(1000*(i%997+1)), services[i%7])
		known.Add(src, servmap.Remote, 12_345_678_901, services[(i+3)%7])
		known.Add(src, address(i%3), uint64(100+i), "DNS."+services[i%5][strings.IndexByte(services[i%5]+".", '.')%len(services[i%5]):])
		known.Add(src, servmap.Multicast, 300, "MDNS")
		if i%4 == 0 {
			known.Add(src, address(i%5), 50_000, services[i%len(services)])
		}
		if i%9 == 0 {
			s.Of(servmap.ProtocolNeverUsed).Add(src, address((i+7)%hosts), 77_000, "SSH")
		}
		s.Flows += 5
	}
	evil := servmap.HostNamed("<script>alert(1)</script> \u202e&quot;\"' " + strings.Repeat("W", 300))
	s.Of(servmap.UnknownSource).Add(evil, address(1), 10, "x<b>\u65e5\u672c\u8a9e")
	var found []*findings.Finding
	for i := 0; i < hosts; i += 9 {
		level := []string{"low", "info", "high", "medium"}[i/9%4]
		found = append(found, someFinding(fmt.Sprintf("%012x", i), level, address(i).String(), address((i+7)%hosts).String()))
	}
	slices.SortStableFunc(found, func(a, b *findings.Finding) int { return int(b.LevelOf()) - int(a.LevelOf()) })
	s.Extra = findings.NewExtra(found, s.Flows, []string{"office.pcap"}, findings.MapFile{File: "services_map.json"})
	return reread(s)
}

// reread writes a report and reads it again, which gives findings their level.
func reread(s *findings.Set) *findings.Set {
	var b bytes.Buffer
	if err := s.WriteJSON(&b); err != nil {
		panic(err)
	}
	out, err := findings.Parse("report", b.Bytes())
	if err != nil {
		panic(err)
	}
	return out
}

func someFinding(id, level, src, dst string) *findings.Finding {
	side := func(h string) findings.Side {
		return findings.Side{Host: h, Count: 1, Hosts: []string{h}, Addresses: []string{h}, Name: "pc <i>" + h, MACs: []string{}, Domains: []string{}, Owners: []string{}}
	}
	return &findings.Finding{
		ID: id, Level: level, Kind: "new-client", Title: src + " uses SSH with " + dst, Why: "nobody did", Source: side(src), Destination: side(dst),
		Applications: []string{"SSH"}, Transport: []string{"tcp"}, Ports: []uint16{22}, Flows: 1, Bytes: 77_000, First: "2026-11-23T03:14:22.936Z", Last: "2026-11-23T03:14:24.148Z",
		Verdicts: map[string]uint64{"PROTOCOL NEVER USED": 1}, Files: []string{}, CommunityIDs: []string{}, Accept: []servmap.Addition{}, More: []string{},
	}
}

// TestThreeThousandHosts draws a large network in less than two seconds, and the same twice.
func TestThreeThousandHosts(t *testing.T) {
	s := network(3000)
	began := time.Now()
	var first, second bytes.Buffer
	if err := OfReport(s).WriteSVG(&first); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := OfReport(s).WriteSVG(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same report gives two pictures")
	}
	if first.Len() > 5<<20 {
		t.Errorf("the picture has %d bytes", first.Len())
	}
}

// TestManyServices draws a pair that uses as many ports as there are.
func TestManyServices(t *testing.T) {
	s := &findings.Set{}
	for port := range 65_535 {
		s.Of(servmap.None).Add(servmap.HostNamed("10.0.0.1"), servmap.Remote, 1, fmt.Sprintf("Unknown:tcp/%d", port))
	}
	began := time.Now()
	g := OfReport(s)
	var b bytes.Buffer
	if err := g.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second || b.Len() > 100_000 || len(g.Lines[0].Services) != 65_535 {
		t.Errorf("it took %v and %d bytes, of %d services", took, b.Len(), len(g.Lines[0].Services))
	}
}

// TestSVGIsXML wants pictures that a parser takes, and in which names are text.
func TestSVGIsXML(t *testing.T) {
	for _, hosts := range []int{3, 100} {
		var b bytes.Buffer
		if err := OfReport(network(hosts)).WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		seen := false
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch v := token.(type) {
			case xml.StartElement:
				if !slices.Contains([]string{"svg", "style", "g", "title", "rect", "path", "text", "tspan", "circle"}, v.Name.Local) {
					t.Errorf("there is an element %s", v.Name.Local)
				}
				for _, a := range v.Attr {
					if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style" {
						t.Errorf("%s has %s", v.Name.Local, a.Name.Local)
					}
				}
			case xml.CharData:
				seen = seen || strings.Contains(string(v), "<script>alert(1)</script>")
				if strings.Contains(string(v), "\u202e") {
					t.Errorf("%q turns the text round", v)
				}
			}
		}
		if !seen && hosts < MostHosts {
			t.Error("the name is not there as text")
		}
	}
}

func TestGroups(t *testing.T) {
	g := OfReport(network(1000))
	if !g.Grouped() {
		t.Fatal("1,000 hosts are drawn one by one")
	}
	groups := g.Group()
	if n := len(groups.Hosts); n > mostGroups+mostAlone+5 {
		t.Errorf("there are %d groups", n)
	}
	var members, lines []int
	for _, h := range groups.Hosts {
		members = append(members, h.Members...)
	}
	for _, l := range groups.Lines {
		lines = append(lines, l.Members...)
	}
	slices.Sort(members)
	slices.Sort(lines)
	if len(slices.Compact(members)) != len(g.Hosts) || len(slices.Compact(lines)) != len(g.Lines) {
		t.Errorf("%d hosts of %d and %d lines of %d are in groups", len(members), len(g.Hosts), len(lines), len(g.Lines))
	}
	p := Draw(g, Form{})
	shown := map[int]bool{}
	for _, r := range p.Rows {
		for _, h := range r {
			if shown[h] {
				t.Fatalf("host %d has two rows", h)
			}
			shown[h] = true
		}
	}
	if len(shown) < 1000 {
		t.Errorf("the matrix has %d hosts", len(shown))
	}
}

func TestNarrow(t *testing.T) {
	g := OfReport(network(50))
	for _, tt := range []struct {
		name  string
		some  Selection
		fits  func(g *Graph, l *Line) bool
		lines bool
	}{
		{"address", Selection{Hosts: []string{"10.0.0.4"}}, func(g *Graph, l *Line) bool {
			return g.Hosts[l.Src].Key.String() == "10.0.0.4" || g.Hosts[l.Dst].Key.String() == "10.0.0.4"
		}, true},
		{"network", Selection{Hosts: []string{"10.0.0.0/29"}}, func(g *Graph, l *Line) bool {
			return strings.HasPrefix(g.Hosts[l.Src].Key.String(), "10.0.0.") || strings.HasPrefix(g.Hosts[l.Dst].Key.String(), "10.0.0.")
		}, true},
		{"word", Selection{Hosts: []string{"remote"}}, func(g *Graph, l *Line) bool { return g.Hosts[l.Dst].Key == servmap.Remote }, true},
		{"name", Selection{Hosts: []string{"PC <i>10.0.0.2"}}, func(g *Graph, l *Line) bool { return true }, true},
		{"protocol", Selection{Services: []string{"tls"}}, func(g *Graph, l *Line) bool { return strings.HasPrefix(l.Services[0].Name, "TLS.") }, true},
		{"no part of a word", Selection{Services: []string{"TL"}}, nil, false},
		{"new", Selection{New: true}, func(g *Graph, l *Line) bool { return l.Mark > Known }, true},
		{"nobody", Selection{Hosts: []string{"10.9.9.9"}}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := g.Narrow(tt.some)
			if (len(got.Lines) > 0) != tt.lines || len(got.Lines) == len(g.Lines) {
				t.Fatalf("%d lines of %d", len(got.Lines), len(g.Lines))
			}
			for i := range got.Lines {
				if !tt.fits(got, &got.Lines[i]) {
					t.Errorf("line %+v", got.Lines[i])
				}
			}
		})
	}
}

// TestFindingsOfLines wants each finding on a line of its level.
func TestFindingsOfLines(t *testing.T) {
	g := OfReport(network(40))
	on := make([]bool, len(g.Findings))
	for _, l := range g.Lines {
		for _, s := range l.Services {
			for _, f := range s.Findings {
				on[f] = true
				if l.Mark < MarkOf(g.Findings[f].LevelOf()) {
					t.Errorf("finding %s of level %s is on a line that is %s", g.Findings[f].ID, g.Findings[f].Level, l.Mark)
				}
			}
		}
	}
	if len(on) == 0 || slices.Contains(on, false) {
		t.Errorf("not all findings are on lines: %v", on)
	}
}

func TestServiceWords(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"DNS", "DNS"},
		{"DNS.NetFlix", "DNS.NetFlix"},
		{"DNS DNS.NetFlix", "DNS; DNS.NetFlix"},
		{"DNS.NetFlix TLS.NetFlix DNS.YouTube", "DNS (NetFlix, YouTube); TLS.NetFlix"},
		{"Unknown:tcp/7788 Unknown", "tcp/7788; not recognised"},
		{"a\x1b[2J", `a\x1b[2J`},
	} {
		var list []Service
		for _, name := range strings.Split(tt.in, " ") {
			list = append(list, Service{Name: name})
		}
		if got := strings.Join(serviceWords(list), "; "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWrapped(t *testing.T) {
	list := []string{"TLS (NetFlix, Spotify, YouTube)", "HTTP.Microsoft", "NTP", "Kerberos", "LDAP", strings.Repeat("x", 100)}
	for most := 1; most < 4; most++ {
		for width := 60.0; width < 400; width += 13 {
			lines := wrapped(list, 0, labelSize, width, most)
			if len(lines) == 0 || len(lines) > most {
				t.Fatalf("%d lines", len(lines))
			}
			for _, l := range lines {
				if textWidth(l, labelSize, false) > width {
					t.Errorf("%q is wider than %.0f", l, width)
				}
			}
		}
	}
	for _, tt := range []struct {
		width float64
		left  int
		want  string
	}{{200, 0, "TLS (NetFlix, Spotify, …) +6"}, {320, 0, "TLS (NetFlix, Spotify, YouTube) +5"}, {320, 3, "TLS (NetFlix, Spotify, YouTube) +8"}, {60, 1, "TL…x +8"}} {
		if got := wrapped(list, tt.left, labelSize, tt.width, 1); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%.0f wide: %q, want %q", tt.width, got, tt.want)
		}
	}
}

// TestDOT has Graphviz read what is written, where it is installed, and counts what is there.
func TestDOT(t *testing.T) {
	g := OfReport(network(30))
	var b bytes.Buffer
	if err := g.WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), " -> n"); n != len(g.Lines) {
		t.Errorf("there are %d edges, want %d", n, len(g.Lines))
	}
	for line := range strings.Lines(b.String()) {
		bare := strings.NewReplacer(`\\`, "", `\"`, "").Replace(line)
		if strings.Count(bare, `"`)%2 != 0 {
			t.Errorf("a string does not end: %s", line)
		}
	}
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("there is no dot")
	}
	cmd := exec.Command(dot, "-Tplain")
	cmd.Stdin = &b
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// FuzzNames draws hosts and services of any name: the picture stays XML, holds no element that is not ours, and no text
// covers another.
func FuzzNames(f *testing.F) {
	f.Add("tv", "TLS.NetFlix")
	f.Add("<script>", "\u202e\x00\xff")
	f.Add("\ufdfd\ufdfd", strings.Repeat("a.", 500))
	f.Fuzz(func(t *testing.T, name, service string) {
		s := &findings.Set{}
		for i, app := range []string{service, "DNS." + service, service + ".x"} {
			s.Of(servmap.None).Add(servmap.HostNamed(name), servmap.HostNamed(fmt.Sprint(name, i)), 1000, app)
			s.Of(servmap.UnknownSource).Add(servmap.HostNamed(fmt.Sprint(i, name)), servmap.Remote, 1000, app)
		}
		g := OfReport(s)
		g.Title = name
		for i := range g.Hosts {
			g.Hosts[i].Name = service
		}
		for _, form := range []Form{{}, {Narrow: true}} {
			p := Draw(g, form)
			for i, a := range p.boxes {
				for _, b := range p.boxes[:i] {
					if a.overlaps(b) {
						t.Fatalf("%q overlaps %q", a.text, b.text)
					}
				}
			}
		}
		var b bytes.Buffer
		if err := g.WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok && !slices.Contains([]string{"svg", "style", "g", "title", "rect", "path", "text", "tspan", "circle"}, e.Name.Local) {
				t.Errorf("there is an element %s", e.Name.Local)
			}
		}
	})
}
