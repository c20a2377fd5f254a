package pcapio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A device is an AF_PACKET socket with a ring of blocks that the kernel fills
// (packet(7), and packet_mmap in the kernel's documentation: TPACKET_V3).
const (
	// ringBlock holds several thousand packets, and the largest there are.
	ringBlock = 1 << 20
	// retire is after how many milliseconds the kernel hands over a block that
	// is not full.
	retire = 50
	// reserve is the room that the kernel leaves in front of a frame: for a
	// VLAN tag that the network card took out, or a cooked header and a tag.
	reserve = 32
	// anyDevice is the name that stands for all interfaces together.
	anyDevice = "any"
)

// ARPHRD_ numbers of linux/if_arp.h that decide how frames are read.
const (
	hardwareEther    = 1
	hardwareRawIP    = 519
	hardwareTunnel   = 768
	hardwareTunnel6  = 769
	hardwareLoopback = 772
	hardwareSIT      = 776
	hardwareWiFi     = 801
	hardwarePrism    = 802
	hardwareRadiotap = 803
	hardwareNone     = 0xfffe
)

// linkOfHardware returns the link type of frames of such an interface; others
// are read without their link header, behind one that the kernel's own words
// make up (LinkSLL).
func linkOfHardware(hardware uint16) (LinkType, bool) {
	switch hardware {
	case hardwareEther, hardwareLoopback:
		return LinkEthernet, true
	case hardwareRawIP, hardwareTunnel, hardwareTunnel6, hardwareSIT, hardwareNone:
		return LinkRaw, true
	case hardwareWiFi:
		return LinkWiFi, true
	case hardwarePrism:
		return LinkPrism, true
	case hardwareRadiotap:
		return LinkRadiotap, true
	}
	return LinkSLL, false
}

type device struct {
	name string
	link LinkType
	// cooked is set where frames come without a link header.
	cooked bool
	fd     int
	ring   []byte
	// wake is an eventfd that ends a poll. It and fd are -1 after close, which mu
	// guards.
	wake    int
	mu      sync.Mutex
	stopped atomic.Bool
	idle    time.Duration

	// block is the number of the block at hand; held is set while it is ours.
	block int
	held  bool
	// at is the offset of the next packet in the ring, left the number of
	// packets in the block.
	at   int
	left uint32
	// fault is why the capture ended, at the time ended: from then on the kernel
	// captures nothing more. What the ring holds is handed out first; after counts
	// its blocks.
	fault error
	ended time.Time
	after int
	// captured and drops are the kernel's counts of all packets and of those that
	// it had no room for, given what was found in blocks, and lost what was in
	// none of them at the end.
	captured, drops, given, lost uint64
}

// openDevice opens and binds the socket. Nothing is captured before all is set.
func openDevice(name string, opt LiveOptions) (*device, error) {
	index := 0
	if name != anyDevice {
		i, err := net.InterfaceByName(name)
		if err != nil {
			return nil, noInterface(name)
		}
		if i.Flags&net.FlagUp == 0 {
			return nil, deviceError(name, unix.ENETDOWN)
		}
		index = i.Index
	}
	d := &device{name: name, fd: -1, wake: -1, idle: opt.Idle, link: LinkSLL, cooked: true}
	if index != 0 {
		hardware, err := hardwareOf(index)
		if err != nil {
			return nil, deviceError(name, err)
		}
		link, known := linkOfHardware(hardware)
		d.link, d.cooked = link, !known
	}
	if err := d.set(index, opt); err != nil {
		d.close()
		return nil, deviceError(name, err)
	}
	return d, nil
}

// hardwareOf asks for the ARPHRD_ number of an interface.
func hardwareOf(index int) (uint16, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: index}); err != nil {
		return 0, err
	}
	addr, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	if a, ok := addr.(*unix.SockaddrLinklayer); ok {
		return a.Hatype, nil
	}
	return hardwareEther, nil
}

func (d *device) set(index int, opt LiveOptions) error {
	kind := unix.SOCK_RAW
	if d.cooked {
		kind = unix.SOCK_DGRAM
	}
	var err error
	if d.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	if d.fd, err = unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(d.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("the kernel has no TPACKET_V3: %w", err)
	}
	if err := unix.SetsockoptInt(d.fd, unix.SOL_PACKET, unix.PACKET_RESERVE, reserve); err != nil {
		return err
	}
	if err := attach(d.fd, captureFilter(uint32(opt.SnapLen))); err != nil {
		return err
	}
	count := max(2, opt.Buffer/ringBlock)
	const frame = 2048
	req := unix.TpacketReq3{
		Block_size: ringBlock, Block_nr: uint32(count), Frame_size: frame,
		Frame_nr: uint32(count * (ringBlock / frame)), Retire_blk_tov: retire,
	}
	if err := unix.SetsockoptTpacketReq3(d.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("no kernel buffer of %d bytes: %w", count*ringBlock, err)
	}
	if d.ring, err = unix.Mmap(d.fd, 0, count*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("no kernel buffer of %d bytes: %w", count*ringBlock, err)
	}
	if opt.Promiscuous && index != 0 {
		mreq := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(d.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq); err != nil {
			return err
		}
	}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
	return unix.Bind(d.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index})
}

// captureFilter accepts so many bytes of everything, which is how a snapshot length
// is set, but not what goes out of the loopback interface: that shows each packet
// going out and coming in. In the kernel, such a copy takes no room and is in no
// count.
func captureFilter(snapLen uint32) []unix.SockFilter {
	// SKF_AD_OFF and what lies there, of linux/filter.h.
	const ancillary, packetType, hardwareType = 1<<32 - 0x1000, 4, 28
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: ancillary + packetType},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.PACKET_OUTGOING, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: ancillary + hardwareType},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: hardwareLoopback, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: snapLen},
	}
}

// refuse is a filter that accepts nothing.
var refuse = []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}

func attach(fd int, filter []unix.SockFilter) error {
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// deviceError words why a capture cannot begin.
func deviceError(name string, err error) error {
	reason := "no capture on this interface: " + oneLine(err)
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		program, e := os.Executable()
		if e != nil {
			program = os.Args[0]
		}
		reason = "capturing needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw=ep " + printable(program)
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return noInterface(name)
	case errors.Is(err, unix.ENETDOWN):
		reason = "the interface is down; bring it up with: sudo ip link set " + printable(name) + " up"
	}
	return &InputError{Path: name, Reason: reason, Err: err}
}

// next returns the next packet of the ring.
func (d *device) next(p *Packet) error {
	for {
		if d.left == 0 {
			if err := d.turn(); err != nil {
				return err
			}
			continue
		}
		base := d.at
		h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&d.ring[base]))
		d.left--
		d.at += int(h.Next_offset)
		from := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&d.ring[base+int(unsafe.Sizeof(*h))]))
		d.packet(p, base, h, from)
		return nil
	}
}

// packet describes a packet of the ring. What the kernel took out of it is put
// back in front.
func (d *device) packet(p *Packet, base int, h *unix.Tpacket3Hdr, from *unix.RawSockaddrLinklayer) {
	start := base + int(h.Mac)
	end := start + int(h.Snaplen)
	grown := 0
	tagged := h.Status&unix.TP_STATUS_VLAN_VALID != 0
	tpid := uint16(0x8100)
	if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = h.Hv1.Vlan_tpid
	}
	switch {
	case d.cooked:
		grown = d.cook(start, from, tagged, tpid, uint16(h.Hv1.Vlan_tci))
	case tagged && d.link == LinkEthernet && h.Snaplen >= 14:
		// The tag stands behind the two addresses (IEEE 802.1Q).
		grown = 4
		copy(d.ring[start-4:], d.ring[start:start+12])
		binary.BigEndian.PutUint16(d.ring[start+8:], tpid)
		binary.BigEndian.PutUint16(d.ring[start+10:], uint16(h.Hv1.Vlan_tci))
	}
	start -= grown
	p.Time = int64(h.Sec)*1e9 + int64(h.Nsec)
	p.Data = d.ring[start:end:end]
	p.OrigLen = max(int(h.Len)+grown, len(p.Data))
	p.Link = d.link
}

// cook writes a LINUX_SLL header in front of a packet, with a VLAN tag where
// there was one, and returns how long it is.
func (d *device) cook(start int, from *unix.RawSockaddrLinklayer, tagged bool, tpid, tci uint16) int {
	n := 16
	if tagged {
		n = 20
	}
	b := d.ring[start-n : start]
	protocol := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, from.Protocol))
	binary.BigEndian.PutUint16(b, uint16(from.Pkttype))
	binary.BigEndian.PutUint16(b[2:], from.Hatype)
	binary.BigEndian.PutUint16(b[4:], uint16(from.Halen))
	copy(b[6:14], from.Addr[:])
	if tagged {
		binary.BigEndian.PutUint16(b[14:], tpid)
		binary.BigEndian.PutUint16(b[16:], tci)
	}
	binary.BigEndian.PutUint16(b[n-2:], protocol)
	return n
}

// turn gives the block at hand back and waits for the next one.
func (d *device) turn() error {
	if d.ring == nil {
		return os.ErrClosed
	}
	if d.held {
		atomic.StoreUint32(&d.header().Block_status, unix.TP_STATUS_KERNEL)
		d.held = false
		d.block = (d.block + 1) % (len(d.ring) / ringBlock)
	}
	began := time.Time{}
	for {
		if d.fault == nil && d.stopped.Load() {
			d.fault, d.ended = ErrInterrupted, time.Now()
		}
		h := d.header()
		if atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER != 0 {
			if d.fault != nil {
				if d.after == len(d.ring)/ringBlock {
					return d.told()
				}
				d.after++
			}
			d.held, d.left = true, h.Num_pkts
			d.given += uint64(h.Num_pkts)
			d.at = d.block*ringBlock + int(h.Offset_to_first_pkt)
			return nil
		}
		if d.fault != nil && d.missing() == 0 {
			return d.told()
		}
		if began.IsZero() || began.Before(d.ended) {
			began = time.Now()
		}
		if err := d.poll(began); err != nil {
			return err
		}
	}
}

// header returns the header of the block at hand.
func (d *device) header() *unix.TpacketHdrV1 {
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&d.ring[d.block*ringBlock]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
}

// poll waits for a block, an interruption or the end of the interface. Before
// an end is told, the kernel gets the time to hand over its last block.
func (d *device) poll(began time.Time) error {
	now := time.Now()
	wait := -1
	switch {
	case d.fault != nil:
		if now.Sub(began) > 3*retire*time.Millisecond {
			return d.told()
		}
		wait = retire
	case d.idle > 0:
		left := d.idle - now.Sub(began)
		if left <= 0 {
			return ErrIdle
		}
		wait = int(left/time.Millisecond) + 1
	}
	fds := [2]unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLIN | unix.POLLERR}, {Fd: int32(d.wake), Events: unix.POLLIN}}
	watched := fds[:]
	if d.fault != nil {
		// The eventfd stays readable, and the socket's error is known.
		watched = fds[:1]
	}
	if _, err := unix.Poll(watched, wait); err != nil && err != unix.EINTR {
		return &LiveError{Interface: d.name, Reason: oneLine(err), Err: err}
	}
	if fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 && d.fault == nil {
		d.fail()
	}
	return nil
}

// fail finds out why the socket has an error.
func (d *device) fail() {
	code, err := unix.GetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code == 0 {
		return
	}
	if err == nil {
		err = unix.Errno(code)
	}
	d.fault, d.ended = &LiveError{Interface: d.name, Reason: oneLine(err), Err: err}, time.Now()
}

// told returns why the capture ended. Only now can it be told whether an
// interface that went down is there still: it goes down before it goes away. What
// the kernel captured and did not hand over counts as dropped.
func (d *device) told() error {
	d.lost = d.missing()
	live, ok := d.fault.(*LiveError)
	if ok && errors.Is(live.Err, unix.ENETDOWN) {
		live.Reason = "the interface went down"
		if _, err := net.InterfaceByName(d.name); err != nil {
			live.Reason = "the interface has gone away"
		}
	}
	return d.fault
}

func (d *device) interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped.Store(true)
	if d.fd >= 0 {
		// Where that fails, the ring ends the capture: see after.
		_ = attach(d.fd, refuse)
	}
	if d.wake >= 0 {
		// It fails only where it is readable as it is.
		_, _ = unix.Write(d.wake, binary.NativeEndian.AppendUint64(nil, 1))
	}
}

// count adds up the kernel's counts, which start from zero whenever they are read.
func (d *device) count() {
	if d.fd >= 0 {
		if s, err := unix.GetsockoptTpacketStatsV3(d.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			d.captured += uint64(s.Packets) // the drops among them
			d.drops += uint64(s.Drops)
		}
	}
}

// missing returns how many packets the kernel has captured and not handed over.
func (d *device) missing() uint64 {
	d.count()
	return max(d.captured, d.drops+d.given) - d.drops - d.given
}

// dropped returns how many packets will never be handed out.
func (d *device) dropped() uint64 {
	d.count()
	return d.drops + d.lost
}

func (d *device) close() error {
	var errs []error
	if d.ring != nil {
		errs = append(errs, unix.Munmap(d.ring))
		d.ring, d.left, d.held = nil, 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd >= 0 {
		errs = append(errs, unix.Close(d.fd))
		d.fd = -1
	}
	if d.wake >= 0 {
		errs = append(errs, unix.Close(d.wake))
		d.wake = -1
	}
	return errors.Join(errs...)
}

// Interfaces lists the interfaces, and last "any", which stands for all of
// them.
func Interfaces() ([]NetInterface, error) {
	all, err := netInterfaces()
	if err != nil {
		return nil, err
	}
	return append(all, NetInterface{Name: anyDevice, Description: "all interfaces", Up: true}), nil
}
