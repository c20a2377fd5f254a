package page

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"servmap/report/graph"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// evil are names that do harm where they are taken for more than text.
var evil = []string{
	`<img src="http://evil.example/x.png" onerror="window.hacked=1">`, `</script><script>window.hacked=1</script>`, `"><svg onload=window.hacked=1>`, `'-alert(1)-'`,
	`javascript:window.hacked=1`, "{{.Title}}", "${window.hacked=1}", `<!--<script>`, "\u202egnp.exe", `]]>&amp;<b>bold</b>`,
}

// sample returns a report with flows: so many flows and findings, of hosts with names of no good.
func sample(t testing.TB, flows, found int) (*graph.Graph, *findings.Set) {
	t.Helper()
	s := &findings.Set{Kept: &findings.Kept{}}
	start := time.Date(2026, 11, 23, 3, 14, 0, 0, time.UTC)
	services := []string{"TLS.NetFlix", "DNS.NetFlix", "HTTP", "NTP", "QUIC.YouTube", "SMBv23", "MDNS"}
	hosts := max(3, min(110, flows/20))
	var list []*findings.Finding
	for i := range flows {
		src := netip.AddrFrom4([4]byte{10, 42, byte(i % 3), byte(10 + i%hosts)})
		dst, to := netip.AddrFrom4([4]byte{203, 0, 113, byte(i % 250)}), servmap.Remote
		if i%3 == 0 {
			dst = netip.AddrFrom4([4]byte{10, 42, 0, byte(1 + i%5)})
			to = servmap.AddrHost(dst)
		}
		k := findings.KeptFlow{
			N: uint64(i + 1), Src: servmap.AddrHost(src), Dst: to, SrcAddr: src, DstAddr: dst, SrcPort: uint16(40_000 + i%20_000), DstPort: 443, Protocol: 6,
			Service: services[i%len(services)], Name: fmt.Sprintf("host%d.example.com", i%300), First: start.Add(time.Duration(i) * 700 * time.Millisecond).UnixNano(),
			BytesOut: uint64(500 + i%9000), BytesIn: uint64(3000 + i*7%90_000), Packets: 20,
		}
		k.Last = k.First + int64(i%50)*int64(time.Second)
		verdict := servmap.None
		if i < found {
			k.Service, k.Name, verdict = "SSH", evil[i%len(evil)], servmap.ProtocolNeverUsed
			f := sampleFinding(i, &k)
			k.Finding, k.Verdict = f.ID, verdict
			list = append(list, f)
		}
		s.Flows++
		if verdict != servmap.None {
			s.Anomalies++
		}
		s.Of(verdict).Add(k.Src, k.Dst, k.BytesOut+k.BytesIn, k.Service)
		s.Kept.Flows = append(s.Kept.Flows, k)
	}
	s.Kept.Finish(nil)
	s.Extra = findings.NewExtra(list, s.Flows, []string{evil[0]}, findings.MapFile{File: "services_map.json"})
	var b bytes.Buffer
	if err := s.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	again, err := findings.Parse("report", b.Bytes()) // which gives findings their level
	if err != nil {
		t.Fatal(err)
	}
	again.Kept = s.Kept
	g := graph.OfReport(again)
	g.Kept, g.Title = again.Kept, "suspect.pcap "+evil[0]
	return g, again
}

func sampleFinding(i int, k *findings.KeptFlow) *findings.Finding {
	level := findings.LevelNames()[i%5]
	if i%5 == 0 {
		level = "high"
	}
	side := func(h servmap.Host, a netip.Addr) findings.Side {
		return findings.Side{Host: h.String(), Count: 1, Hosts: []string{h.String()}, Name: evil[i%len(evil)], Addresses: []string{a.String()}, MACs: []string{"02:00:00:00:00:01"},
			Vendor: evil[(i+1)%len(evil)], Domains: []string{evil[(i+2)%len(evil)]}, Owners: []string{}}
	}
	return &findings.Finding{
		ID: fmt.Sprintf("%012x", i+1), Level: level, Kind: "new-protocol", Title: fmt.Sprintf("%s (%s) uses SSH with %s", evil[i%len(evil)], k.Src, k.Dst), Why: "no host here used SSH " + evil[(i+3)%len(evil)],
		Source: side(k.Src, k.SrcAddr), Destination: side(k.Dst, k.DstAddr), Applications: []string{"SSH"}, Transport: []string{"tcp"}, Ports: []uint16{22},
		Flows: 1, Packets: 20, Bytes: k.BytesOut + k.BytesIn, BytesOut: k.BytesOut, BytesIn: k.BytesIn, Answered: i%2 == 0,
		First: time.Unix(0, k.First).UTC().Format("2006-01-02T15:04:05.000Z"), Last: time.Unix(0, k.Last).UTC().Format("2006-01-02T15:04:05.000Z"),
		Files: []string{"suspect.pcap"}, Verdicts: map[string]uint64{"PROTOCOL NEVER USED": 1}, CommunityIDs: []string{"1:abc="},
		Accept: []servmap.Addition{}, More: []string{},
	}
}

// write returns the page of a sample.
func write(t testing.TB, flows, found int) []byte {
	t.Helper()
	g, s := sample(t, flows, found)
	var b bytes.Buffer
	if err := Write(&b, g, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPageIsOneSafeFile looks at the page's text: the policy, no address of anything else, names that are escaped, the
// same bytes twice.
func TestPageIsOneSafeFile(t *testing.T) {
	page := write(t, 200, 20)
	if !bytes.Equal(page, write(t, 200, 20)) {
		t.Error("the same report gives two pages")
	}
	text := string(page)
	policy := `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-`
	if !strings.Contains(text, policy) {
		t.Errorf("there is no policy that begins %s", policy)
	}
	for _, bad := range []string{"unsafe-", `src="http`, "<img", "<iframe", "<object", "<svg onload", " style=", "\u202e", "@import", "url("} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("there are %d scripts", n)
	}
}

// TestLargePage wants a page of 10,000 flows and 200 findings to be small, and one of more to be cut.
func TestLargePage(t *testing.T) {
	page := write(t, 10_000, 200)
	if len(page) > 5<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	t.Logf("%d bytes", len(page))
	var k findings.Kept
	g, s := sample(t, 10, 2)
	for range 3 {
		for i := range findings.MostKept {
			c := s.Kept.Flows[i%10]
			k.Flows = append(k.Flows[:min(len(k.Flows), findings.MostKept)], c)
		}
	}
	k.Flows, k.Left = k.Flows[:findings.MostKept], 12_345
	g.Kept = &k
	var b bytes.Buffer
	if err := Write(&b, g, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "12345 more flows") {
		t.Error("the page does not say how many flows it has not")
	}
}

func TestPageInBrowser(t *testing.T) {
	b := startBrowser(t)
	b.open(write(t, 200, 20), 1280, false)
	if got := b.eval(`document.title`); got != "suspect.pcap "+evil[0]+" – servmap" {
		t.Errorf("the title is %q", got)
	}
	if got := b.eval(`[...document.querySelectorAll('.finding')].filter((e) => e.getClientRects().length).length`); got != "20" {
		t.Errorf("%s findings are shown", got)
	}
	if got := b.eval(`document.querySelectorAll('#flows-table tbody tr').length + ' ' + document.getElementById('flows-count').textContent`); got != "50 200 in all" {
		t.Errorf("the table of flows has %s", got)
	}
	t.Run("hostile names are text", func(t *testing.T) {
		if got := b.eval(`String(window.hacked) + document.querySelectorAll('img, iframe, b:not(.chip b), script:not(#data)').length`); got != "undefined1" {
			t.Errorf("a name was taken for more than text: %s", got)
		}
		if got := b.eval(`document.querySelector('.finding .headline').textContent`); !strings.Contains(got, "<") {
			t.Errorf("the first finding is %q", got)
		}
	})
	t.Run("click on a line", func(t *testing.T) {
		b.click(".picture .line[data-l] path.grab")
		got := b.eval(`document.getElementById('panel').hidden + document.getElementById('panel').innerText`)
		for _, want := range []string{"false", "→", "Services", "flow", "2026-11-23 03:"} {
			if !strings.Contains(got, want) {
				t.Errorf("the panel has no %q: %s", want, got)
			}
		}
		b.shot("panel", false)
	})
	t.Run("click on a host", func(t *testing.T) {
		b.click(".picture .host .hit")
		if got := b.eval(`document.getElementById('panel').innerText`); !strings.Contains(got, "Talks to") && !strings.Contains(got, "Is talked to by") {
			t.Errorf("the panel has %s", got)
		}
		b.click("#panel-close")
		if got := b.eval(`document.getElementById('panel').hidden`); got != "true" {
			t.Error("the panel does not close")
		}
	})
	t.Run("search", func(t *testing.T) {
		b.eval(`document.getElementById('search').focus()`)
		b.typed("ssh 10.42.1.11")
		b.eval(`new Promise((done) => setTimeout(done, 300))`)
		if got := b.eval(`document.getElementById('flows-count').textContent`); !strings.HasSuffix(got, " of 200") || strings.HasPrefix(got, "0 ") {
			t.Errorf("the table of flows has %s", got)
		}
		if got := b.eval(`document.querySelectorAll('.picture .hit-by').length > 0 && document.querySelectorAll('.picture .line:not(.hit-by)').length > 0`); got != "true" {
			t.Error("the picture shows nothing of the search")
		}
		b.eval(`(() => { const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input')); return new Promise((done) => setTimeout(done, 300)); })()`)
	})
	t.Run("sort", func(t *testing.T) {
		b.click("#flows-table th:nth-child(8) button")
		values := strings.Fields(b.eval(`[...document.querySelectorAll('#flows-table tbody td:nth-child(1)')].slice(0, 5).map((e) => flows[+e.textContent - 1].bytes).join(' ')`))
		last := -1
		for i, v := range values {
			n, err := strconv.Atoi(v)
			if err != nil || i > 0 && n > last {
				t.Errorf("sorted by bytes: %v", values)
			}
			last = n
		}
		if got := b.eval(`document.querySelector('#flows-table th:nth-child(8)').getAttribute('aria-sort')`); got != "descending" {
			t.Errorf("sorted %s", got)
		}
	})
	t.Run("levels", func(t *testing.T) {
		b.click(".levels .high")
		if got := b.eval(`[...document.querySelectorAll('.finding.high')].filter((e) => e.getClientRects().length).length`); got != "0" {
			t.Errorf("%s findings of level high are shown", got)
		}
		b.click(".levels .high")
	})
	t.Run("a finding shows in the graph", func(t *testing.T) {
		b.click(".finding summary")
		b.click(".finding [data-show]")
		if got := b.eval(`!document.getElementById('panel').hidden && document.querySelectorAll('.picture.wide .line.on').length`); got != "1" {
			t.Errorf("%s lines are on", got)
		}
	})
	b.clean()
}

// TestKeyboardAlone goes through the page without a mouse.
func TestKeyboardAlone(t *testing.T) {
	b := startBrowser(t)
	b.open(write(t, 200, 20), 1280, false)
	focus := func() string {
		return b.eval(`(() => { const e = document.activeElement; return e.closest('.picture') ? 'picture' : e.tagName.toLowerCase() + '#' + e.id + '.' + e.className; })()`)
	}
	b.key("Tab")
	if got := focus(); got != "a#.skip" {
		t.Errorf("the first stop is %s", got)
	}
	until := func(want string) {
		t.Helper()
		for range 120 {
			if strings.HasPrefix(focus(), want) {
				return
			}
			b.key("Tab")
		}
		t.Fatalf("Tab does not come to %s", want)
	}
	until("summary")
	b.key("Enter")
	if got := b.eval(`document.activeElement.parentElement.open`); got != "true" {
		t.Error("Enter does not open a finding")
	}
	until("picture")
	first := b.eval(`document.activeElement.getAttribute('aria-label')`)
	b.key("ArrowDown", "ArrowRight", "ArrowDown")
	if got := b.eval(`document.activeElement.getAttribute('aria-label')`); got == first || !strings.Contains(focus(), "picture") {
		t.Errorf("arrows do not move from %q", first)
	}
	chosen := b.eval(`document.activeElement.getAttribute('aria-label')`)
	b.key("Enter")
	if got := b.eval(`!document.getElementById('panel').hidden + document.activeElement.id`); got != "1panel-title" && got != "truepanel-title" {
		t.Errorf("Enter does not go to the details: %s", got)
	}
	b.key("Escape")
	if got := b.eval(`document.activeElement.getAttribute('aria-label')`); got != chosen {
		t.Errorf("Escape goes to %q, not back to %q", got, chosen)
	}
	b.key("/")
	if got := focus(); !strings.HasPrefix(got, "input#search") {
		t.Errorf("/ goes to %s", got)
	}
	b.eval(`document.querySelector('#flows-table th:nth-child(8) button').focus()`)
	b.key(" ")
	if got := b.eval(`document.querySelector('#flows-table th:nth-child(8)').getAttribute('aria-sort')`); got != "descending" {
		t.Errorf("the blank sorts %s", got)
	}
	b.clean()
}

// TestWidths wants no page wider than the screen, and no two labels over each other as the browser's fonts have them.
func TestWidths(t *testing.T) {
	b := startBrowser(t)
	for name, page := range map[string][]byte{"small": write(t, 60, 8), "large": write(t, 3000, 60)} {
		for _, width := range []int{390, 1280, 1920} {
			b.open(page, width, false)
			b.eval(`document.querySelectorAll('.finding').forEach((e, i) => { e.open = i < 2; })`)
			for _, dark := range []bool{false, true} {
				b.dark(dark)
				if got := b.eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); got != "0" {
					t.Errorf("%s at %d: the page is %s wider than the screen", name, width, got)
				}
				b.shot(fmt.Sprintf("%s-%d-%v", name, width, map[bool]string{true: "dark", false: "light"}[dark]), true)
			}
			if got := b.eval(overlapping); got != "" {
				t.Errorf("%s at %d: %s", name, width, got)
			}
		}
	}
	b.clean()
}

// overlapping names two texts of the picture, as it is seen, whose boxes overlap.
const overlapping = `(() => {
	const boxes = [...document.querySelectorAll('.picture text:not([transform])')].filter((e) => e.getClientRects().length).map((e) => {
		const r = e.getBoundingClientRect();
		return {text: e.textContent, left: r.left, right: r.right, top: r.top + r.height * 0.15, bottom: r.bottom - r.height * 0.15};
	});
	if (boxes.length < 5) return 'there are no labels';
	for (let i = 0; i < boxes.length; i++) {
		for (let j = Math.max(0, i - 150); j < i; j++) {
			const a = boxes[i], b = boxes[j];
			if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom && b.top < a.bottom) return a.text + ' overlaps ' + b.text;
		}
	}
	return '';
})()`

// TestLargePageOpens wants 10,000 flows on the screen within two seconds.
func TestLargePageOpens(t *testing.T) {
	b := startBrowser(t)
	page := write(t, 10_000, 200)
	best := time.Hour
	for range 3 { // the machine may have something else to do
		best = min(best, b.open(page, 1280, false))
	}
	t.Logf("%v", best)
	if best > 2*time.Second {
		t.Errorf("it took %v", best)
	}
	if got := b.eval(`document.getElementById('flows-count').textContent`); got != "10000 in all" {
		t.Errorf("the table of flows has %s", got)
	}
	b.clean()
}

// TestPolicy has the page try what its policy forbids.
func TestPolicy(t *testing.T) {
	b := startBrowser(t)
	b.open(write(t, 20, 2), 1280, false)
	b.clean()
	got := b.eval(`(async () => {
		const s = document.createElement('script');
		s.textContent = 'window.ran = 1';
		document.body.append(s);
		document.body.insertAdjacentHTML('beforeend', '<p onclick="window.ran = 2" style="position: fixed" id="probe">x</p><img src="https://evil.example/x.png">');
		document.getElementById('probe').click();
		let fetched = 'blocked';
		try { await fetch('https://evil.example/'); fetched = 'fetched'; } catch {}
		return [String(window.ran), getComputedStyle(document.getElementById('probe')).position, fetched].join(' ');
	})()`)
	if got != "undefined static blocked" {
		t.Errorf("the policy lets pass: %s", got)
	}
}

// axeVersion is the version of axe-core, which comes from npm where that is there.
const axeVersion = "4.10.3"

// axe returns the text of axe-core, or skips the test.
func axe(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("skipped: there is no npm to fetch axe-core with")
	}
	dir := t.TempDir()
	cmd := exec.Command(npm, "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, "axe-core@"+axeVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("skipped: axe-core cannot be fetched: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	return string(text)
}

// ofGraph is the page of a graph that nobody judged, and without flows.
func ofGraph(t *testing.T) []byte {
	t.Helper()
	m, err := servmap.Parse("map", []byte(`{"10.0.0.1": {"remote": [5, "TLS"], "10.0.0.2": [7, "DNS", "DHCP"]}, "10.0.0.3": {"10.0.0.1": [9, "SSH"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, graph.OfMap(m), nil); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`id="findings"`, `id="flows"`, `id="time"`} {
		if bytes.Contains(b.Bytes(), []byte(part)) {
			t.Errorf("the page of a map has %s", part)
		}
	}
	return b.Bytes()
}

// TestAccessible has axe-core look at the page, light and dark, wide and narrow, with details open.
func TestAccessible(t *testing.T) {
	b := startBrowser(t)
	rules := axe(t)
	small, large := write(t, 60, 8), write(t, 400, 20)
	for _, tt := range []struct {
		page       []byte
		width      int
		dark, open bool
	}{{small, 390, false, true}, {small, 390, true, true}, {small, 1280, false, false}, {small, 1280, false, true}, {small, 1280, true, true}, {large, 1280, true, true}, {write(t, 20, 0), 1280, false, true}, {ofGraph(t), 390, false, true}} {
		b.open(tt.page, tt.width, tt.dark)
		b.eval(rules + "; 1")
		if tt.open {
			b.eval(`document.querySelectorAll('.finding').forEach((e, i) => { e.open = i < 3; })`)
			b.click(".picture .host .hit")
		}
		got := b.eval(`axe.run().then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')).join('\n'))`)
		if got != "" {
			t.Errorf("%d bytes at %d, dark %v, details %v:\n%s", len(tt.page), tt.width, tt.dark, tt.open, got)
		}
	}
	b.clean()
}

// TestPageOfManyHosts wants a page that is bounded, of more hosts than it holds, and that holds all lines with findings.
func TestPageOfManyHosts(t *testing.T) {
	_, s := sample(t, 100, 5)
	for i := range 20_000 {
		s.Of(servmap.None).Add(servmap.AddrHost(netip.AddrFrom4([4]byte{9, 0, byte(i >> 8), byte(i)})), servmap.Remote, 5, "TLS")
	}
	g := graph.OfReport(s)
	c := choose(g)
	if len(c.hosts) != mostHosts || len(c.lines) > mostLines {
		t.Errorf("the page has %d hosts and %d lines", len(c.hosts), len(c.lines))
	}
	for i := range g.Lines {
		if l := &g.Lines[i]; l.Mark > graph.Known && (c.lineAt[i] < 0 || c.hosts[c.hostAt[l.Src]] != l.Src) {
			t.Errorf("the page has no line %d, which has findings", i)
		}
	}
	var b bytes.Buffer
	if err := Write(&b, g, s); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 5<<20 || !strings.Contains(b.String(), " more hosts are left out") {
		t.Errorf("the page has %d bytes", b.Len())
	}
}
