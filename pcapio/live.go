package pcapio

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// LiveOptions says how an interface is read. The zero value is ready to use.
type LiveOptions struct {
	// Promiscuous asks for frames to other stations too.
	Promiscuous bool
	// SnapLen is how many bytes of each frame are captured; 0 means 262,144.
	SnapLen int
	// Buffer is the size in bytes of the kernel's buffer, where that can be
	// set; 0 means 32 MiB.
	Buffer int
	// Idle makes Next return ErrIdle where no packet came for so long; 0 means
	// that it waits.
	Idle time.Duration
	// Done interrupts Next when it is closed, as Interrupt does. It may be nil.
	Done <-chan struct{}
}

// LiveStats is what was captured so far.
type LiveStats struct {
	// Packets counts packets, Bytes their length on the wire.
	Packets, Bytes uint64
	// Dropped counts packets that the kernel had no room for, and, once Next has
	// told the end, those that it captured and never handed over: then Packets and
	// Dropped are all that there were.
	Dropped uint64
	// Link is the link type of all of them.
	Link LinkType
}

// LiveError says that a capture on an interface ended against the user's will.
type LiveError struct {
	// Interface is its name.
	Interface string
	// Reason is what happened, a clause without a full stop.
	Reason string
	// Err is the system's error, nil where there is none.
	Err error
}

// Error returns one line that begins with the interface.
func (e *LiveError) Error() string { return printable(e.Interface) + ": " + e.Reason }

// Unwrap returns the system's error.
func (e *LiveError) Unwrap() error { return e.Err }

// Live reads packets from an interface. It belongs to one goroutine, but for
// Interrupt. After Interrupt, or when LiveOptions.Done is closed, Next goes on
// with what the kernel has captured by then, where the system keeps it, and
// then returns ErrInterrupted.
type Live struct {
	name  string
	dev   *device
	stats LiveStats
	quit  chan struct{}
}

// OpenLive begins to capture on an interface. The error is an *InputError where
// there is no such interface, where the privilege is missing (it says which, and
// how to grant it), and where the system is one that cannot.
func OpenLive(name string, opt LiveOptions) (*Live, error) {
	if opt.SnapLen <= 0 {
		opt.SnapLen = maxPlain
	}
	if opt.Buffer <= 0 {
		opt.Buffer = 32 << 20
	}
	dev, err := openDevice(name, opt)
	if err != nil {
		return nil, err
	}
	l := &Live{name: name, dev: dev, quit: make(chan struct{})}
	l.stats.Link = dev.link
	if opt.Done != nil {
		go func() {
			select {
			case <-opt.Done:
				dev.interrupt()
			case <-l.quit:
			}
		}()
	}
	return l, nil
}

// Next waits for the next packet. It returns ErrIdle and ErrInterrupted as
// said, and a *LiveError where the interface has gone away.
func (l *Live) Next(p *Packet) error {
	if err := l.dev.next(p); err != nil {
		return err
	}
	l.stats.Packets++
	l.stats.Bytes += uint64(p.OrigLen)
	p.Number = l.stats.Packets
	return nil
}

// Interrupt makes Next end. It may be called from any goroutine.
func (l *Live) Interrupt() { l.dev.interrupt() }

// Stats returns what was captured so far, and asks the kernel for its drops.
// It belongs to the goroutine of Next.
func (l *Live) Stats() LiveStats {
	select {
	case <-l.quit:
	default:
		l.stats.Dropped = l.dev.dropped()
	}
	return l.stats
}

// Close ends the capture. Packets and their data are no longer valid.
func (l *Live) Close() error {
	select {
	case <-l.quit:
		return nil
	default:
		close(l.quit)
	}
	l.stats.Dropped = l.dev.dropped()
	return l.dev.close()
}

// NetInterface is an interface that packets can be captured on.
type NetInterface struct {
	// Name is what OpenLive takes.
	Name string
	// Description is a name for people, where the system has one.
	Description string
	// Addrs are its addresses with their prefix lengths.
	Addrs []string
	// MAC is its hardware address, empty where it has none.
	MAC string
	// Up and Loopback are its flags.
	Up, Loopback bool
}

// netInterfaces lists what the net package knows.
func netInterfaces() ([]NetInterface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("interfaces cannot be listed: %w", err)
	}
	var all []NetInterface
	for _, i := range found {
		n := NetInterface{
			Name: i.Name, MAC: i.HardwareAddr.String(),
			Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0,
		}
		// An interface that went away in between has no addresses.
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			n.Addrs = append(n.Addrs, a.String())
		}
		all = append(all, n)
	}
	return all, nil
}

// noInterface is the error for a name that is no interface's.
func noInterface(name string) error {
	reason := "there is no such interface"
	if all, err := Interfaces(); err == nil && len(all) > 0 {
		var names []string
		for _, i := range all {
			names = append(names, printable(i.Name))
		}
		reason += "; there are " + strings.Join(names, ", ")
	}
	return &InputError{Path: name, Reason: reason}
}
