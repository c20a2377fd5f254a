//go:build windows && (amd64 || 386)

package pcapio

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/gopacket/pcap"
)

// A device is a handle of Npcap, which is loaded when it is first wanted.
type device struct {
	name    string
	link    LinkType
	handle  *pcap.Handle
	stopped atomic.Bool
	idle    time.Duration
	drops   uint64
}

// tick is how often a read that waits looks whether it is to end.
const tick = 250 * time.Millisecond

func openDevice(name string, opt LiveOptions) (*device, error) {
	if err := pcap.LoadWinPCAP(); err != nil {
		return nil, &InputError{Path: name, Reason: "capturing needs Npcap (npcap.com), which is not installed: " + oneLine(err), Err: err}
	}
	handle, err := pcap.OpenLive(deviceName(name), int32(opt.SnapLen), opt.Promiscuous, tick)
	if err != nil {
		return nil, &InputError{Path: name, Reason: "no capture on this interface: " + oneLine(err), Err: err}
	}
	return &device{name: name, link: linkOnDisk(uint32(handle.LinkType())), handle: handle, idle: opt.Idle}, nil
}

// deviceName turns the description of an interface into the name of its device.
func deviceName(name string) string {
	all, err := pcap.FindAllDevs()
	if err != nil {
		return name
	}
	for _, i := range all {
		if strings.EqualFold(i.Description, name) {
			return i.Name
		}
	}
	return name
}

func (d *device) next(p *Packet) error {
	began := time.Now()
	for {
		if d.stopped.Load() {
			return ErrInterrupted
		}
		data, info, err := d.handle.ZeroCopyReadPacketData()
		switch err {
		case nil:
			p.Time = info.Timestamp.UnixNano()
			p.Data = data
			p.OrigLen = max(info.Length, len(data))
			p.Link = d.link
			return nil
		case pcap.NextErrorTimeoutExpired:
		default:
			return &LiveError{Interface: d.name, Reason: oneLine(err), Err: err}
		}
		if d.idle > 0 && time.Since(began) >= d.idle {
			return ErrIdle
		}
	}
}

func (d *device) interrupt() { d.stopped.Store(true) }

func (d *device) dropped() uint64 {
	if s, err := d.handle.Stats(); err == nil {
		d.drops = uint64(s.PacketsDropped) + uint64(s.PacketsIfDropped)
	}
	return d.drops
}

func (d *device) close() error {
	d.handle.Close()
	return nil
}

// Interfaces lists what Npcap knows, and without it what the system knows.
func Interfaces() ([]NetInterface, error) {
	if pcap.LoadWinPCAP() != nil {
		return netInterfaces()
	}
	found, err := pcap.FindAllDevs()
	if err != nil {
		return netInterfaces()
	}
	const loopback, up = 1, 2 // PCAP_IF_LOOPBACK and PCAP_IF_UP
	var all []NetInterface
	for _, i := range found {
		n := NetInterface{Name: i.Name, Description: i.Description, Up: i.Flags&up != 0, Loopback: i.Flags&loopback != 0}
		for _, a := range i.Addresses {
			n.Addrs = append(n.Addrs, a.IP.String())
		}
		all = append(all, n)
	}
	return all, nil
}
