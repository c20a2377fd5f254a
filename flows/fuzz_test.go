package flows

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"servmap/pcapio"
)

// fuzzedPacket is how many fuzzed bytes make a packet.
const fuzzedPacket = 14

// packetsOf makes packets of fuzzed bytes, fuzzedPacket for each: endpoints and flags; a payload
// and whether it is IPv6; sequence number; acknowledgement; a step in time, two bytes and by how
// many bits they are shifted, from centuries back to centuries ahead. A last byte that is not 0
// makes the sequence number that of the packet before plus the byte.
func packetsOf(t testing.TB, data []byte) *memory {
	m := &memory{}
	at := int64(1e9)
	ends := []string{there, back, "10.0.0.1:40001>192.0.2.9:5000", "192.0.2.9:5000>10.0.0.1:40001", "10.0.0.1:40000>192.0.2.9:80", "192.0.2.9:80>10.0.0.1:40000", "10.0.0.1:40000>192.0.2.9:53", "192.0.2.9:53>10.0.0.1:40000"}
	flags := []string{"S", "SA", "A", "FA", "R", "RA", "u", "SF"}
	payloads := []string{"", "x", "HELLO", "\x00\x00\x00\x00\x00\x00", "GET / HT", "TP/1.1\r\nHost: a.example\r\n\r\n", query, answer}
	var seq uint32
	for len(data) >= fuzzedPacket && len(m.packets) < 2000 {
		at += int64(int16(binary.BigEndian.Uint16(data[10:]))) << (data[12] & 63)
		payload := payloads[data[1]&7]
		if move := int8(data[13]); move != 0 {
			seq += uint32(int32(move))
		} else {
			seq = binary.BigEndian.Uint32(data[2:])
		}
		p := packetOf(t, ends[data[0]&7], flags[data[0]>>3&7], seq, payload)
		if p[9] == protoTCP {
			copy(p[28:32], data[6:10])
		}
		if data[1]&8 != 0 {
			p = packetOf6(p, data[1]&16 != 0)
		}
		length := len(p)
		if data[1]&32 != 0 { // cut by the capture's snap length
			p = p[:len(p)-len(payload)/2]
		}
		m.packets = append(m.packets, pcapio.Packet{Time: at, Data: p, OrigLen: length, Link: pcapio.LinkRaw})
		data = data[fuzzedPacket:]
	}
	return m
}

// fuzzed makes a packet's bytes for packetsOf.
func fuzzed(ends, flags, payload byte, seq, ack uint32, step int16, shift, move byte) []byte {
	b := []byte{ends | flags<<3, payload}
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = binary.BigEndian.AppendUint16(b, uint16(step))
	return append(b, shift, move)
}

// FuzzFlows checks that every packet is in exactly one flow, that flows come in
// order, and that the number of workers changes nothing.
func FuzzFlows(f *testing.F) {
	engine := allProtocols(f)
	for _, seed := range [][][]byte{
		{fuzzed(0, 0, 0, 1, 0, 1, 28, 0), fuzzed(1, 1, 0, 7, 2, 1, 20, 0), fuzzed(0, 2, 2, 2, 8, 1, 20, 0), fuzzed(0, 3, 0, 7, 8, 1, 20, 0), fuzzed(1, 3, 0, 8, 8, 1, 20, 0)},
		{fuzzed(0, 5, 0, 0, 1, 1, 28, 0), fuzzed(1, 0, 0, 0, 0, 1, 18, 0), fuzzed(1, 0, 0, 0, 0, 300, 30, 0)},
		{fuzzed(4, 0, 0, 1<<32-3, 0, 1, 28, 0), fuzzed(4, 2, 4, 1<<32-2, 0, 1, 20, 0), fuzzed(4, 2, 5, 6, 0, 1, 20, 0), fuzzed(4, 2, 5, 1<<31-1, 0, 1, 20, 0)},
		{fuzzed(6, 6, 6, 0, 0, 1, 30, 0), fuzzed(7, 6, 7, 0, 0, 1, 30, 0), fuzzed(0, 6, 1, 0, 0, 120, 30, 0), fuzzed(0, 6, 1, 0, 0, -120, 30, 0)},
		{fuzzed(0, 6, 1, 0, 0, 1, 62, 0), fuzzed(0, 6, 1, 0, 0, 1, 62, 0), fuzzed(0, 6, 1, 0, 0, 1, 61, 0), fuzzed(0, 6, 1, 0, 0, -32768, 48, 0), fuzzed(0, 6, 1, 0, 0, -1, 0, 0)},
		{fuzzed(0, 0, 0, 1, 0, -32768, 48, 0), fuzzed(0, 4, 0, 1, 0, 0, 0, 1), fuzzed(0, 0, 0, 1, 0, 1, 0, 0), fuzzed(0, 4, 0, 1, 0, 20, 30, 0)},
	} {
		f.Add(slices.Concat(seed...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want := len(packetsOf(t, data).packets)
		opt := defaults()
		opt.MaxFlows = 512
		one, oneStats, err := all(packetsOf(t, data), engine, opt)
		if err != nil {
			t.Fatal(err)
		}
		var packets uint64
		var last Flow
		for i := range one {
			f := &one[i]
			packets += f.Packets()
			if last.Number != 0 && byFlowEnd(f, &last) <= 0 {
				t.Errorf("flow %d, which ends at %d, comes after flow %d, which ends at %d", f.Number, f.End, last.Number, last.End)
			}
			last = *f
		}
		if packets != uint64(want) {
			t.Fatalf("%d packets in flows, want %d", packets, want)
		}
		opt.Workers = 3
		three, threeStats, err := all(packetsOf(t, data), engine, opt)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(one, three) || !reflect.DeepEqual(oneStats, threeStats) {
			t.Errorf("three workers give other flows than one")
		}
	})
}

func byFlowEnd(a, b *Flow) int {
	if a.End != b.End {
		if a.End < b.End {
			return -1
		}
		return 1
	}
	return int(int64(a.Number) - int64(b.Number))
}
