package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of the wire of a live test.
const (
	nearAddr = "10.77.0.1"
	farAddr  = "10.77.0.2"
)

// A netns is a network namespace. A process holds it that ends with the test,
// however the test ends, and the interfaces in it go with it.
type netns struct{ pid string }

func newNetns(t *testing.T) *netns {
	t.Helper()
	holder := exec.Command("cat") // until its standard input ends
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Skipf("no network namespace: %v", err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = holder.Wait()
	})
	n := &netns{pid: strconv.Itoa(holder.Process.Pid)}
	n.must(t, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
	n.must(t, "ip", "link", "set", "lo", "up")
	return n
}

// wire makes two namespaces with a pair of interfaces between them, near and
// far, and waits until they carry frames. It skips the test where it cannot.
func wire(t *testing.T) (near, far *netns) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces take root")
	}
	for _, tool := range []string{"ip", "nsenter", "sysctl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	near, far = newNetns(t), newNetns(t)
	if out, err := exec.Command("ip", "link", "add", "near", "netns", near.pid, "type", "veth", "peer", "name", "far", "netns", far.pid).CombinedOutput(); err != nil {
		t.Skipf("no pair of interfaces: %v: %s", err, out)
	}
	near.must(t, "ip", "addr", "add", nearAddr+"/24", "dev", "near")
	far.must(t, "ip", "addr", "add", farAddr+"/24", "dev", "far")
	near.must(t, "ip", "link", "set", "near", "up")
	far.must(t, "ip", "link", "set", "far", "up")
	waitFor(t, "the wire", func() bool {
		return strings.Contains(near.must(t, "ip", "-o", "link", "show", "near"), "state UP")
	})
	return near, far
}

// command prepares a program inside the namespace.
func (n *netns) command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", n.pid, "-n", "--", name}, args...)...)
}

func (n *netns) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := n.command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// within calls f on a thread inside the namespace. Sockets that f opens stay
// there.
func (n *netns) within(t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		ns, err := os.Open("/proc/" + n.pid + "/ns/net")
		if err == nil {
			defer ns.Close()
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// captures counts the sockets that capture in the namespace: bound to all
// protocols, and running (net/packet/af_packet.c: sk, RefCnt, Type, Proto,
// Iface, R).
func (n *netns) captures(t *testing.T) (count int) {
	for line := range strings.Lines(n.must(t, "cat", "/proc/net/packet")) {
		if f := strings.Fields(line); len(f) > 5 && f[3] == "0003" && f[5] == "1" {
			count++
		}
	}
	return count
}

// datagrams sends UDP datagrams to an address, from inside the namespace.
func (n *netns) datagrams(t *testing.T, to string, count int) {
	t.Helper()
	n.within(t, func() error {
		conn, err := net.Dial("udp", to)
		if err != nil {
			return err
		}
		defer conn.Close()
		for range count {
			// A refusal by ICMP shows at the write that follows: it is none of ours.
			_, _ = conn.Write([]byte("a datagram"))
		}
		return nil
	})
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for range 500 {
		if ready() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited too long for %s", what)
}

// A running program writes to buffers.
type running struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func launch(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{Cmd: cmd}
	if cmd.Stdout == nil {
		cmd.Stdout = &r.stdout
	}
	cmd.Stderr = &r.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return r
}

// end waits for the end of the program, after a signal where there is one, and
// returns its status.
func (r *running) end(t *testing.T, signal os.Signal) int {
	t.Helper()
	if signal != nil {
		if err := r.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	late := time.AfterFunc(10*time.Second, func() { _ = r.Process.Kill() })
	err := r.Wait()
	var exit *exec.ExitError
	if !late.Stop() || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v does not end: %v\n%s", r.Args, err, r.stderr.String())
	}
	return r.ProcessState.ExitCode()
}

// servmap prepares the program inside the namespace, in dir.
func (n *netns) servmap(dir string, args ...string) *exec.Cmd {
	cmd := n.command(servmapBinary, args...)
	cmd.Dir = dir
	return cmd
}

// TestLiveIsLikeItsCapture has real programs talk while the program checks,
// learns and lists flows at the interface, while it checks what tcpdump sends
// through a pipe, and while tcpdump writes a file. In the end all say the same
// as the file does.
func TestLiveIsLikeItsCapture(t *testing.T) {
	near, far := wire(t)
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write(t, dir, "services_map.json", `{"`+nearAddr+`": {"`+farAddr+`": [1, "DNS"]}}`)
	check := func(who string, rest ...string) []string {
		return append([]string{"check", "--report", who + ".json", "-o", who + ".txt"}, rest...)
	}
	tcpdump := func(to string) *exec.Cmd {
		cmd := near.command("tcpdump", "-i", "near", "-U", "--immediate-mode", "-w", to)
		cmd.Dir = dir
		return cmd
	}
	runs := []*running{
		launch(t, near.servmap(dir, check("live", "-i", "near")...)),
		launch(t, near.servmap(dir, "train", "-i", "near", "-o", "live-map.json")),
		launch(t, near.servmap(dir, "flows", "-i", "near", "--format", "text", "-o", "live-flows.txt")),
		launch(t, tcpdump("file.pcap")),
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe := tcpdump("-")
	pipe.Stdout = w
	runs = append(runs, launch(t, pipe))
	piped := near.servmap(dir, check("piped", "-")...)
	piped.Stdin = r
	runs = append(runs, launch(t, piped))
	r.Close()
	w.Close()
	waitFor(t, "the captures", func() bool { return near.captures(t) == 5 })

	talk(t, near, far)

	waitFor(t, "the end of the talk", func() bool { return quiet(t, filepath.Join(dir, "file.pcap")) })
	wants := []int{1, 0, 0, 0, 0, 1}
	for _, r := range runs {
		if err := r.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}
	for i, r := range runs {
		if got := r.end(t, nil); got != wants[i] {
			t.Errorf("%v: status %d, want %d\n%s", r.Args, got, wants[i], r.stderr.String())
		}
	}
	for i, r := range runs[:3] {
		if !strings.Contains(r.stderr.String(), "near: 0 packets dropped by the kernel") {
			t.Errorf("run %d does not tell what was dropped:\n%s", i, r.stderr.String())
		}
	}

	for _, args := range [][]string{
		check("file", "file.pcap"), {"train", "file.pcap", "-o", "file-map.json"},
		{"flows", "file.pcap", "--format", "text", "-o", "file-flows.txt"},
	} {
		if got := runIn(t, dir, "", args...); got.status > 1 {
			t.Fatalf("%v: status %d\n%s", args, got.status, got.stderr)
		}
	}
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

func TestLiveLoopbackIsCountedOnce(t *testing.T) {
	near, _ := wire(t)
	near.within(t, func() error {
		conn, err := net.ListenPacket("udp", "127.0.0.1:4040")
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
		return err
	})
	r := launch(t, near.servmap(t.TempDir(), "flows", "-q", "-i", "lo", "--format", "ndjson", "--count", "5"))
	waitFor(t, "the capture", func() bool { return near.captures(t) == 1 })
	near.datagrams(t, "127.0.0.1:4040", 5)
	status := r.end(t, nil)
	if out := r.stdout.String(); status != 0 || !strings.Contains(out, `"bidirectional_packets":5,`) || strings.Count(out, "\n") != 1 {
		t.Errorf("status %d\n%s%s", status, out, r.stderr.String())
	}
}

func TestLiveInterfaceThatGoes(t *testing.T) {
	tests := []struct {
		name, want string
		end        []string
	}{
		{"away", "servmap: near: the interface has gone away\n", []string{"ip", "link", "del", "near"}},
		{"down", "servmap: near: the interface went down\n", []string{"ip", "link", "set", "near", "down"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			near, _ := wire(t)
			dir := t.TempDir()
			write(t, dir, "services_map.json", "{}")
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

// TestLiveRewrites watches what a live run leaves while it goes on. A flow is
// told about twenty seconds after its end, so that the test runs only where
// SERVMAP_SLOW_TESTS is set.
func TestLiveRewrites(t *testing.T) {
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

// TestLiveReplay sends 200,000 packets in a second to a program that has one
// processor. Where the machine has other things to do the test says so.
func TestLiveReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("it loads the machine")
	}
	const packets = 200_000
	said := ""
	for range 3 {
		near, far := wire(t)
		args := []string{servmapBinary, "flows", "-i", "far", "-o", "flows.csv"}
		if _, err := exec.LookPath("taskset"); err == nil {
			args = append([]string{"taskset", "-c", "0"}, args...)
		}
		cmd := far.command(args[0], args[1:]...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		r := launch(t, cmd)
		waitFor(t, "the capture", func() bool { return far.captures(t) == 1 })
		took := replay(t, near, packets)
		time.Sleep(200 * time.Millisecond)
		if status := r.end(t, os.Interrupt); status != 0 {
			t.Fatalf("status %d: %s", status, r.stderr.String())
		}
		got, dropped := counted(t, r.stderr.String(), "%d packets,"), counted(t, r.stderr.String(), "far: %d packets dropped")
		said = fmt.Sprintf("%d packets sent in %v: %d taken, %d dropped", packets, took.Round(time.Millisecond), got, dropped)
		if got+dropped != packets {
			t.Fatal(said)
		}
		if dropped == 0 {
			t.Log(said)
			return
		}
	}
	t.Skip("the machine is too slow or too busy: " + said)
}

// counted finds the line of a summary that begins as the format does.
func counted(t *testing.T, summary, format string) (n int) {
	t.Helper()
	for line := range strings.Lines(summary) {
		if _, err := fmt.Sscanf(line, format, &n); err == nil {
			return n
		}
	}
	t.Fatalf("no %q in\n%s", format, summary)
	return 0
}

// replay sends packets of a thousand conversations in both directions, in
// about a second, and returns how long it took.
func replay(t *testing.T, n *netns, packets int) time.Duration {
	t.Helper()
	var frames [][]byte
	for i := range 1000 {
		client := fmt.Sprintf("10.1.%d.%d:%d", i/250, i%250+1, 20000+i)
		f := []frame{
			{proto: "tcp", flags: "S", src: client, dst: "10.2.0.1:80"},
			{proto: "tcp", flags: "A", src: client, dst: "10.2.0.1:80", payload: "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"},
			{proto: "tcp", flags: "A", src: "10.2.0.1:80", dst: client, payload: "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1000)},
			{proto: "udp", src: client, dst: "10.2.0.2:5004", payload: strings.Repeat("y", 160)},
		}
		for _, one := range f {
			frames = append(frames, one.bytes(t))
		}
	}
	var took time.Duration
	n.within(t, func() error {
		i, err := net.InterfaceByName("near")
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		to := &unix.SockaddrLinklayer{Ifindex: i.Index}
		began := time.Now()
		for i := 0; i < packets; i++ {
			if i%1000 == 0 { // not faster than so many in a second
				time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(packets))))
			}
			err := unix.Sendto(fd, frames[i%len(frames)], 0, to)
			if err == unix.ENOBUFS || err == unix.EINTR {
				i--
			} else if err != nil {
				return err
			}
		}
		took = time.Since(began)
		return nil
	})
	return took
}
