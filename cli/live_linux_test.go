package cli

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLiveIsLikeItsCapture has real programs talk while the program checks,
// learns and lists flows at the interface, while it checks what tcpdump sends
// through a pipe, and while tcpdump writes a file. In the end all say the same
// as the file does.
func TestLiveIsLikeItsCapture(t *testing.T) {
	t.Parallel()
	near, far := wire(t)
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write(t, dir, "services_map.json", `{"`+nearAddr+`": {"`+farAddr+`": [1, "DNS"]}}`)
	runs := captureAll(t, near, dir)
	talk(t, near, far)
	waitFor(t, "the end of the talk", func() bool { return quiet(t, filepath.Join(dir, "file.pcap")) })
	for _, r := range runs {
		if err := r.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}
	for i, want := range []int{1, 0, 0, 0, 0, 1} {
		if got := runs[i].end(t, nil); got != want {
			t.Errorf("%v: status %d, want %d\n%s", runs[i].Args, got, want, runs[i].stderr.String())
		}
	}
	for _, r := range runs[:3] {
		if !strings.Contains(r.stderr.String(), "near: 0 packets dropped by the kernel") {
			t.Errorf("%v does not tell what was dropped:\n%s", r.Args, r.stderr.String())
		}
	}
	for _, args := range [][]string{
		checkAs("file", "file.pcap"), {"train", "file.pcap", "-o", "file-map.json"},
		{"flows", "file.pcap", "--format", "text", "-o", "file-flows.txt"},
	} {
		if got := runIn(t, dir, args...); got.status > 1 {
			t.Fatalf("%v: status %d\n%s", args, got.status, got.stderr)
		}
	}
	compare(t, dir)
}

// checkAs are the arguments of a check that leaves its lines and its report
// under a name.
func checkAs(name string, rest ...string) []string {
	return append([]string{"check", "--report", name + ".json", "-o", name + ".txt"}, rest...)
}

// captureAll starts, on the same interface: check, train and flows, tcpdump
// into a file, and tcpdump into a check.
func captureAll(t *testing.T, n *netns, dir string) []*running {
	t.Helper()
	tcpdump := func(to string) *exec.Cmd {
		cmd := n.command("tcpdump", "-i", "near", "-U", "--immediate-mode", "-w", to)
		cmd.Dir = dir
		return cmd
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, piped := tcpdump("-"), n.servmap(dir, checkAs("piped", "-")...)
	pipe.Stdout, piped.Stdin = w, r
	runs := []*running{
		launch(t, n.servmap(dir, checkAs("live", "-i", "near")...)),
		launch(t, n.servmap(dir, "train", "-i", "near", "-o", "live-map.json")),
		launch(t, n.servmap(dir, "flows", "-i", "near", "--format", "text", "-o", "live-flows.txt")),
		launch(t, tcpdump("file.pcap")),
		launch(t, pipe),
		launch(t, piped),
	}
	r.Close()
	w.Close()
	waitFor(t, "the captures", func() bool { return n.captures(t) == 5 })
	return runs
}

// compare wants what was captured live, or came through the pipe, to be what
// the file says.
func compare(t *testing.T, dir string) {
	t.Helper()
	for _, same := range [][2]string{
		{"live.txt", "file.txt"}, {"piped.txt", "file.txt"}, {"live.json", "file.json"}, {"piped.json", "file.json"},
		{"live-flows.txt", "file-flows.txt"}, {"live-map.json", "file-map.json"},
	} {
		got, want := read(t, dir, same[0]), read(t, dir, same[1])
		// What a map remembers of its captures is another matter.
		got, _, _ = strings.Cut(got, `"@servmap"`)
		want, _, _ = strings.Cut(want, `"@servmap"`)
		if got != want || want == "" {
			t.Errorf("%s:\n%s\n%s:\n%s", same[0], got, same[1], want)
		}
	}
	for _, label := range []string{"HTTP", "TLS.Wikipedia", "DNS.Wikipedia", "SSH"} {
		if lines := read(t, dir, "live.txt"); !strings.Contains(lines, label) {
			t.Errorf("no %s:\n%s", label, lines)
		}
	}
}

// quiet reports whether a file has stopped growing.
func quiet(t *testing.T, path string) bool {
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	time.Sleep(300 * time.Millisecond)
	return before == size()
}

// talk lets programs at the near end use servers at the far end.
func talk(t *testing.T, near, far *netns) {
	t.Helper()
	serve(t, far)
	const host = "www.wikipedia.org"
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, args := range [][]string{
		{"curl", "-sS", "-o", "/dev/null", "http://" + farAddr + "/"},
		{"dig", "@" + farAddr, "+tries=1", "+time=3", host},
		{"curl", "-sSk", "-o", "/dev/null", "--resolve", host + ":443:" + farAddr, "https://" + host + "/"},
		{"ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentityFile=none", "-o", "LogLevel=ERROR", "-o", "StrictHostKeyChecking=no",
			"-o", "UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null", "somebody@" + farAddr, "true"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Skip(err)
		}
		enter := near.command(args[0], args[1:]...)
		cmd := exec.CommandContext(ctx, enter.Path, enter.Args[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
}

// talker has a socket listen at addr, so that datagrams to it are not answered,
// and returns how to send it some.
func (n *netns) talker(t *testing.T, addr string) (send func(count int)) {
	t.Helper()
	n.within(t, func() error {
		conn, err := net.ListenPacket("udp", addr)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
		return err
	})
	return func(count int) {
		t.Helper()
		n.datagrams(t, addr, count)
	}
}

// TestLiveEndsByCount also has the loopback interface show every packet twice,
// as the kernel does, of which one counts.
func TestLiveEndsByCount(t *testing.T) {
	t.Parallel()
	n := loopback(t)
	send := n.talker(t, "127.0.0.1:40404")
	for format, want := range map[string]string{"text": "--> 127.0.0.1:40404", "ndjson": `"bidirectional_packets":5,`} {
		r := launch(t, n.servmap(t.TempDir(), "flows", "-q", "-i", "lo", "--format", format, "--count", "5"))
		waitFor(t, "the capture", func() bool { return n.captures(t) == 1 })
		send(5)
		status := r.end(t, nil)
		if out := r.stdout.String(); status != 0 || !strings.Contains(out, want) || strings.Count(out, "\n") != 1 {
			t.Errorf("status %d\n%s%s", status, out, r.stderr.String())
		}
	}
}

// TestLiveEndsBySignal learns a map until SIGINT and checks by it until SIGTERM.
// Both are over what came before the signal. What was learned fits; another port does not.
func TestLiveEndsBySignal(t *testing.T) {
	t.Parallel()
	n := loopback(t)
	send, sendElsewhere := n.talker(t, "127.0.0.1:40404"), n.talker(t, "127.0.0.1:40405")
	dir := t.TempDir()
	r := launch(t, n.servmap(dir, "train", "-q", "-i", "lo"))
	waitFor(t, "the capture", func() bool { return n.captures(t) == 1 })
	send(3)
	status := r.end(t, os.Interrupt)
	if m := read(t, dir, "services_map.json"); status != 0 || !strings.Contains(m, `"name": "lo"`) || !strings.Contains(m, `"packets": 3`) {
		t.Errorf("status %d: %s\nthe map:\n%s", status, r.stderr.String(), m)
	}
	r = launch(t, n.servmap(dir, "check", "-q", "-i", "lo", "--fail-on", "minor", "--report", "report.json"))
	waitFor(t, "the capture", func() bool { return n.captures(t) == 1 })
	send(3)
	sendElsewhere(3)
	status = r.end(t, syscall.SIGTERM)
	if out := r.stdout.String(); status != 1 || strings.Count(out, "127.0.0.1       --> 127.0.0.1") != 2 || strings.Count(out, "| NONE\n") != 1 {
		t.Errorf("status %d\n%s%s", status, out, r.stderr.String())
	}
	if report := read(t, dir, "report.json"); !strings.Contains(report, `"tot_bytes"`) {
		t.Errorf("the report:\n%s", report)
	}
}

func TestLiveEndsByDuration(t *testing.T) {
	t.Parallel()
	r := launch(t, loopback(t).servmap(t.TempDir(), "flows", "-q", "-i", "lo", "--format", "text", "--duration", "0.1"))
	if status := r.end(t, nil); status != 0 || r.stdout.Len()+r.stderr.Len() > 0 {
		t.Errorf("status %d\n%s%s", status, r.stdout.String(), r.stderr.String())
	}
}

func TestLivePromiscuous(t *testing.T) {
	t.Parallel()
	near, _ := wire(t)
	for want, args := range map[string][]string{"promiscuity 0 ": nil, "promiscuity 1 ": {"--promiscuous"}} {
		r := launch(t, near.servmap(t.TempDir(), append([]string{"flows", "-q", "-i", "near"}, args...)...))
		waitFor(t, "the capture", func() bool { return near.captures(t) == 1 })
		if link := near.must(t, "ip", "-d", "-o", "link", "show", "near"); !strings.Contains(link, want) {
			t.Errorf("with %v, want %q: %s", args, want, link)
		}
		if status := r.end(t, syscall.SIGTERM); status != 0 {
			t.Errorf("status %d: %s", status, r.stderr.String())
		}
	}
}

// TestLivePrivilege has nobody capture: one line tells the command that grants
// it, and after that command it works.
func TestLivePrivilege(t *testing.T) {
	t.Parallel()
	near, _ := wire(t)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "servmap")
	data, err := os.ReadFile(servmapBinary())
	if err == nil {
		err = os.WriteFile(program, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	capture := func() (string, int) {
		cmd := near.command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "flows", "-q", "-i", "lo", "--format", "text", "--duration", "0.1")
		cmd.Dir = "/"
		r := launch(t, cmd)
		status := r.end(t, nil)
		return r.stdout.String() + r.stderr.String(), status
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip(err)
	}
	want := "servmap: lo: capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw=ep " + program + "\n"
	if said, status := capture(); said != want || status != 2 {
		t.Fatalf("status %d and %q, want 2 and %q", status, said, want)
	}
	_, command, _ := strings.Cut(strings.TrimSpace(want), "sudo ")
	grant := strings.Fields(command)
	if out, err := exec.Command(grant[0], grant[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%v: %v: %s", grant, err, out)
	}
	if said, status := capture(); said != "" || status != 0 {
		t.Errorf("after %v: status %d, %s", grant, status, said)
	}
}

func TestLiveInterfaceThatGoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		end        []string
	}{
		{"away", "servmap: near: the interface has gone away\n", []string{"ip", "link", "del", "near"}},
		{"down", "servmap: near: the interface went down\n", []string{"ip", "link", "set", "near", "down"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			near, _ := wire(t)
			dir := t.TempDir()
			write(t, dir, "services_map.json", `{"@servmap": {"format": 2, "evidence": {}}}`)
			checked := launch(t, near.servmap(dir, "check", "-q", "-i", "near", "--report", "report.json"))
			trained := launch(t, near.servmap(dir, "train", "-q", "-i", "near", "-o", "map.json"))
			waitFor(t, "the captures", func() bool { return near.captures(t) == 2 })
			near.datagrams(t, farAddr+":4040", 3)
			near.must(t, test.end[0], test.end[1:]...)
			for _, r := range []*running{checked, trained} {
				if status := r.end(t, nil); status != 4 || r.stderr.String() != test.want {
					t.Errorf("%v: status %d, %s", r.Args, status, r.stderr.String())
				}
			}
			if out := checked.stdout.String(); !strings.Contains(out, nearAddr+"       --> "+farAddr) {
				t.Errorf("the flow is missing:\n%s", out)
			}
			if report := read(t, dir, "report.json"); !strings.Contains(report, farAddr) {
				t.Errorf("the report:\n%s", report)
			}
			if m := read(t, dir, "map.json"); !strings.Contains(m, `"name": "near"`) {
				t.Errorf("the map:\n%s", m)
			}
		})
	}
}

// TestLiveCountIsNotTheBaselines learns all of a baseline, however few packets
// are wanted of the interface.
func TestLiveCountIsNotTheBaselines(t *testing.T) {
	t.Parallel()
	near, _ := wire(t)
	dir := t.TempDir()
	write(t, dir, "baseline.pcap", pcap(t,
		frame{at: 1, proto: "udp", src: "10.0.0.1:1", dst: "10.0.0.2:2", payload: "x"},
		frame{at: 2, proto: "udp", src: "10.0.0.3:1", dst: "10.0.0.4:2", payload: "x"}))
	r := launch(t, near.servmap(dir, "check", "-i", "near", "--baseline", "baseline.pcap", "--count", "1"))
	waitFor(t, "the capture", func() bool { return near.captures(t) == 1 })
	near.datagrams(t, farAddr+":4040", 3)
	r.end(t, nil)
	if said := r.stderr.String(); !strings.Contains(said, "\n2 packets, 120 B, 2 flows") || !strings.Contains(said, "\n1 packets, ") {
		t.Error(said)
	}
}

// TestLiveCountIsOfTheFilters counts what the filter takes, as tcpdump -c does.
func TestLiveCountIsOfTheFilters(t *testing.T) {
	t.Parallel()
	near, _ := wire(t)
	r := launch(t, near.servmap(t.TempDir(), "flows", "-q", "-i", "near", "--format", "ndjson", "--filter", "udp port 4040", "--count", "3"))
	waitFor(t, "the capture", func() bool { return near.captures(t) == 1 })
	near.datagrams(t, farAddr+":5050", 9)
	near.datagrams(t, farAddr+":4040", 5)
	status := r.end(t, nil)
	if out := r.stdout.String(); status != 0 || !strings.Contains(out, `"bidirectional_packets":3,`) || strings.Count(out, "\n") != 1 {
		t.Errorf("status %d\n%s%s", status, out, r.stderr.String())
	}
}

// TestLiveRewrites watches what a live run leaves while it goes on. A flow is
// told about twenty seconds after its end, so that the test runs only where
// SERVMAP_SLOW_TESTS is set.
func TestLiveRewrites(t *testing.T) {
	t.Parallel()
	if os.Getenv("SERVMAP_SLOW_TESTS") == "" {
		t.Skip("SERVMAP_SLOW_TESTS is not set")
	}
	near, _ := wire(t)
	dir := t.TempDir()
	write(t, dir, "services_map.json", "{}")
	write(t, dir, "report.json", "of yesterday")
	launch(t, near.servmap(dir, "check", "-q", "-i", "near", "--idle-timeout", "1", "--report", "report.json", "-o", "lines"))
	launch(t, near.servmap(dir, "train", "-q", "-i", "near", "--idle-timeout", "1", "-o", "map.json"))
	waitFor(t, "the captures", func() bool { return near.captures(t) == 2 })
	near.datagrams(t, farAddr+":4040", 3)
	near.datagrams(t, farAddr+":53", 3)
	time.Sleep(4 * time.Second)
	if report := read(t, dir, "report.json"); !strings.Contains(report, `"tot_flows": 0`) {
		t.Errorf("the report in the beginning:\n%s", report)
	}
	began := time.Now()
	for ; !strings.Contains(read(t, dir, "lines"), farAddr); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("no line")
		}
	}
	time.Sleep(4 * time.Second)
	if report := read(t, dir, "report.json"); !strings.Contains(report, farAddr) {
		t.Errorf("the report:\n%s", report)
	}
	read(t, dir, "map.json")
}
