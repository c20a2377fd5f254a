package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"servmap/pcapio"
)

var le, be = binary.LittleEndian, binary.BigEndian

// Places in an Ethernet frame with an IPv4 header without options, which
// load sees to.
const (
	atType  = 12
	atIP    = 14
	atProto = atIP + 9
	atSrc   = atIP + 12
	atDst   = atIP + 16
	atPorts = atIP + 20
	atSeq   = atPorts + 4
	atAck   = atPorts + 8
	atFlags = atPorts + 13

	protoTCP, protoUDP = 6, 17
)

// TCP flags.
const (
	fin = 1
	syn = 2
	rst = 4
	psh = 8
	ack = 16
)

// packet is one of the captures' packets.
type packet struct {
	after int64 // nanoseconds after the first of all
	frame []byte
	// opens tells that it is the first of its flow.
	opens bool
}

// conversation is what the packets of both directions have in common.
type conversation struct {
	proto byte
	a, b  [6]byte // address and port; the smaller first
}

// longest is how long a pause of the captures lasts at most: whoever waits
// longer there, waits for a person.
const longest = 50e6

// load reads the IPv4 packets of both captures as one traffic.
func load(folder string) ([]packet, error) {
	paths := []string{filepath.Join(folder, "baseline.pcap"), filepath.Join(folder, "suspect.pcap")}
	r, err := pcapio.Open(paths, pcapio.Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var (
		all        []packet
		p          pcapio.Packet
		last, next int64
		seen       = map[conversation]bool{}
	)
	for {
		if err := r.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		f := p.Data
		if len(f) < atPorts+8 || be.Uint16(f[atType:]) != 0x0800 || f[atIP] != 0x45 || f[atProto] == protoTCP && len(f) < atPorts+20 {
			continue
		}
		if len(all) > 0 {
			next += min(max(p.Time-last, 0), longest)
		}
		last = p.Time
		k := conversationOf(f)
		all = append(all, packet{next, slices.Clone(f), !seen[k]})
		seen[k] = true
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no IPv4 packets", paths)
	}
	return all, nil
}

func conversationOf(f []byte) conversation {
	k := conversation{proto: f[atProto]}
	copy(k.a[:], f[atSrc:atSrc+4])
	copy(k.b[:], f[atDst:atDst+4])
	if hasPorts(f) {
		copy(k.a[4:], f[atPorts:atPorts+2])
		copy(k.b[4:], f[atPorts+2:atPorts+4])
	}
	if slices.Compare(k.a[:], k.b[:]) > 0 {
		k.a, k.b = k.b, k.a
	}
	return k
}

func hasPorts(f []byte) bool { return f[atProto] == protoTCP || f[atProto] == protoUDP }

// move gives the local hosts of a frame the addresses of the nth household, and
// other ports where theirs are temporary ones. Every household has eight
// addresses of 10.0.0.0/8.
func move(f []byte, n int) {
	for i, at := range [...]int{atSrc, atDst} {
		host := uint32(f[at+3])
		if f[at] != 10 || f[at+1] != 42 || f[at+2] != 0 || host == 255 {
			continue
		}
		be.PutUint32(f[at:], 10<<24|uint32(n)*8&0xffffff|host&3+1)
		if hasPorts(f) {
			port := f[atPorts+2*i:]
			be.PutUint16(port, movePort(be.Uint16(port), n))
		}
	}
}

// movePort turns the temporary ports of Linux, 32768 to 60999, among themselves,
// by another number in every household.
func movePort(port uint16, n int) uint16 {
	const first, count = 32768, 28232
	if port < first || port >= first+count {
		return port
	}
	return uint16(first + (int(port)-first+n*7919)%count)
}
