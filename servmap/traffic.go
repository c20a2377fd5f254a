package servmap

import "servmap/flows"

// Traffic counts what tells how far hosts and answers can be trusted.
type Traffic struct {
	// Flows counts flows, Addressed those with hardware addresses.
	Flows, Addressed uint64
	// Data counts the TCP flows with data, OneSided those of which one direction alone was captured.
	Data, OneSided uint64
}

// add counts a flow.
func (t *Traffic) add(f *flows.Flow) {
	t.Flows++
	if f.HasMAC {
		t.Addressed++
	}
	if f.Protocol != protoTCP {
		return
	}
	if f.Bytes() > f.Packets()*mostHeaders {
		t.Data++
		if f.Src2Dst.Packets == 0 || f.Dst2Src.Packets == 0 {
			t.OneSided++
		}
	}
}

// mostHeaders is about what the headers of a TCP packet without data take on the wire, options included.
const mostHeaders = 80

// HalfATap reports whether so many flows show one direction alone, over 30 %, that answers are likely to be
// missing.
func (t *Traffic) HalfATap() bool { return t.Data > 0 && 10*t.OneSided > 3*t.Data }

// WithoutMACs reports whether there were flows, and none had hardware addresses.
func (t *Traffic) WithoutMACs() bool { return t.Flows > 0 && t.Addressed == 0 }
