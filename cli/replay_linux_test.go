package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLiveReplay sends 200,000 packets in a second to a program that has one
// processor, while no other test runs. Where the machine has other things to do
// the test says so.
func TestLiveReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("it loads the machine")
	}
	const packets = 200_000
	said := ""
	for range 3 {
		near, far := wire(t)
		args := []string{servmapBinary(), "flows", "-i", "far", "-o", "flows.csv"}
		if _, err := exec.LookPath("taskset"); err == nil {
			args = append([]string{"taskset", "-c", "0"}, args...)
		}
		cmd := far.command(args[0], args[1:]...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		r := launch(t, cmd)
		waitFor(t, "the capture", func() bool { return far.captures(t) == 1 })
		took := replay(t, near, packets)
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
