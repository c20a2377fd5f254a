//go:build darwin || freebsd

package pcapio

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/gopacket/bsdbpf"
)

// A device is a BPF device of BSD and macOS. The library behind it tells
// neither drops nor the length on the wire.
type device struct {
	name    string
	link    LinkType
	sniffer *bsdbpf.BPFSniffer
	stopped atomic.Bool
	idle    time.Duration
	snapLen int
}

// tick is how often a read that waits looks whether it is to end.
const tick = 250 * time.Millisecond

func openDevice(name string, opt LiveOptions) (d *device, err error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, noInterface(name)
	}
	d = &device{name: name, link: LinkEthernet, idle: opt.Idle, snapLen: opt.SnapLen}
	if i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
		d.link = LinkNull
	}
	defer func() {
		// The library panics where no BPF device can be opened.
		if v := recover(); v != nil {
			d, err = nil, &InputError{Path: name, Reason: fmt.Sprintf("capturing needs read access to /dev/bpf*; run it as root: %v", v)}
		}
	}()
	wait := syscall.NsecToTimeval(int64(tick))
	d.sniffer, err = bsdbpf.NewBPFSniffer(name, &bsdbpf.Options{
		ReadBufLen: 1 << 19, Timeout: &wait, Promisc: opt.Promiscuous, Immediate: true, PreserveLinkAddr: true,
	})
	if err != nil {
		return nil, &InputError{Path: name, Reason: "no capture on this interface: " + oneLine(err), Err: err}
	}
	return d, nil
}

func (d *device) next(p *Packet) error {
	began := time.Now()
	for {
		if d.stopped.Load() {
			return ErrInterrupted
		}
		data, info, err := d.sniffer.ReadPacketData()
		switch {
		case err == nil && len(data) > 0:
			p.Time = info.Timestamp.UnixNano()
			p.OrigLen = max(info.Length, len(data))
			p.Data = data[:min(len(data), d.snapLen)]
			p.Link = d.link
			return nil
		case err != nil && !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.EAGAIN):
			return &LiveError{Interface: d.name, Reason: oneLine(err), Err: err}
		}
		if d.idle > 0 && time.Since(began) >= d.idle {
			return ErrIdle
		}
	}
}

func (d *device) interrupt() { d.stopped.Store(true) }

func (d *device) dropped() uint64 { return 0 }

func (d *device) close() error { return d.sniffer.Close() }

// Interfaces lists the interfaces.
func Interfaces() ([]NetInterface, error) { return netInterfaces() }
