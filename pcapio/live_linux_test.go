package pcapio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// namespace puts the test into a network namespace of its own, whose only
// interfaces are lo and those that the commands make. The goroutine's thread
// ends with it.
func namespace(t *testing.T, commands ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace: %v", err)
	}
	for _, c := range append([]string{"ip link set lo up"}, commands...) {
		run(t, c)
	}
	if len(commands) == len(pair) {
		settle(t)
	}
}

// settle waits until both ends of the pair carry frames.
func settle(t *testing.T) {
	t.Helper()
	for range 200 {
		out, err := exec.Command("ip", "-o", "link").Output()
		if err != nil {
			t.Skip(err)
		}
		if strings.Count(string(out), "state UP") == 2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Skip("the pair does not come up")
}

func run(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", command, err, out)
	}
}

// pair makes veth interfaces va and vb, up and quiet.
var pair = []string{
	"sysctl -qw net.ipv6.conf.default.disable_ipv6=1", "ip link add va type veth peer name vb", "ip link set va up", "ip link set vb up",
}

func open(t *testing.T, name string, opt LiveOptions) *Live {
	t.Helper()
	l, err := OpenLive(name, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// sender returns a function that sends a frame on an interface.
func sender(t *testing.T, name string) func([]byte) {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	to := &unix.SockaddrLinklayer{Ifindex: i.Index}
	return func(frame []byte) {
		for {
			err := unix.Sendto(fd, frame, 0, to)
			if err == nil {
				return
			}
			if err != unix.ENOBUFS && err != unix.EINTR {
				t.Error(err)
				return
			}
		}
	}
}

// frame is an Ethernet frame to a station that is not there.
func frame(payload string) []byte {
	return append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5}, payload...)
}

// until reads up to the first packet that ends with what.
func until(t *testing.T, l *Live, what string) Packet {
	t.Helper()
	var p Packet
	for {
		if err := l.Next(&p); err != nil {
			t.Fatalf("waiting for %q: %v", what, err)
		}
		if bytes.HasSuffix(p.Data, []byte(what)) {
			return p
		}
	}
}

func TestLiveFrames(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{Idle: 5 * time.Second})
	send := sender(t, "va")
	tagged := append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x81, 0, 0x20, 7, 0x88, 0xb5}, "tagged"...)
	double := append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xa8, 0, 5, 0x81, 0, 0x20, 7, 0x88, 0xb5}, "double"...)
	before := time.Now().UnixNano()
	send(frame("plain"))
	send(tagged)
	send(double)
	for _, want := range [][]byte{frame("plain"), tagged, double} {
		p := until(t, l, string(want[len(want)-5:]))
		if !bytes.Equal(p.Data, want) || p.OrigLen != len(want) || p.Link != LinkEthernet {
			t.Errorf("packet %x, %d bytes, want %x", p.Data, p.OrigLen, want)
		}
		if p.Time < before-1e9 || p.Time > time.Now().UnixNano()+1e9 {
			t.Errorf("time %d, sent after %d", p.Time, before)
		}
	}
	if s := l.Stats(); s.Packets < 3 || s.Dropped != 0 || s.Link != LinkEthernet {
		t.Errorf("stats %+v", s)
	}
}

func TestLiveSnapLen(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{SnapLen: 20, Idle: 5 * time.Second})
	sender(t, "va")(frame("123456 the rest"))
	if p := until(t, l, "123456"); p.OrigLen != 14+15 || len(p.Data) != 20 {
		t.Errorf("%d of %d bytes", len(p.Data), p.OrigLen)
	}
}

// TestLiveLoopback sees each packet once.
func TestLiveLoopback(t *testing.T) {
	t.Parallel()
	namespace(t)
	for _, name := range []string{"lo", "any"} {
		l := open(t, name, LiveOptions{Idle: time.Second})
		conn, err := net.Dial("udp", "127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			conn.Write([]byte("once"))
			// A refusal is told to the write that follows.
			conn.Write([]byte("once"))
		}
		conn.Close()
		var p Packet
		seen, sent := 0, 0
		for err = l.Next(&p); err == nil; err = l.Next(&p) {
			if bytes.HasSuffix(p.Data, []byte("once")) {
				at := 14
				if name == "any" {
					at = 16
				}
				if p.Data[at] == 0x45 && p.Data[at+9] == 17 {
					seen++
				} else if p.Data[at+9] == 1 {
					sent++
				}
			}
		}
		if err != ErrIdle || seen == 0 || seen > 10 || seen%5 != 0 || sent > seen {
			t.Errorf("%s: %d packets, %d refusals, %v", name, seen, sent, err)
		}
	}
}

// TestLiveAny reads all interfaces, with a cooked header.
func TestLiveAny(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "any", LiveOptions{Idle: 5 * time.Second})
	sender(t, "va")(append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x81, 0, 0x20, 7, 0x88, 0xb5}, "tagged"...))
	for _, kind := range []uint16{unix.PACKET_OUTGOING, unix.PACKET_OTHERHOST} {
		p := until(t, l, "tagged")
		want := binary.BigEndian.AppendUint16(nil, kind)
		want = append(want, 0, 1, 0, 6, 2, 0, 0, 0, 0, 8, 0, 0, 0x81, 0, 0x20, 7, 0x88, 0xb5)
		want = append(want, "tagged"...)
		if !bytes.Equal(p.Data, want) || p.Link != LinkSLL || p.OrigLen != len(want) {
			t.Errorf("packet %x\nwant   %x", p.Data, want)
		}
	}
}

func TestLiveEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(*testing.T, *Live)
		want string
	}{
		{"Interrupt", func(_ *testing.T, l *Live) { l.Interrupt(); l.Interrupt() }, "interrupted"},
		{"gone", func(t *testing.T, _ *Live) { run(t, "ip link del va") }, "vb: the interface has gone away"},
		{"down", func(t *testing.T, _ *Live) { run(t, "ip link set vb down") }, "vb: the interface went down"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			namespace(t, pair...)
			l := open(t, "vb", LiveOptions{Idle: 300 * time.Millisecond})
			var p Packet
			err := ErrIdle
			for range 2 {
				// The interface may have said something of itself.
				for err = l.Next(&p); err == nil; err = l.Next(&p) {
				}
			}
			if err != ErrIdle {
				t.Fatal(err)
			}
			sender(t, "va")(frame("last"))
			test.end(t, l)
			until(t, l, "last")
			began := time.Now()
			for err = l.Next(&p); err == nil; err = l.Next(&p) {
			}
			if err.Error() != test.want || time.Since(began) > 3*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			var live *LiveError
			if (err != ErrInterrupted) != errors.As(err, &live) {
				t.Errorf("%T", err)
			}
		})
	}
	t.Run("Done", func(t *testing.T) {
		namespace(t)
		done := make(chan struct{})
		l := open(t, "lo", LiveOptions{Done: done})
		time.AfterFunc(50*time.Millisecond, func() { close(done) })
		var p Packet
		if err := l.Next(&p); err != ErrInterrupted {
			t.Error(err)
		}
		l.Close()
		if err := l.Next(&p); err == nil {
			t.Error("a packet after Close")
		}
	})
}

// TestLiveLastPacket interrupts a read that has waited for long, right behind
// a packet that the kernel has not handed over yet.
func TestLiveLastPacket(t *testing.T) {
	t.Parallel()
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{})
	send := sender(t, "va")
	time.AfterFunc(400*time.Millisecond, func() {
		send(frame("last"))
		l.Interrupt()
	})
	until(t, l, "last")
	var p Packet
	if err := l.Next(&p); err != ErrInterrupted {
		t.Error(err)
	}
}

// TestLiveInterruptUnderLoad ends a reader that is slower than the traffic: it
// gets what was captured before the interruption and little more.
func TestLiveInterruptUnderLoad(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{Idle: time.Second})
	send := sender(t, "va")
	quit := make(chan struct{})
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		f := frame(strings.Repeat("x", 1000))
		for {
			select {
			case <-quit:
				return
			default:
				send(f)
			}
		}
	}()
	var interrupted atomic.Int64
	time.AfterFunc(200*time.Millisecond, func() {
		interrupted.Store(time.Now().UnixNano())
		l.Interrupt()
	})
	began := time.Now()
	var p Packet
	var err error
	var newest int64
	for n := 0; err == nil && time.Since(began) < 8*time.Second; n++ {
		if err = l.Next(&p); err == nil {
			newest = p.Time
		}
		if n%100 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	close(quit)
	<-sent
	end := interrupted.Load()
	if err != ErrInterrupted || newest < end-int64(time.Second) || newest > end+int64(time.Second) {
		t.Errorf("%v, the newest packet %v after the interruption", err, time.Duration(newest-end))
	}
}

// drainLive reads to the end and returns how many packets came. A sender that gets no processor
// for a while makes the capture idle, and does not end it.
func drainLive(t *testing.T, l *Live, each func()) uint64 {
	t.Helper()
	var p Packet
	seen := uint64(0)
	for {
		err := l.Next(&p)
		switch err {
		case nil:
		case ErrIdle:
			continue
		case ErrInterrupted:
			return seen
		default:
			t.Fatal(err)
		}
		seen++
		if each != nil {
			each()
		}
	}
}

// TestLiveCountsAll ends captures of every kind right behind the last packet: all that was
// sent was seen or is counted as dropped, and nothing else is.
func TestLiveCountsAll(t *testing.T) {
	for _, tt := range []struct {
		name   string
		buffer int
		sent   int
		slow   bool
	}{
		{"with room for all", 32 << 20, 10_000, false},
		{"without room", 1, 20_000, false},
		{"a reader that is slower", 4 << 20, 20_000, true},
		{"few", 32 << 20, 3, false},
		{"none", 32 << 20, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			namespace(t, pair...)
			l := open(t, "vb", LiveOptions{Buffer: tt.buffer, Idle: 60 * time.Millisecond})
			// The interface may have said something of itself.
			var p Packet
			for l.Next(&p) == nil {
			}
			before := l.Stats()
			send := sender(t, "va")
			f := frame(strings.Repeat("x", 1000))
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for range tt.sent {
					send(f)
				}
				l.Interrupt()
			}()
			if tt.buffer == 1 {
				<-sent
			}
			n := 0
			seen := drainLive(t, l, func() {
				if n++; tt.slow && n%100 == 0 {
					time.Sleep(time.Millisecond)
				}
			})
			s := l.Stats()
			if s.Packets-before.Packets != seen || seen+s.Dropped-before.Dropped != uint64(tt.sent) {
				t.Errorf("%d sent, %d seen, stats %+v after %+v", tt.sent, seen, s, before)
			}
			if (s.Dropped > 0) != (tt.buffer == 1) && !tt.slow {
				t.Errorf("%d dropped", s.Dropped)
			}
			if again := l.Next(&p); again != ErrInterrupted || l.Stats() != s {
				t.Errorf("then %v, %+v after %+v", again, l.Stats(), s)
			}
		})
	}
}

// TestLiveLoopbackDrops counts each packet once, on "any" too, also where there was no room.
func TestLiveLoopbackDrops(t *testing.T) {
	namespace(t)
	for _, name := range []string{"lo", "any"} {
		to, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		from, err := net.Dial("udp", to.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		l := open(t, name, LiveOptions{Buffer: 1})
		const n = 5000
		for range n {
			if _, err := from.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		l.Interrupt()
		seen := drainLive(t, l, nil)
		if s := l.Stats(); s.Dropped == 0 || seen+s.Dropped != n {
			t.Errorf("%s: %d sent, %d seen, %d dropped", name, n, seen, s.Dropped)
		}
		from.Close()
		to.Close()
	}
}

// TestLiveEndsAtOnce captures nothing that comes after the interruption.
func TestLiveEndsAtOnce(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{})
	send := sender(t, "va")
	for i := range 100 {
		if i == 10 {
			l.Interrupt()
		}
		send(frame("counted"))
	}
	if seen := drainLive(t, l, nil); seen != 10 || l.Stats().Dropped != 0 {
		t.Errorf("%d seen, %d dropped, want 10 and none", seen, l.Stats().Dropped)
	}
}

// TestLiveNeverHandedOver counts what the kernel keeps for itself at the end as dropped.
func TestLiveNeverHandedOver(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{})
	send := sender(t, "va")
	for range 10 {
		send(frame("kept"))
	}
	// As if a block of the ring never came.
	l.dev.block = 5
	l.Interrupt()
	if seen := drainLive(t, l, nil); seen != 0 || l.Stats().Dropped != 10 {
		t.Errorf("%d seen, %d dropped, want none and 10", seen, l.Stats().Dropped)
	}
}

// TestLiveSpeed takes 200,000 packets as fast as they can be sent, without a
// drop and without allocating.
func TestLiveSpeed(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{Idle: 2 * time.Second})
	const n = 200_000
	send := sender(t, "va")
	began := time.Now()
	go func() {
		f := frame(strings.Repeat("x", 46))
		for range n {
			send(f)
		}
	}()
	var p Packet
	var before, after runtime.MemStats
	seen := 0
	for seen < n {
		if err := l.Next(&p); err != nil {
			t.Errorf("%d packets, then %v", seen, err)
			break
		}
		if p.Data[12] == 0x88 {
			seen++
		}
		switch seen {
		case n / 10:
			runtime.ReadMemStats(&before)
		case n - 1:
			runtime.ReadMemStats(&after)
		}
	}
	took := time.Since(began)
	if s := l.Stats(); s.Dropped != 0 {
		t.Errorf("%d dropped", s.Dropped)
	}
	t.Logf("%d packets in %v, %d allocations", seen, took, after.Mallocs-before.Mallocs)
}

// TestLiveDrops counts what a buffer that nobody empties had no room for.
func TestLiveDrops(t *testing.T) {
	namespace(t, pair...)
	l := open(t, "vb", LiveOptions{Buffer: 1, Idle: 300 * time.Millisecond})
	const n = 20_000
	send := sender(t, "va")
	f := frame(strings.Repeat("x", 1000))
	for range n {
		send(f)
	}
	dropped := l.Stats().Dropped
	var p Packet
	seen := uint64(0)
	for l.Next(&p) == nil {
		if p.Data[12] == 0x88 {
			seen++
		}
	}
	if s := l.Stats(); dropped == 0 || s.Dropped != dropped || seen+dropped < n || seen+dropped > n+100 {
		t.Errorf("%d sent, %d seen, %d dropped, then %d", n, seen, dropped, s.Dropped)
	}
}

func TestLiveErrors(t *testing.T) {
	if os.Getenv("PCAPIO_UNPRIVILEGED") != "" {
		_, err := OpenLive("lo", LiveOptions{})
		var in *InputError
		if !errors.As(err, &in) {
			t.Fatalf("error %v", err)
		}
		os.Stdout.WriteString(in.Error() + "\n")
		return
	}
	namespace(t)
	run(t, "ip link set lo down")
	_, err := OpenLive("lo", LiveOptions{})
	if err == nil || err.Error() != "lo: the interface is down; bring it up with: sudo ip link set lo up" {
		t.Errorf("down: %v", err)
	}
	run(t, "ip link set lo up")
	_, err = OpenLive("eth77", LiveOptions{})
	if err == nil || err.Error() != "eth77: there is no such interface; there are lo, any" {
		t.Errorf("no interface: %v", err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestLiveErrors$")
	cmd.Env = append(os.Environ(), "PCAPIO_UNPRIVILEGED=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	line, _, _ := strings.Cut(string(out), "\n")
	const want = "lo: capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw=ep /"
	if err != nil || !strings.HasPrefix(line, want) {
		t.Errorf("without privilege: %v, %s", err, out)
	}
}

func TestInterfaces(t *testing.T) {
	namespace(t, "ip addr add 192.0.2.7/24 dev lo")
	got, err := Interfaces()
	if err != nil || len(got) != 2 || got[0].Name != "lo" || !got[0].Loopback || !got[0].Up || got[1].Name != "any" {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.Contains(strings.Join(got[0].Addrs, " "), "192.0.2.7/24") {
		t.Errorf("addresses %v", got[0].Addrs)
	}
}
