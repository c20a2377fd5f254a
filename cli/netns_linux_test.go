package cli

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
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

// loopback makes a namespace where nothing but the test's own packets are on
// the loopback interface. It skips the test where it cannot.
func loopback(t *testing.T) *netns {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces take root")
	}
	for _, tool := range []string{"ip", "nsenter", "sysctl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	return newNetns(t)
}

// wire makes two namespaces with a pair of interfaces between them, near and
// far, and waits until they carry frames. It skips the test where it cannot.
func wire(t *testing.T) (near, far *netns) {
	t.Helper()
	near, far = loopback(t), loopback(t)
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
	t.Helper()
	sockets, err := os.ReadFile("/proc/" + n.pid + "/net/packet")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sockets)) {
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

// lockedBuffer is a buffer that is read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) Len() int { return len(l.String()) }

// A running program writes to buffers.
type running struct {
	*exec.Cmd
	stdout, stderr lockedBuffer
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
	cmd := n.command(servmapBinary(), args...)
	cmd.Dir = dir
	return cmd
}
