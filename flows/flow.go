// Package flows turns packets into flows. It decodes packets, keeps the live flows, and hands out
// each flow when it has ended, in an order that depends on the packets alone.
package flows

import (
	"net/netip"

	"servmap/classify"
)

// Direction counts the packets of one direction of a flow.
type Direction struct {
	// First and Last are packet times in nanoseconds since 1970, 0 where Packets is 0.
	First, Last int64
	// Packets and Bytes are counted on the wire, link header included.
	Packets, Bytes uint64
}

// Expiration tells why a flow ended.
type Expiration uint8

// The expirations, in nfstream's numbers. ExpiredIdle is also that of a closed connection, and of
// the end of the capture.
const (
	ExpiredIdle   Expiration = 0
	ExpiredActive Expiration = 1
)

// Flow is a flow that has ended.
type Flow struct {
	// Number is the number of the flow's first packet in the merged input, from 1. Each packet of an
	// A-MSDU (IEEE 802.11) counts there.
	Number uint64
	// End is the instant at which the flow ended, in nanoseconds since 1970.
	End int64

	// Src is the endpoint that opened the conversation, Dst the other.
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	// SrcMAC and DstMAC are the senders of each side's first frame. Where Dst sent none, DstMAC is
	// where Src's first frame went.
	SrcMAC, DstMAC [6]byte
	// HasMAC is set where the link layer has hardware addresses: SrcMAC and DstMAC are valid iff
	// HasMAC.
	HasMAC bool
	// Broadcast is set where the first packet's frame went to ff:ff:ff:ff:ff:ff.
	Broadcast bool
	// Protocol is the number of the IP protocol: 6 for TCP.
	Protocol uint8
	// VLAN is the identifier of the last VLAN tag (IEEE 802.1Q), 0 for none and with
	// Options.IgnoreVLAN.
	VLAN uint16
	// Tunnel is nDPI's number for the kind of tunnel, 0 for none.
	Tunnel uint8

	// Certain is set where a SYN, or what only a client says, told which endpoint is Src.
	Certain bool
	// Answered is set where Dst has sent something that is no refusal of a TCP connection.
	Answered bool

	Src2Dst, Dst2Src Direction
	Expiration       Expiration
	// Application is the label: "MASTER" or "MASTER.APP", or "Unknown". Category is its group.
	Application, Category string
	// Confidence says how the label was found.
	Confidence classify.Confidence
	// Info is what was found besides the label.
	Info classify.Info
	// Owner is who owns the network of Dst, NoOwner where the tables do not tell, and Resolved the name by
	// which Src had asked DNS for Dst when the conversation began, or empty. They are there where Info has
	// the server's name, and not in flows that were read from a file of flows.
	Owner, Resolved string
}

// NoOwner stands for the owner of a network that the tables do not tell.
const NoOwner = "-"

// Packets returns the packets of both directions.
func (f *Flow) Packets() uint64 { return f.Src2Dst.Packets + f.Dst2Src.Packets }

// Bytes returns the bytes of both directions.
func (f *Flow) Bytes() uint64 { return f.Src2Dst.Bytes + f.Dst2Src.Bytes }

// First returns the time of the first packet, in nanoseconds since 1970.
func (f *Flow) First() int64 {
	if f.Src2Dst.Packets == 0 || f.Dst2Src.Packets != 0 && f.Dst2Src.First < f.Src2Dst.First {
		return f.Dst2Src.First
	}
	return f.Src2Dst.First
}

// Last returns the time of the last packet, in nanoseconds since 1970.
func (f *Flow) Last() int64 { return max(f.Src2Dst.Last, f.Dst2Src.Last) }

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// IsLimitedBroadcast reports whether the address is 255.255.255.255, which means all hosts of the
// local network (RFC 919, section 7).
func IsLimitedBroadcast(addr netip.Addr) bool { return addr == limitedBroadcast }
