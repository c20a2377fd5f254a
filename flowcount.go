package main

import (
	"servmap/pcapio"
	"servmap/servmap"
)

// flowCount counts the flows that each of several captures gave. A flow counts
// for the capture of its first packet; of captures that overlap in time, the
// packets are taken to have come one capture after the other.
type flowCount struct {
	several bool
	total   uint64
	// numbers are those of the flows' first packets, where there are several
	// captures.
	numbers []uint64
}

// note counts a flow that began with the packet of that number, from 1.
func (c *flowCount) note(number uint64) {
	c.total++
	if c.several {
		c.numbers = append(c.numbers, number)
	}
}

// captures tells of each file what it gave; files are in the order of their
// first packets.
func (c *flowCount) captures(files []pcapio.File) []servmap.Capture {
	out := make([]servmap.Capture, len(files))
	var before uint64
	for i := range files {
		f := &files[i]
		out[i] = servmap.Capture{Name: f.Name, SHA256: f.SHA256, Packets: f.Packets, Flows: c.total}
		if f.Packets > 0 {
			out[i].First, out[i].Last = packetTime(f.First), packetTime(f.Last)
		}
		if c.several {
			out[i].Flows = 0
			for _, n := range c.numbers {
				if n > before && n <= before+f.Packets {
					out[i].Flows++
				}
			}
		}
		before += f.Packets
	}
	return out
}
